use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(expr = "$metric > 1", quantile = 0.5))]
    depth: Histogram,
}

fn main() {}
