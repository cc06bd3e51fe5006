use spanwright::instrument;

#[instrument(metrics(prefix = "shop", labels(big = amount > 100)))]
fn charge(amount: u64) {}

fn main() {}
