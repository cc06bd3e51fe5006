use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
}

#[instrument(metrics = Shop, slo(success = "99%"))]
fn charge() {}

fn main() {
    charge();
}
