use spanwright::{Attribute, instrument, record};

const ATTR_NOTE: Attribute<str> = Attribute::new("shop.note");
const ATTR_HASH: Attribute<str> = Attribute::new("shop.hash").hashed();

#[instrument(fields({ATTR_NOTE} = password.clone(), {ATTR_HASH} = password))]
fn log_in(password: String) {}

#[instrument(fields({ATTR_NOTE} = Empty, {ATTR_HASH} = Empty))]
fn change(password: &str) {
    record!({ATTR_NOTE} = password, {ATTR_HASH} = password);
}

#[instrument(fields({ATTR_NOTE} = password), allow_secret(password))]
fn announce(password: &str) {}

fn main() {}
