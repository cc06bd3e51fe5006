use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How long an order took.
    #[metric(buckets = [0.5, 1e999])]
    latency_seconds: Histogram,
}

fn main() {}
