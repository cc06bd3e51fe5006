use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", for = "five minutes"))]
    depth: Gauge,
}

fn main() {}
