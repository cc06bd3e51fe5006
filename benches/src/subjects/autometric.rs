//! Annotated by `autometrics`.

use autometrics::autometrics;
use std::hint::black_box;

#[autometrics]
#[inline(never)]
pub fn metrics(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[autometrics]
#[tracing::instrument]
#[inline(never)]
pub fn both(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}
