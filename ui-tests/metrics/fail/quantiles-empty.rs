use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Persist {
    /// How it went.
    #[metric(quantiles())]
    latency_seconds: Histogram,
}

fn main() {}
