//! The same function, annotated by each contender. None is inlined into the loop.

use std::hint::black_box;

pub mod plain {
    use super::*;

    #[inline(never)]
    pub fn function(n: u64, text: &str, flag: bool) -> u64 {
        black_box((n, text, flag)).0 + 1
    }

    #[inline(never)]
    pub async fn future(n: u64, text: &str, flag: bool) -> u64 {
        black_box((n, text, flag)).0 + 1
    }
}

/// Futures that hold 4 KiB while they wait.
pub mod large {
    use super::*;

    async fn hold() {
        let held = black_box([0_u8; 4096]);
        std::future::pending::<()>().await;
        black_box(&held);
    }

    pub async fn plain(text: &str) {
        black_box(text);
        hold().await;
    }

    #[spanwright::instrument(record(text), metrics)]
    pub async fn ours(text: &str) {
        black_box(text);
        hold().await;
    }

    #[tracing::instrument]
    pub async fn tracings(text: &str) {
        black_box(text);
        hold().await;
    }

    #[fastrace::trace(properties = { "text": "{text}" })]
    pub async fn fastraces(text: &str) {
        black_box(text);
        hold().await;
    }

    #[autometrics::autometrics]
    pub async fn autometric(text: &str) {
        black_box(text);
        hold().await;
    }
}

pub mod ours {
    use super::*;
    use spanwright::{Counter, Histogram, Label, Labels, Metrics, instrument};

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

    #[instrument(record(n, text, flag), metrics)]
    #[inline(never)]
    pub fn both(n: u64, text: &str, flag: bool) -> u64 {
        black_box((n, text, flag)).0 + 1
    }

    #[derive(Clone, Copy, Label)]
    pub enum Method {
        Get,
        Put,
        Delete,
    }

    #[derive(Clone, Copy, Label)]
    pub enum Status {
        Ok,
        NotFound,
        Failed,
    }

    #[derive(Clone, Copy, Labels)]
    pub struct Request {
        pub method: Method,
        pub status: Status,
    }

    #[derive(Metrics)]
    #[metrics(prefix = "bench")]
    pub struct Bench {
        /// Requests.
        pub requests_total: Counter<Request>,
        /// How long requests took.
        pub latency_seconds: Histogram<Request>,
    }

    pub const METHODS: [Method; 3] = [Method::Get, Method::Put, Method::Delete];
    pub const STATUSES: [Status; 3] = [Status::Ok, Status::NotFound, Status::Failed];
}

pub mod tracings {
    use super::*;
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
}

pub mod fastraces {
    use super::*;
    use fastrace::trace;

    #[trace(properties = { "n": "{n}", "text": "{text}", "flag": "{flag}" })]
    #[inline(never)]
    pub fn span(n: u64, text: &str, flag: bool) -> u64 {
        black_box((n, text, flag)).0 + 1
    }
}

pub mod autometric {
    use super::*;
    use autometrics::autometrics;

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
}
