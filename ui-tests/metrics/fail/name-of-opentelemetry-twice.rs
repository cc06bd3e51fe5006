use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(otel_name = "queue.depth")]
    depth: Gauge,
    /// How many jobs there were at most.
    #[metric(otel_name = "queue.depth")]
    greatest: Gauge,
}

fn main() {}
