#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(db.user = "shop"))]
fn query() {}

fn main() {}
