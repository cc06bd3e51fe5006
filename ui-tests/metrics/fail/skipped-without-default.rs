use spanwright::{Gauge, Metrics};

struct Name(&'static str);

#[derive(Metrics)]
struct Shop {
    /// Clerks who do nothing.
    idle: Gauge,
    #[metric(skip)]
    name: Name,
}

fn main() {}
