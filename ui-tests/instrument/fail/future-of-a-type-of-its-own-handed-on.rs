#![deny(warnings)]

use spanwright::instrument;

use std::future::{Ready, ready};

#[instrument]
pub fn charge() -> Ready<u64> {
    ready(7)
}

#[instrument]
pub fn inner<F: Future>(future: F) -> F {
    future
}

#[instrument]
#[allow(deprecated)]
pub fn task() -> Ready<u64> {
    ready(7)
}

fn main() {}
