//! What the telemetry measures of itself, with its own derives.

use crate::{Counter, Label, Metrics};

/// Why a span was dropped.
#[derive(Clone, Copy, Debug, Label)]
#[label(name = "reason", crate = crate)]
pub(crate) enum Lost {
    /// Too many spans were open.
    SlotsFull,
    /// The queue of finished spans was full, or not taken from any more.
    QueueFull,
    /// An exporter gave it up.
    Export,
}

/// The telemetry's own metrics.
#[derive(Debug, Metrics)]
#[metrics(prefix = "spanwright", crate = crate)]
pub(crate) struct OwnMetrics {
    /// Spans that were dropped, by reason.
    pub(crate) spans_dropped_total: Counter<Lost>,
    /// Spans that were handed to an exporter and delivered.
    pub(crate) spans_exported_total: Counter,
    /// Metrics that are not exported, since another one has their name or there is no room for them.
    pub(crate) metric_conflicts_total: Counter,
    /// Fields that were given up, since others wrote to their span for too long.
    pub(crate) fields_dropped_total: Counter,
    /// Label values that went to an overflow series.
    pub(crate) label_overflows_total: Counter,
}
