use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

#[instrument(metrics(into = Shop::global()), slo(success = "99%"))]
fn charge() {}

fn main() {
    charge();
}
