use spanwright::{Counter, Metrics};

use spanwright::Labels;

#[derive(Metrics)]
struct Shop<L: Labels> {
    /// Orders that were placed.
    orders_total: Counter<L>,
}

fn main() {
    Shop::<bool>::global().orders_total.with(true).inc();
}
