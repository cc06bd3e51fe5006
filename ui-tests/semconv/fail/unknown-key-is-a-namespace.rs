#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(messaging.destination = "orders"))]
fn publish() {}

fn main() {}
