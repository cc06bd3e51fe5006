use spanwright::{Attribute, instrument, record};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[instrument(fields({ATTR_NAME} = Empty))]
fn charge() {
    record!(shop.name = "a");
}

fn main() {}
