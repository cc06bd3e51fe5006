//! What the flush scheduler counts, and how others get it.

use std::sync::Arc;

use spanwright::{Counter, Histogram, Metrics, UpDownCounter};

/// What the flush scheduler counts. Attempts, failures and durations are those of the annotated function that makes an attempt.
#[derive(Debug, Metrics)]
#[metrics(prefix = "aof_flush")]
pub struct FlushMetrics {
    /// Flushes that were scheduled.
    pub scheduled_total: Counter,
    /// Attempts to flush a segment.
    #[metric(role = calls)]
    pub attempts_total: Counter,
    /// Attempts that failed.
    #[metric(role = errors, alert(when = "> 0", for = "1m", summary = "The log's disk refuses writes"))]
    pub failures_total: Counter,
    /// How long an attempt took.
    #[metric(role = duration)]
    pub duration_seconds: Histogram,
    /// Attempts that were repeated after a failure.
    pub retries_total: Counter,
    /// Flushes by appends themselves, since the scheduler could not keep up.
    pub synchronous_total: Counter,
    /// Waits of appends for a place in the scheduler's queue.
    pub backpressure_total: Counter,
    /// What was made durable.
    pub durable_bytes_total: Counter,
    /// Segments that wait for the scheduler.
    pub queue_segments: UpDownCounter,
}

/// A number of the flush scheduler's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushSample {
    /// The metric's whole name.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

/// Hands the flush scheduler's numbers to whatever takes numbers: they are the metrics themselves, read when they are asked for.
#[derive(Debug)]
pub struct FlushMetricsExporter(Arc<FlushMetrics>);

impl FlushMetricsExporter {
    /// An exporter of these.
    pub fn new(metrics: Arc<FlushMetrics>) -> Self {
        Self(metrics)
    }

    /// Calls `each` with every counter and gauge. Durations have no single value.
    pub fn emit(&self, mut each: impl FnMut(FlushSample)) {
        let snapshot = self.0.snapshot();
        for metric in FlushMetrics::DESCRIPTORS {
            let series = snapshot.family(metric.name).and_then(|family| family.series.first());
            if let Some(value) = series.and_then(|series| series.value.number()) {
                // Counts of segments, attempts and bytes: whole, and far below what a float can't hold.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
                each(FlushSample { name: metric.name, value: value as u64 });
            }
        }
    }
}
