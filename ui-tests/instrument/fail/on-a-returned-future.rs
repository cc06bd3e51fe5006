use spanwright::instrument;

use std::future::Future;

#[instrument]
fn charge() -> impl Future<Output = u64> {
    async { 7 }
}

fn main() {}
