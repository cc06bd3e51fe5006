use spanwright::{Attribute, instrument, record};

const ATTR_IBAN: Attribute<str> = Attribute::new("shop.iban").masked();
const ATTR_PIECES: Attribute<i64> = Attribute::new("shop.pieces");

#[instrument(fields({ATTR_IBAN} = Empty, {ATTR_PIECES} = Empty))]
fn charge() {
    const ATTR_IBAN: Attribute<str> = Attribute::new("shop.iban");
    const ATTR_PIECES: Attribute<str> = Attribute::new("shop.pieces");
    record!({ATTR_IBAN} = "DE89370400440532013000", {ATTR_PIECES} = "three");
}

#[instrument(fields({ATTR_IBAN} = Empty))]
fn refund() {
    const ATTR_IBAN: Attribute<str> = Attribute::new("another.iban");
    record!({ATTR_IBAN} = "DE89370400440532013000");
}

fn main() {}
