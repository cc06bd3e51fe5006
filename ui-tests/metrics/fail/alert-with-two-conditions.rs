use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", expr = "$metric > 100"))]
    depth: Gauge,
}

fn main() {}
