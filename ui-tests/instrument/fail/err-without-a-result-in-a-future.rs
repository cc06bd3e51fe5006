use spanwright::instrument;

use std::future::Future;
use std::pin::Pin;

#[instrument(err)]
fn charge() -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async { 7 })
}

fn main() {}
