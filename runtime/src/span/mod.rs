//! Spans: from the end of a call to the exporters.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `sampling` | the decision at the root of a trace |
//! | `pipeline` | the queue of finished spans, and the thread that hands them to the exporters |
//! | `layer` | the `tracing` layer that records other crates' spans |
//! | `data` | a finished span as plain data |

#[allow(dead_code, reason = "links and states come with the next step")]
mod data;
mod layer;
mod pipeline;
mod sampling;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use spanwright_core::context::{Context, ContextGuard};
use spanwright_core::slots;
use tracing_subscriber::filter::Targets;

pub use data::{
    AttributeRef, AttributeValue, Attributes, EventBatch, EventData, EventRef, Level, Link, Outcome, SpanBatch, SpanData,
    SpanId, SpanKind, SpanRef, Status, TraceId, flags,
};
pub use layer::{SpanLayer, layer};
pub(crate) use pipeline::{PipelineHandle, PipelineSettings, finish, open, start, write};
pub(crate) use sampling::Sampler;

/// Whether spans are recorded at all.
static ACTIVE: AtomicBool = AtomicBool::new(false);
/// Which spans are recorded, by target and level; nothing for those of level `info` and above.
static FILTER: RwLock<Option<Targets>> = RwLock::new(None);

/// Whether spans of this target and level are recorded.
pub(crate) fn wants(target: &str, level: Level) -> bool {
    if !ACTIVE.load(Ordering::Relaxed) {
        return false;
    }
    match &*FILTER.read().unwrap_or_else(PoisonError::into_inner) {
        Some(filter) => filter.would_enable(target, &crate::call::tracing_level(level)),
        None => level <= Level::INFO,
    }
}

/// Records spans, or stops it, from the next calls on.
pub(crate) fn set_active(active: bool) {
    ACTIVE.store(active, Ordering::Relaxed);
    refresh();
}

/// Replaces the span filter.
pub(crate) fn set_filter(filter: Targets) {
    *FILTER.write().unwrap_or_else(PoisonError::into_inner) = Some(filter);
    refresh();
}

/// Replaces the sampler.
pub(crate) fn set_sampler(sampler: Sampler) {
    sampling::set(sampler);
}

fn refresh() {
    crate::call::refresh_all();
    tracing_core::callsite::rebuild_interest_cache();
}

/// Decides at the root of a trace.
#[inline]
pub(crate) fn samples(trace_id: TraceId) -> bool {
    sampling::samples(trace_id)
}

/// Keeps what this thread does from being recorded, until the guard is dropped.
pub(crate) fn suppress() -> ContextGuard {
    Context::current().suppressed().attach()
}

/// The name of the current span, where it is recorded.
pub(crate) fn current_name() -> Option<&'static str> {
    slots::view(Context::current().slot).map(|view| view.start.spec.name)
}
