use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(threshold())]
    depth: Gauge,
}

fn main() {}
