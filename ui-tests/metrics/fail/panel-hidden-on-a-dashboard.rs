use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(panel(dashboard = "Queues", hidden))]
    depth: Gauge,
}

fn main() {}
