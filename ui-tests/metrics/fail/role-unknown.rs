use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How long jobs wait.
    #[metric(role = latency)]
    wait_seconds: Histogram,
}

fn main() {}
