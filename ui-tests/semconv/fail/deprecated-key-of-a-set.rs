#![deny(deprecated)]

use spanwright::Attributes;

#[derive(Attributes)]
struct Query {
    #[attribute(key_exact = "db.system")]
    system: &'static str,
    statement: &'static str,
}

#[derive(Attributes)]
#[attributes(prefix = "db")]
struct Prefixed {
    name: &'static str,
}

fn main() {}
