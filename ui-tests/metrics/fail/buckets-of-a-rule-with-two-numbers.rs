use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How long an order took.
    #[metric(buckets = exponential(0.001, 2))]
    latency_seconds: Histogram,
}

fn main() {}
