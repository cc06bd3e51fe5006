use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
    /// Orders that failed.
    failed_total: u64,
}

fn main() {}
