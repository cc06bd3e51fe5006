use spanwright::{Counter, Labels, Metrics};

#[derive(Labels)]
struct Order {
    tenant: String,
}

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter<Order>,
}

fn main() {
    Shop::global().orders_total.with(Order { tenant: String::new() }).inc();
}
