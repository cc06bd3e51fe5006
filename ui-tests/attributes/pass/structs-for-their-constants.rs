//! Structs that nobody makes, because their constants are all that is used.

#![deny(warnings, missing_docs, unreachable_pub)]

use spanwright::{Attributes, instrument};

#[derive(Attributes)]
#[attributes(prefix = "shop")]
struct Order<'a> {
    order_id: &'a str,
    #[attribute(flatten)]
    payer: Payer,
}

#[derive(Attributes)]
struct Payer {
    tier: u8,
}

#[instrument(fields({ATTR_ORDER_ID} = "order-1", {ATTR_TIER} = 1))]
fn charge() {}

fn main() {
    charge();
}
