use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(buckets = [0.5, 1.0])]
    orders_total: Counter,
}

fn main() {}
