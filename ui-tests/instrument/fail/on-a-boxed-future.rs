use spanwright::instrument;

use std::future::Future;
use std::pin::Pin;

async fn later() -> u64 {
    7
}

#[instrument]
fn charge() -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(later())
}

fn main() {}
