#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(service.instance_id = "a"))]
fn answer() {}

fn main() {}
