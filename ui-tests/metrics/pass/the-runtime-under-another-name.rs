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
    orders_total: Counter<Order>,
}

fn main() {
    for tier in [Tier::Free, Tier::Paid] {
        Shop::global().orders_total.with(Order { tier, tenant: String::new() }).inc();
    }
    drop(Shop::register(&other::Registry::new()));
}
