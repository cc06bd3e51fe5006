use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", name = "QueueTooLong"))]
    depth: Gauge,
    /// How old the oldest is.
    #[metric(alert(when = "> 60", name = "QueueTooLong"))]
    age_seconds: Gauge,
}

fn main() {}
