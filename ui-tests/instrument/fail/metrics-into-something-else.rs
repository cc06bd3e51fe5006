use spanwright::{Counter, Label, Metrics, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
}

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter<Tier>,
}

use std::cell::RefCell;

#[instrument(metrics(into = shop, labels = Tier::Free))]
fn charge(shop: &RefCell<Shop>) {}

fn main() {}
