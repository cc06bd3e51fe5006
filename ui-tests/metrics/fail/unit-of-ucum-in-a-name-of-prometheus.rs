use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How long jobs wait.
    #[metric(unit = "ms")]
    wait_ms: Histogram,
}

fn main() {}
