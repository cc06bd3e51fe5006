use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(expr = "up == 0"))]
    depth: Gauge,
}

fn main() {}
