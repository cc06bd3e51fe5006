use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(name = "orders.total")]
    orders_total: Counter,
}

fn main() {}
