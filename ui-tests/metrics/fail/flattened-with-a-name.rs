use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
#[metrics(global = false)]
struct Pool {
    /// Connections that nobody uses.
    idle: Gauge,
}

#[derive(Metrics)]
struct Shop {
    #[metric(flatten, name = "pool")]
    pool: Pool,
}

fn main() {}
