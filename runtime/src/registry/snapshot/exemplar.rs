//! Exemplars: the trace behind a number.

use std::time::SystemTime;

use spanwright_core::ids::{SpanId, TraceId};

/// A single observation or increment, and the sampled span within which it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// The trace.
    pub trace_id: TraceId,
    /// The span that was current.
    pub span_id: SpanId,
    /// What was observed, in the family's unit; of a counter, what was added.
    pub value: f64,
    /// When.
    pub time: SystemTime,
}
