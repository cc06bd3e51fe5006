use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(rename = "placed_total")]
    orders_total: Counter,
}

fn main() {}
