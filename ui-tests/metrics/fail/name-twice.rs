use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(prefix = "shop")]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
    /// Orders, again.
    #[metric(name = "orders_total")]
    placed_total: Counter,
}

fn main() {}
