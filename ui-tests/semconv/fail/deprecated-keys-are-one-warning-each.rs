#![deny(deprecated)]

use spanwright::instrument;

#[instrument(fields(db.system = "sqlite", db.name = "shop", "db.operation" = "INSERT"))]
async fn query() {}

fn main() {}
