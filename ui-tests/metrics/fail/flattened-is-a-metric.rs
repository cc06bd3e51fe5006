use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Shop {
    #[metric(flatten)]
    idle: Gauge,
}

fn main() {}
