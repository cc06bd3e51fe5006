use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(panel(kind = guage))]
    depth: Gauge,
}

fn main() {}
