use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(role = duration)]
    depth_bytes: Histogram,
}

fn main() {}
