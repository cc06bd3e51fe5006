use spanwright::{Attributes, instrument};

#[derive(Attributes)]
struct Order {
    id: u8,
    #[attribute(redact = msk)]
    iban: String,
}

#[instrument(fields({ATTR_ID} = 7, {ATTR_IBAN} = "…"))]
fn charge() {}

#[instrument(fields(..order))]
fn refund(order: &Order) {}

fn main() {}
