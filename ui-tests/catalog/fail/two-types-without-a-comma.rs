use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Orders {
    /// Orders.
    orders_total: Counter,
}

static CATALOG: spanwright::Catalog = spanwright::catalog![Orders Orders];

fn main() {}
