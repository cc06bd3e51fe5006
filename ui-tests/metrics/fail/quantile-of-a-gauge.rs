use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", quantile = 0.99))]
    depth: Gauge,
}

fn main() {}
