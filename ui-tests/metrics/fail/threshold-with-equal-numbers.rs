use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(threshold(warning = 100, critical = 100.0))]
    depth: Gauge,
}

fn main() {}
