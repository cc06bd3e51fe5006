#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(http.target = "/orders?all"))]
fn query() {}

fn main() {}
