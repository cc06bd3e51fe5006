//! What the telemetry measures of itself, with its own derives.

#[cfg(feature = "server")]
use crate::registry::Snapshot;
use crate::{Counter, Label, Metrics};
#[cfg(feature = "server")]
use crate::{Gauge, Histogram};

/// Why a span or a log record was dropped.
#[derive(Clone, Copy, Debug, Label)]
#[label(name = "reason", crate = crate)]
pub(crate) enum Lost {
    /// Too many spans were open.
    SlotsFull,
    /// The ring buffer was full.
    RingFull,
    /// An exporter's queue was full, or not taken from any more.
    QueueFull,
    /// Too much was kept for the tail policy to decide on.
    TailFull,
    /// An exporter gave it up.
    Export,
}

/// The telemetry's own metrics.
#[derive(Debug, Metrics)]
#[metrics(prefix = "spanwright", crate = crate)]
pub(crate) struct OwnMetrics {
    /// Spans that were dropped, by reason; once for each exporter that did not get them.
    pub(crate) spans_dropped_total: Counter<Lost>,
    /// Spans that were handed to an exporter and delivered.
    pub(crate) spans_exported_total: Counter,
    /// Log records that were dropped, by reason.
    pub(crate) log_records_dropped_total: Counter<Lost>,
    /// Log records that were handed to an exporter and delivered.
    pub(crate) log_records_exported_total: Counter,
    /// Log lines that could not be written.
    pub(crate) log_lines_dropped_total: Counter,
    /// Values of series that were pushed and not delivered.
    pub(crate) metric_points_dropped_total: Counter,
    /// Values of series that were pushed and delivered.
    pub(crate) metric_points_exported_total: Counter,
    /// Metrics that are not exported, since another one has their name or there is no room for them.
    pub(crate) metric_conflicts_total: Counter,
    /// Fields that were given up, since others wrote to their span for too long.
    pub(crate) fields_dropped_total: Counter,
    /// Requests whose `tracestate` and baggage found no room.
    pub(crate) carried_left_out_total: Counter,
    /// Series of sources that were left out of a snapshot, since they contradict themselves, or others of their name.
    pub(crate) series_left_out_total: Counter,
    /// Callbacks and sources of metrics that panicked instead of saying their values.
    pub(crate) callback_panics_total: Counter,
    /// Label values that went to an overflow series.
    pub(crate) label_overflows_total: Counter,
}

/// What the admin server measures of its page of metrics.
#[cfg(feature = "server")]
#[derive(Debug, Metrics)]
#[metrics(prefix = "spanwright_scrape", crate = crate)]
pub(crate) struct ScrapeMetrics {
    /// How long the admin server's page of metrics took to make.
    pub(crate) duration_seconds: Histogram,
    /// Series on the admin server's page of metrics, the last time that it was made.
    pub(crate) series: Gauge,
}

#[cfg(feature = "server")]
impl ScrapeMetrics {
    /// Notes how large the page is that is made of a snapshot.
    pub(crate) fn noted(&self, snapshot: Snapshot) -> Snapshot {
        let series: usize = snapshot.families.iter().map(|family| family.series.len()).sum();
        self.series.set(series as f64);
        snapshot
    }
}
