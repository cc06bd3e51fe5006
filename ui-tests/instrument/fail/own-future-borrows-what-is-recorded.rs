use spanwright::instrument;

use std::future::Future;

#[instrument(record(order))]
fn charge(order: u64) -> impl Future<Output = u64> {
    async { 7 }
}

fn main() {}
