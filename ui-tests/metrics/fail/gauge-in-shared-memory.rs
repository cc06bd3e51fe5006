use spanwright::{Gauge, Metrics, Shared};

#[derive(Metrics)]
struct Shop {
    /// How many orders wait.
    waiting_orders: Gauge<(), Shared>,
}

fn main() {}
