use spanwright::{Attribute, instrument, record};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields(id = 7))]
fn charge() {
    record!({ATTR_NAME} = "a");
}

fn main() {}
