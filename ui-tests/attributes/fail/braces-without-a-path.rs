use spanwright::{Attribute, instrument};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields({} = "a", {ATTR_NAME.key()} = "b", {"name"} = "c"))]
fn charge() {}

fn main() {}
