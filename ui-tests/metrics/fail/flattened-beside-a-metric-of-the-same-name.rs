use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
#[metrics(global = false)]
struct Pool {
    /// Connections that nobody uses.
    idle: Gauge,
}

#[derive(Metrics)]
#[metrics(prefix = "pool")]
struct Shop {
    /// Clerks who do nothing.
    idle: Gauge,
    #[metric(flatten, prefix = "pool")]
    pool: Pool,
}

fn main() {}
