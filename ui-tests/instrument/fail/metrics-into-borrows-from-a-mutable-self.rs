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
