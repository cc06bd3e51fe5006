//! What an exporter of metrics is.

use std::time::Duration;

use super::ExportError;
use crate::registry::Snapshot;

/// Takes snapshots somewhere, at an interval. Runs on a thread of its own, one call at a time, so that a slow or dead
/// exporter delays nobody else; nothing that it does is recorded.
pub trait MetricExporter: Send {
    /// The exporter's name, as in messages and in the label `exporter`.
    fn name(&self) -> &'static str;

    /// Sends a snapshot, within `timeout`.
    ///
    /// # Errors
    /// When series, or some of them, were not delivered; how many is counted. Nothing is handed over again: cumulative
    /// values arrive with a later snapshot all the same.
    fn export(&mut self, snapshot: &Snapshot, timeout: Duration) -> Result<(), ExportError>;
}

/// What a number that is sent says: all since the start, or what came since the last one that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// All since the start, of everything.
    #[default]
    Cumulative,
    /// What came since the last push, of counters and histograms; up-down counters stay cumulative.
    Delta,
}
