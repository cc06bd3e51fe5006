extern crate spanwright as other;

mod reexport {
    pub use ::spanwright;
    pub mod deep {
        pub use ::spanwright as telemetry;
    }
}

#[derive(other::Label)]
#[label(crate = other)]
enum Tier {
    Free,
    Paid,
}

#[other::instrument(crate = other, record(id), err, metrics(prefix = "shop", labels(tier)))]
fn charge(id: u64, tier: Tier) -> Result<u64, String> {
    Ok(id + u64::from(matches!(tier, Tier::Paid)))
}

#[reexport::spanwright::instrument(crate = crate::reexport::spanwright, record(id), err, metrics)]
async fn refund(id: u64) -> Result<u64, String> {
    Ok(id)
}

mod inner {
    #[super::reexport::deep::telemetry::instrument(crate = super::reexport::deep::telemetry, record(id))]
    pub fn ship(id: u64) -> u64 {
        id
    }
}

#[derive(other::Metrics)]
#[metrics(prefix = "renamed", crate = other)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: other::Counter,
}

#[other::instrument(crate = other, metrics = Shop)]
fn sell() {}

#[reexport::spanwright::instrument(crate = crate::reexport::spanwright, metrics(into = shop))]
async fn send(shop: &Shop) {}

fn main() {
    sell();
    drop(send(Shop::global()));
    assert_eq!(charge(7, Tier::Free), Ok(7));
    drop(refund(7));
    assert_eq!(inner::ship(7), 7);
}
