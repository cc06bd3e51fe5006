use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(prefix = "7shop")]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
}

fn main() {}
