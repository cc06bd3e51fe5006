use spanwright::instrument;

use std::pin::Pin;

#[instrument(future)]
fn charge(order: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    if order == 0 {
        return Box::pin(async { "nothing" });
    }
    Box::pin(async move { order })
}

fn main() {}
