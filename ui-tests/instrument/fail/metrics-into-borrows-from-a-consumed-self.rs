use std::sync::Arc;

use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

struct Store {
    shop: Arc<Shop>,
    orders: Vec<u32>,
}

impl Store {
    #[instrument(metrics(into = *self.shop))]
    fn close(self) -> Vec<u32> {
        self.orders
    }
}

fn main() {}
