use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100"), alert(when = "> 1000", severity = "critical"))]
    depth: Gauge,
}

fn main() {}
