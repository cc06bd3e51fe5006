use spanwright::{Gauge, Labels, Metrics};

#[derive(Metrics)]
#[metrics(global = true)]
struct Pool<L: Labels> {
    /// Connections that nobody uses.
    idle: Gauge<L>,
}

fn main() {}
