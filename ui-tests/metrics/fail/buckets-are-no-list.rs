use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How long an order took.
    #[metric(buckets = exponential)]
    latency_seconds: Histogram,
}

fn main() {}
