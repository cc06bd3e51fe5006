extern crate spanwright as other;

mod reexport {
    pub use ::spanwright as telemetry;
}

use other::{Counter, Metrics as _};
use reexport::telemetry;

#[derive(other::Label)]
#[label(crate = crate::reexport::telemetry)]
enum Tier {
    Free,
    Paid,
}

#[derive(telemetry::Labels)]
#[labels(crate = telemetry)]
struct Order {
    tier: Tier,
    #[label(max = 7)]
    tenant: String,
}

#[derive(other::Metrics)]
#[metrics(crate = other)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls, threshold(warning = 1), panel(kind = table), alert(when = "> 1"))]
    orders_total: Counter<Order>,
    #[metric(flatten, prefix = "pool")]
    pool: Pool<Tier>,
    #[metric(flatten)]
    cache: Cache,
}

#[derive(telemetry::Metrics)]
#[metrics(crate = telemetry)]
struct Pool<L: telemetry::Labels> {
    /// Connections that nobody uses.
    #[metric(name_exact = "pool.idle", unit = "{connection}")]
    idle: telemetry::Gauge<L>,
}

#[derive(telemetry::Metrics)]
#[metrics(crate = telemetry, global = false)]
struct Cache {
    #[doc = concat!("Hi", "ts")]
    hits_total: Counter,
}

fn main() {
    for tier in [Tier::Free, Tier::Paid] {
        Shop::global().orders_total.with(Order { tier, tenant: String::new() }).inc();
    }
    drop(Shop::register(&other::Registry::new()));
}
