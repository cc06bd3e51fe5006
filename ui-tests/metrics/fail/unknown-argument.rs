use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(perfix = "shop")]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
}

fn main() {}
