use spanwright::{Attribute, instrument, record};

const ATTR_NOTE: Attribute<str> = Attribute::new("shop.note");

mod reexported {
    pub(crate) use super::ATTR_NOTE;
}

#[instrument(fields({ATTR_NOTE} = Empty))]
fn charge() {
    record!({reexported::ATTR_NOTE} = "one", {crate::ATTR_NOTE} = "two");
}

fn main() {}
