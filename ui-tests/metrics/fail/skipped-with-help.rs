use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Clerks who do nothing.
    idle: Gauge,
    #[metric(skip, help = "The shop's name.")]
    name: String,
}

fn main() {}
