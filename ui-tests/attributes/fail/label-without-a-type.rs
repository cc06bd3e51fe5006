use spanwright::{Attribute, instrument};

const ATTR_TIER: Attribute<str> = Attribute::new("shop.tier");

#[instrument(metrics(prefix = "shop", labels({ATTR_TIER} = 1 + 1, {ATTR_TIER})))]
fn charge() {}

fn main() {}
