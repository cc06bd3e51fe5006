use spanwright::{Histogram, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many jobs wait.
    #[metric(alert(when = "> 100", quantile = 99))]
    depth: Histogram,
}

fn main() {}
