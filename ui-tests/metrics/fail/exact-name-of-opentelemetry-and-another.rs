use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(name_exact = "queue.depth", otel_name = "jobs.waiting")]
    depth: Gauge,
}

fn main() {}
