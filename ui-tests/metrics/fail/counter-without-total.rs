use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(prefix = "shop")]
struct Shop {
    /// Orders that were placed.
    orders: Counter,
}

fn main() {}
