//! What is said to a pipeline.

pub(crate) use crate::config::{
    Limits, Memory, QueueSettings, Recording, RootSampling, SampleRule, Sampling, TailPolicy,
};

/// All that is said to a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct PipelineSettings {
    /// How spans and events are recorded.
    pub(crate) recording: Recording,
    /// How much memory there is for what waits.
    pub(crate) memory: Memory,
    /// The variable that sets the ring buffer's size, for messages.
    pub(crate) ring_variable: String,
    /// How spans wait for their exporters.
    pub(crate) spans: QueueSettings,
    /// How log records do.
    pub(crate) logs: QueueSettings,
    /// What is kept though it was not sampled.
    pub(crate) tail: Option<TailPolicy>,
}
