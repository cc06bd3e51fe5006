use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metrics(prefix = "shop")]
    orders_total: Counter,
}

fn main() {}
