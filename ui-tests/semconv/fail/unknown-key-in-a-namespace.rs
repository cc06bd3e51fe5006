#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(http.handler = "orders"))]
fn answer() {}

fn main() {}
