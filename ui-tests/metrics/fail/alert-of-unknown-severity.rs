use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", severity = "crit"))]
    depth: Gauge,
}

fn main() {}
