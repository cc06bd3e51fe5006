use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(panel())]
    depth: Gauge,
}

fn main() {}
