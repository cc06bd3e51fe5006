use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that are open.
    open_total: Gauge,
}

fn main() {}
