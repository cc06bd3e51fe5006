//! What can be said to the pipeline.

use std::time::Duration;

/// How traces are sampled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    /// Whether a parent in another process decides for its children here.
    pub(crate) parent_based: bool,
    /// What decides at the root of a trace.
    pub(crate) root: RootSampling,
    /// What decides instead at the roots that match; the most specific one.
    pub(crate) rules: Vec<SampleRule>,
}

/// What decides at the root of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RootSampling {
    /// The share that is kept, by the trace's id: 0 to 1.
    pub(crate) ratio: f64,
    /// How many traces a second are kept at most, of that share.
    pub(crate) per_second: Option<f64>,
}

/// Another decision for some roots.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SampleRule {
    pub(crate) matches: RuleMatch,
    pub(crate) root: RootSampling,
}

/// Which roots a rule is for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RuleMatch {
    /// Those of a module and below.
    Target(String),
    /// Those of a component.
    Component(String),
    /// Those of that name.
    Name(String),
}

/// What is kept though it was not sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TailPolicy {
    /// Traces in which something went wrong.
    pub(crate) errors: bool,
    /// Traces whose local root took longer.
    pub(crate) slower_than: Option<Duration>,
}

/// A queue before each exporter, and what is taken from it at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct QueueSettings {
    /// How many may wait.
    pub(crate) queue: usize,
    /// How many are exported at a time.
    pub(crate) batch: usize,
    /// How long one waits at most for its batch to fill.
    pub(crate) delay: Duration,
    /// How long one export may take.
    pub(crate) export_timeout: Duration,
}

/// How much a span may have; the rest is dropped and counted in the span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) attributes: u32,
    /// Characters of a text.
    pub(crate) value_length: Option<usize>,
    pub(crate) events: u32,
    pub(crate) links: u32,
    pub(crate) event_attributes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attributes: 128, value_length: None, events: 128, links: 128, event_attributes: 128 }
    }
}

/// All that is said to a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct PipelineSettings {
    /// The ring buffer's bound, in bytes.
    pub(crate) ring_bytes: usize,
    /// Whether each span and event is exported at once.
    pub(crate) immediate: bool,
    pub(crate) spans: QueueSettings,
    pub(crate) logs: QueueSettings,
    pub(crate) limits: Limits,
    pub(crate) tail: Option<TailPolicy>,
}
