use spanwright::{Attribute, instrument};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

struct Uuid;

#[instrument(fields({ATTR_NAME} = id))]
fn charge(id: Uuid) {}

fn main() {}
