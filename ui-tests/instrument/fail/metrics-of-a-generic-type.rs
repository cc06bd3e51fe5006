use spanwright::{Counter, Label, Labels, Metrics, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
}

#[derive(Metrics)]
struct Shop<L: Labels> {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter<L>,
}

#[instrument(metrics = Shop<Tier>)]
fn charge() {}

fn main() {}
