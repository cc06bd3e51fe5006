use spanwright::instrument;

use std::future::Future;

#[instrument]
fn charge() -> impl Future<Output = u64> {
    let later = async { 7 };
    later
}

fn main() {}
