use spanwright::{Attribute, Label, instrument};

const ATTR_TIER: Attribute<i64> = Attribute::new("shop.tier");

#[derive(Label)]
enum Tier {
    Paid,
}

#[instrument(metrics(prefix = "shop", labels({ATTR_TIER}: Tier = Tier::Paid)))]
fn charge() {}

fn main() {}
