use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How long jobs waited.
    #[metric(role = duration)]
    wait_seconds_total: Counter,
}

fn main() {}
