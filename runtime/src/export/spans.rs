//! What an exporter is.

use std::time::Duration;

use crate::span::{EventRef, SpanRef};

/// Takes finished spans somewhere. Runs on a thread of its own, one call at a time, so that a slow or dead exporter
/// delays nobody else; nothing that it does is recorded.
pub trait SpanExporter: Send {
    /// The exporter's name, as in messages and in the label `exporter`.
    fn name(&self) -> &'static str;

    /// Sends spans, within `timeout`.
    ///
    /// # Errors
    /// When the spans, or some of them, were given up; what [`ExportError::lost`] says is counted.
    fn export(&mut self, spans: &[SpanRef<'_>], timeout: Duration) -> Result<(), ExportError>;
}

/// Takes events somewhere, as log records. Runs on a thread of its own, as [`SpanExporter`] does.
pub trait LogExporter: Send {
    /// The exporter's name, as in messages and in the label `exporter`.
    fn name(&self) -> &'static str;

    /// Sends events, within `timeout`.
    ///
    /// # Errors
    /// When the events, or some of them, were given up; what [`ExportError::lost`] says is counted.
    fn export(&mut self, events: &[EventRef<'_>], timeout: Duration) -> Result<(), ExportError>;
}

/// Why spans, events or values of series were not delivered.
#[derive(Debug, thiserror::Error)]
#[error("lost {lost}: {reason}")]
#[non_exhaustive]
pub struct ExportError {
    /// How many were given up.
    pub lost: usize,
    /// What happened, with the endpoint and what to do.
    pub reason: String,
    /// Whether all of them may be delivered later: then, where nothing was delivered, they are kept and handed over again.
    pub retry: bool,
}

impl ExportError {
    /// So many were given up for good.
    pub fn lost(lost: usize, reason: impl Into<String>) -> Self {
        Self { lost, reason: reason.into(), retry: false }
    }

    /// So many could not be delivered now.
    pub fn later(lost: usize, reason: impl Into<String>) -> Self {
        Self { lost, reason: reason.into(), retry: true }
    }
}
