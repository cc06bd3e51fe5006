use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metric(name = "shop")]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
}

fn main() {}
