#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(db.system = "sqlite"))]
fn query() {}

fn main() {}
