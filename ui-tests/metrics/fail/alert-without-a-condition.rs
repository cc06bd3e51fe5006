use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(severity = "critical"))]
    depth: Gauge,
}

fn main() {}
