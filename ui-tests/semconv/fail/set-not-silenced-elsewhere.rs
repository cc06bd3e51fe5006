#![deny(deprecated)]

use spanwright::Attributes;

#[derive(Attributes)]
#[allow(deprecated)]
struct Allowed {
    #[attribute(key_exact = "db.system", constant = ATTR_ALLOWED)]
    system: &'static str,
}

#[derive(Attributes)]
#[attributes(semconv = false)]
struct Silenced {
    #[attribute(key_exact = "db.system", constant = ATTR_SILENCED)]
    system: &'static str,
}

#[derive(Attributes)]
struct NotSilenced {
    #[attribute(key_exact = "db.system", constant = ATTR_SYSTEM)]
    system: &'static str,
}

fn main() {}
