use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(flatten, skip)]
    depth: Gauge,
}

fn main() {}
