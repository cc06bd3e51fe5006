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

#[instrument(metrics(into = Shop::global(), labels = free))]
fn charge(free: bool) {}

fn main() {}
