//! What Persist counts. The requests count themselves: see `storage/s3.rs`.

use spanwright::registry::DebugInfo;
use spanwright::{Counter, Histogram, Label, Metrics};

use crate::PersistError;

/// A request to S3.
#[derive(Clone, Copy, Debug, Label)]
#[allow(clippy::enum_variant_names, reason = "as S3 calls them")]
pub enum Operation {
    /// An object is written.
    PutObject,
    /// An object is read.
    GetObject,
}

impl Operation {
    /// As its label has it.
    pub(crate) fn name(self) -> &'static str {
        Self::VALUES[self.index() as usize]
    }
}

/// Persist's metrics, with the alerts that are recommended.
#[derive(Debug, Metrics)]
#[metrics(
    prefix = "persist",
    derived(
        name = "error_rate",
        help = "Which share of the S3 requests fails",
        expr = "rate($s3_errors_total[5m]) / rate($s3_requests_total[5m])",
    )
)]
pub struct PersistMetrics {
    /// Total number of S3 requests
    #[metric(role = calls)]
    pub s3_requests_total: Counter<Operation>,
    /// Total number of S3 errors
    #[metric(
        role = errors,
        alert(
            name = "PersistHighErrorRate",
            expr = "rate($metric[5m]) / rate(persist_s3_requests_total[5m]) > 0.05",
            for = "2m",
            severity = "warning",
            summary = "High error rate in Persist S3 operations",
        )
    )]
    pub s3_errors_total: Counter<Operation>,
    /// Total number of S3 retries
    pub s3_retries_total: Counter<Operation>,
    /// S3 operation latencies
    #[metric(
        role = duration,
        buckets = [0.1, 0.5, 1.0],
        alert(
            name = "PersistHighLatency",
            when = "> 1.0",
            quantile = 0.95,
            for = "5m",
            severity = "warning",
            summary = "High latency in Persist S3 operations",
        )
    )]
    pub s3_latency_seconds: Histogram<Operation>,
    /// Agent state sizes
    #[metric(buckets = exponential(1024, 4, 8))]
    pub state_size_bytes: Histogram,
}

/// The derive's own, so that whoever asks for them need not know the trait.
impl PersistMetrics {
    /// What they hold now, as Prometheus reads it.
    ///
    /// # Errors
    /// None.
    pub fn gather_metrics(&self) -> Result<String, PersistError> {
        Metrics::gather_metrics(self).map_err(|never| match never {})
    }

    /// A summary of them, for `{:#?}`.
    #[must_use]
    pub fn gather_debug_info(&self) -> DebugInfo {
        Metrics::gather_debug_info(self)
    }
}
