//! Annotated by `tracing`.

use std::hint::black_box;

use super::{EVENTS, POLLS, Wait};
use tracing::instrument;

#[instrument(level = "trace")]
#[inline(never)]
pub fn filtered(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(level = "trace")]
#[inline(never)]
pub async fn filtered_future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument]
#[inline(never)]
pub fn span(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument]
#[inline(never)]
pub async fn span_future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(skip_all)]
#[inline(never)]
pub fn bare(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(skip_all, fields(a = n, b = n, c = n, d = n, e = text, f = text, g = text, h = flag, i = flag, j = flag))]
#[inline(never)]
pub fn ten(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(skip_all)]
#[inline(never)]
pub async fn polled(n: u64, text: &str, flag: bool) -> u64 {
    Wait(POLLS).await;
    black_box((n, text, flag)).0 + 1
}

#[instrument(skip_all)]
#[inline(never)]
pub fn events(n: u64, text: &str, flag: bool) -> u64 {
    for _ in 0..EVENTS {
        tracing::info!(n, "text");
    }
    black_box((n, text, flag)).0 + 1
}
