//! What an exporter of spans is.

use std::time::Duration;

use crate::span::SpanData;

/// Takes finished spans somewhere. Runs on the pipeline's own thread, one call at a time; nothing that it does is
/// recorded.
pub trait SpanExporter: Send {
    /// The exporter's name, as in messages.
    fn name(&self) -> &'static str;

    /// Sends a batch, within `timeout`.
    ///
    /// # Errors
    /// When the batch, or a part of it, was given up; the pipeline counts what [`ExportError::lost`] says.
    fn export(&mut self, batch: &[SpanData], timeout: Duration) -> Result<(), ExportError>;
}

/// Why spans were not delivered.
#[derive(Debug, thiserror::Error)]
#[error("{lost} spans were not delivered: {reason}")]
pub struct ExportError {
    /// How many spans were given up.
    pub lost: usize,
    /// What happened, with the endpoint and what to do.
    pub reason: String,
}
