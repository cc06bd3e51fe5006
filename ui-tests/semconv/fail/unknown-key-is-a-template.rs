#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(http.request.header = "gzip"))]
fn answer() {}

fn main() {}
