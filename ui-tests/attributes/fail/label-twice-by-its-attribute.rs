use spanwright::{Attribute, Label, instrument};

const ATTR_TIER: Attribute<str> = Attribute::new("shop.tier");

#[derive(Label)]
enum Tier {
    Paid,
}

#[instrument(metrics(prefix = "shop", labels(shop_tier = "a", {ATTR_TIER}: Tier = Tier::Paid)))]
fn charge() {}

fn main() {}
