use spanwright::{Attribute, instrument};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields({ATTR_NAME}, %{ATTR_COUNT}))]
fn charge() {}

fn main() {}
