use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter,
    /// Orders that are open.
    open: Guage,
}

fn main() {}
