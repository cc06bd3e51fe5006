use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
#[metrics(global = false)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

#[instrument(metrics = Shop)]
fn charge() {}

fn main() {}
