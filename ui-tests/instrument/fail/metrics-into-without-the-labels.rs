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

#[instrument(metrics(into = Shop::global()))]
fn charge() {}

fn main() {}
