use spanwright::{Gauge, Labels, Metrics};

#[derive(Metrics)]
struct Pool<L: Labels> {
    /// Connections that nobody uses.
    pool_idle: Gauge<L>,
}

static CATALOG: spanwright::Catalog = spanwright::catalog![Pool];

fn main() {}
