use spanwright::{CallMetrics, Counter, Label, Metrics, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
}

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter<Tier>,
}

impl CallMetrics for Shop {
    type Labels<'l> = Tier;
    type Series = ();

    fn begin(&self, _: &Tier) {}

    fn end(&self, _: (), _: &spanwright::__private::role::EndedCall) {}
}

use std::cell::RefCell;

#[instrument(metrics(into = shop, labels = Tier::Free))]
fn charge(shop: &RefCell<Shop>) {}

fn main() {}
