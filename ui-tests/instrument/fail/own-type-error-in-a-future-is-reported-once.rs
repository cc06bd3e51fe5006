use spanwright::instrument;

use std::future::Future;
use std::pin::Pin;

#[instrument]
fn charge(order: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move {
        if order == 0 {
            return "nothing";
        }
        order
    })
}

fn main() {}
