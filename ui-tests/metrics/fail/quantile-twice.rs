use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Persist {
    /// How it went.
    #[metric(quantiles(0.5, 0.99, 0.5))]
    latency_seconds: Histogram,
}

fn main() {}
