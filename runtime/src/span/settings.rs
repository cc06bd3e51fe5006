//! What is said to a pipeline.

pub(crate) use crate::config::{Limits, QueueSettings, RootSampling, SampleRule, Sampling, TailPolicy};

/// All that is said to a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct PipelineSettings {
    /// The ring buffer's bound, in bytes.
    pub(crate) ring_bytes: usize,
    /// Whether each span and event is exported at once.
    pub(crate) immediate: bool,
    /// How spans wait for their exporters.
    pub(crate) spans: QueueSettings,
    /// How log records do.
    pub(crate) logs: QueueSettings,
    /// What a span may hold.
    pub(crate) limits: Limits,
    /// What is kept though it was not sampled.
    pub(crate) tail: Option<TailPolicy>,
}
