use spanwright::instrument;

#[instrument(
    nam = "charge",
    level = "loud",
    target = 7,
    level = "debug",
    level = "info",
    record(order, order_id, order_id, password),
    skip(nobody),
    fields(amount, http.route, tier = 7),
    err(debgu),
    metrics(prefix = "shop orders", labels(le = "x", big = amount > 7, amount), buckets = [2, 1], in_flite),
    crate = "somewhere",
)]
const fn charge(order_id: u64, amount: u64, password: &str) {}

fn main() {}
