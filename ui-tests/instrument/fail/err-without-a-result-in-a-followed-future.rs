use spanwright::instrument;

use std::pin::Pin;

#[instrument(future, err)]
fn charge() -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(std::future::ready(7))
}

fn main() {}
