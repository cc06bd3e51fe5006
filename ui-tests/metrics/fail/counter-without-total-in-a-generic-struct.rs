use spanwright::{Counter, Metrics};

use spanwright::Labels;

#[derive(Metrics)]
struct Shop<L: Labels> {
    /// Orders that were placed.
    orders: Counter<L>,
}

fn main() {
    drop(Shop::<bool>::register(&spanwright::Registry::new()));
}
