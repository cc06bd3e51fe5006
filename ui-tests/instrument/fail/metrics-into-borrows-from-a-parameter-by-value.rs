use std::sync::Arc;

use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

#[instrument(metrics(into = &shop))]
fn charge(shop: Arc<Shop>) {
    drop(shop);
}

fn main() {}
