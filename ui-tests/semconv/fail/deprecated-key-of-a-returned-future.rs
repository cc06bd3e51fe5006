#![deny(deprecated)]

use spanwright::instrument;

use std::future::Future;
use std::pin::Pin;

#[instrument(fields(db.system = Empty))]
fn query() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {})
}

fn main() {}
