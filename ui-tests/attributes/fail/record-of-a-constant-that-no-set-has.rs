use spanwright::{Attribute, instrument, record};

const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");
const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count");

#[derive(spanwright::Attributes)]
struct Order {
    id: u8,
}

#[instrument(fields(..order))]
fn charge(order: &Order) {
    record!({ATTR_ID} = 8, {ATTR_NAME} = "a");
}

fn main() {}
