//! What an exporter of metrics is.

use std::time::Duration;

use super::ExportError;
use crate::registry::Snapshot;

/// Takes snapshots somewhere, at an interval. Runs on a thread of its own, one call at a time; nothing that it does is
/// recorded.
pub trait MetricExporter: Send {
    /// The exporter's name, as in messages and in the label `exporter`.
    fn name(&self) -> &'static str;

    /// Sends a snapshot, within `timeout`.
    ///
    /// # Errors
    /// When series, or some of them, were not delivered; how many is counted. Cumulative values arrive with a later snapshot
    /// all the same.
    fn export(&mut self, snapshot: &Snapshot, timeout: Duration) -> Result<(), ExportError>;
}
