use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter<String>,
}

fn main() {}
