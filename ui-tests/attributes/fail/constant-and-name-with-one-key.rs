use spanwright::{Attribute, instrument};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields(shop.name = "a", {ATTR_NAME} = "b"))]
fn charge() {}

fn main() {}
