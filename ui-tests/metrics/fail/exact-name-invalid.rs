use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(name_exact = "queue depth")]
    depth: Gauge,
}

fn main() {}
