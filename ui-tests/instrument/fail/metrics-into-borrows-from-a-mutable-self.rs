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

struct Store {
    shop: Shop,
    orders: u32,
}

impl Store {
    #[instrument(metrics(into = self.shop, labels = Tier::Free))]
    fn charge(&mut self) {
        self.orders += 1;
    }
}

fn main() {}
