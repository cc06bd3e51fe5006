#![deny(deprecated)]

use spanwright::instrument;

#[allow(deprecated)]
#[instrument(fields(db.system = "sqlite"))]
fn silenced() {}

#[instrument(semconv = true, fields(db.system = "sqlite"))]
fn not_silenced() {}

fn main() {}
