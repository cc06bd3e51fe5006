use spanwright::{Attribute, Label};

const ATTR_TIER: Attribute<bool> = Attribute::new("shop.tier");

#[derive(Label)]
#[label(attribute = ATTR_TIER)]
enum Tier {
    Paid,
}

fn main() {}
