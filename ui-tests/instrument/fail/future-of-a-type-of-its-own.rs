use spanwright::instrument;

use std::future::{Ready, ready};

#[instrument(future)]
fn charge() -> Ready<u64> {
    ready(7)
}

fn main() {}
