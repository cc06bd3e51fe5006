use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    #[metric(help = "Orders that were placed.", help = "Orders.")]
    orders_total: Counter,
}

fn main() {}
