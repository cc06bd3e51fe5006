//! Not instrumented.

use std::hint::black_box;

use super::{POLLS, Wait};

#[inline(never)]
pub fn function(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[inline(never)]
pub async fn future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[inline(never)]
pub async fn polled(n: u64, text: &str, flag: bool) -> u64 {
    Wait(POLLS).await;
    black_box((n, text, flag)).0 + 1
}
