use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    orders_total: Counter,
}

fn main() {}
