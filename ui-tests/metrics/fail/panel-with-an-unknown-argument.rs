use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(panel(caption = "Depth"))]
    depth: Gauge,
}

fn main() {}
