use spanwright::instrument;

use std::future::{Future, ready};

#[instrument]
fn charge() -> impl Future<Output = u64> {
    ready(7)
}

fn main() {}
