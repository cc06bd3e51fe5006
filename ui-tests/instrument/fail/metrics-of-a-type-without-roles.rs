use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
}

#[instrument(metrics = Shop)]
fn charge() {}

fn main() {}
