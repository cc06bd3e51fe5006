use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", name = "queue is long"))]
    depth: Gauge,
}

fn main() {}
