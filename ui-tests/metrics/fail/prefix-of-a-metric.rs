use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(prefix = "queue")]
    depth: Gauge,
}

fn main() {}
