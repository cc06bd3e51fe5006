use spanwright::instrument;

use std::future::ready;

use futures_util::TryFuture;

#[instrument]
fn charge() -> impl TryFuture<Ok = u64, Error = String> {
    ready(Ok(7))
}

fn main() {}
