use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(otel_name = "queue depth")]
    depth: Gauge,
}

fn main() {}
