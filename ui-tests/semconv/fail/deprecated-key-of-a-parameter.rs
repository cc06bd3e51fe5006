#![deny(deprecated)]

use spanwright::instrument;

struct Database {
    name: String,
}

#[instrument(record(db.name))]
fn query(db: &Database) {}

fn main() {}
