use spanwright::{Attribute, instrument, record};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields({ATTR_COUNT} = Empty))]
fn charge() {
    record!({ATTR_COUNT} = 1, {ATTR_COUNT} = 2);
}

fn main() {}
