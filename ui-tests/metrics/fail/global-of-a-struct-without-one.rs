use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
#[metrics(global = false)]
struct Pool {
    /// Connections that nobody uses.
    idle: Gauge,
}

fn idle() {
    Pool::global().idle.set(1.0);
}

fn main() {}
