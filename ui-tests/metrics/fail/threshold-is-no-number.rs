use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(threshold(warning = "80 %"))]
    depth: Gauge,
}

fn main() {}
