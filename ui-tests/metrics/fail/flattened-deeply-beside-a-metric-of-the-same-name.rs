use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
#[metrics(global = false)]
struct Pool {
    /// Connections that nobody uses.
    idle: Gauge,
}

#[derive(Metrics)]
#[metrics(global = false)]
struct Store {
    #[metric(flatten, prefix = "pool")]
    pool: Pool,
}

#[derive(Metrics)]
struct Shop {
    /// Clerks who do nothing.
    store_pool_idle: Gauge,
    #[metric(flatten, prefix = "store")]
    store: Store,
}

fn main() {}
