#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(http.response.status_coed = 200))]
fn answer() {}

fn main() {}
