use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How long an order took.
    #[metric(buckets = [0.5, 0.5])]
    latency_seconds: Histogram,
}

fn main() {}
