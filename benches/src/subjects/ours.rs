//! Annotated by Spanwright.

use std::hint::black_box;

use super::{EVENTS, POLLS, Wait};
use spanwright::{ByOutcome, Counter, Histogram, Metrics, instrument};

#[instrument(level = "trace", record(n, text, flag))]
#[inline(never)]
pub fn filtered(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(level = "trace", record(n, text, flag))]
#[inline(never)]
pub async fn filtered_future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(record(n, text, flag))]
#[inline(never)]
pub fn span(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument]
#[inline(never)]
pub fn bare(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

/// A trace to be in.
#[instrument]
pub fn within<R>(body: impl FnOnce() -> R) -> R {
    body()
}

#[instrument(record(n, text, flag))]
#[inline(never)]
pub async fn span_future(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(level = "trace", metrics)]
#[inline(never)]
pub fn metrics(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

/// What functions report into.
#[derive(Metrics)]
#[metrics(prefix = "reported")]
struct Reported {
    /// Calls by how they ended.
    #[metric(role = calls)]
    calls_total: Counter<ByOutcome>,
    /// How long they took.
    #[metric(role = duration)]
    duration_seconds: Histogram,
}

#[instrument(level = "trace", metrics = Reported)]
#[inline(never)]
pub fn reported(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(record(n, text, flag), metrics)]
#[inline(never)]
pub fn both(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument(fields(a = n, b = n, c = n, d = n, e = text, f = text, g = text, h = flag, i = flag, j = flag))]
#[inline(never)]
pub fn ten(n: u64, text: &str, flag: bool) -> u64 {
    black_box((n, text, flag)).0 + 1
}

#[instrument]
#[inline(never)]
pub async fn polled(n: u64, text: &str, flag: bool) -> u64 {
    Wait(POLLS).await;
    black_box((n, text, flag)).0 + 1
}

#[instrument]
#[inline(never)]
pub fn events(n: u64, text: &str, flag: bool) -> u64 {
    for _ in 0..EVENTS {
        tracing::info!(n, "text");
    }
    black_box((n, text, flag)).0 + 1
}
