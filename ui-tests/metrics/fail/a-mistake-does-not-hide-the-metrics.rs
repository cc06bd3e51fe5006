use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    orders_total: Counter,
}

fn main() {
    Shop::global().orders_total.inc();
    Shop::register(&spanwright::Registry::new()).orders_total.inc();
}
