use spanwright::{Counter, Label, Labels, Metrics};

#[derive(Label)]
enum Tier {
    Free,
    Paid,
}

#[derive(Metrics)]
struct Shop<L: Labels> {
    /// Orders that were placed.
    orders_total: Counter<L>,
}

fn main() {
    Shop::<Tier>::global().orders_total.with(Tier::Free).inc();
}
