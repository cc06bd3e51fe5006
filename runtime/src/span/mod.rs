//! Spans: from the end of a call to the exporters.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `sampling` | the decision at the root of a trace |
//! | `layer` | the `tracing` layer that records other crates' spans, and events |
//! | `entered` | the other crates' spans entered on a thread |
//! | `subscriber` | the wrapper whose current span may be an annotated call's |
//! | `lookup` | the contexts of `tracing` spans, by their ids |
//! | `recording` | how spans and events get into the ring buffer |
//! | `pipeline` | from the ring buffer to the exporters' queues |
//! | `assembly` | joins events to their spans, and waits for the ends of traces |
//! | `decode` | from records to batches |
//! | `tap` | what is shown while somebody looks |
//! | `worker` | one exporter: its queue and its thread |
//! | `data` | spans and events as plain data |

mod assembly;
mod data;
mod decode;
mod entered;
mod layer;
mod lookup;
mod pipeline;
mod recording;
mod sampling;
mod settings;
mod subscriber;
#[cfg_attr(not(feature = "console"), path = "no_tap.rs")]
mod tap;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{ANNOTATED, Context, ContextGuard, REMOTE};
use spanwright_core::descriptor::Spec;
use spanwright_core::slots::{self, SlotHandle, Start};

use crate::config::TargetLevels;

pub use data::{
    AttributeRef, AttributeValue, Attributes, EventBatch, EventData, EventRef, Level, Link, Outcome,
    SpanBatch, SpanData, SpanId, SpanKind, SpanRef, Status, TraceId, flags,
};
#[cfg(feature = "recorder")]
pub(crate) use decode::Reading;
pub(crate) use entered::{has_left, leave_call};
pub(crate) use layer::around_event;
pub use layer::{SpanLayer, layer};
pub(crate) use lookup::context_of;
#[cfg(feature = "console")]
pub(crate) use pipeline::Looking;
pub(crate) use pipeline::{Exporters, PipelineHandle, start};
pub(crate) use recording::{be_patient, event, event_at, fill, finish, open, records_events, write};
#[cfg(any(feature = "opentelemetry", feature = "tower"))]
pub(crate) use sampling::sampler_by;
pub(crate) use sampling::trace_state;
pub(crate) use sampling::{MAX_SAMPLERS, decide};
pub(crate) use settings::{PipelineSettings, Sampling};
pub(crate) use subscriber::Answering;
pub use subscriber::subscriber;
#[cfg(feature = "console")]
pub(crate) use tap::{Tap, bytes_of};

/// Whether spans are recorded at all.
static ACTIVE: AtomicBool = AtomicBool::new(false);
/// Which spans are recorded, by target and level; nothing for those of level `info` and above.
static FILTER: RwLock<Option<TargetLevels>> = RwLock::new(None);

/// Whether the recorder wants spans and events, whoever else does. Publishes nothing.
static RECORDER: AtomicBool = AtomicBool::new(false);

/// Records spans and events for the recorder from here on, or leaves it.
#[cfg(feature = "recorder")]
pub(crate) fn for_recorder(on: bool) {
    RECORDER.store(on, Ordering::Relaxed);
    sampling::for_recorder(on);
    recording::for_recorder(on);
    refresh();
}

/// Whether spans of this target and level are recorded.
pub(crate) fn wants(target: &str, level: Level) -> bool {
    if !is_active() {
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
pub(crate) fn set_filter(filter: TargetLevels) {
    *FILTER.write().unwrap_or_else(PoisonError::into_inner) = Some(filter);
    refresh();
}

/// Which events are recorded, by target and level; nothing for those of level `info` and above.
static EVENT_FILTER: RwLock<Option<TargetLevels>> = RwLock::new(None);

/// Replaces the filter of events.
pub(crate) fn set_event_filter(filter: TargetLevels) {
    *EVENT_FILTER.write().unwrap_or_else(PoisonError::into_inner) = Some(filter);
    refresh();
}

/// Whether events of this target and level are recorded.
pub(crate) fn wants_event(target: &str, level: Level) -> bool {
    if !is_active() {
        return false;
    }
    match &*EVENT_FILTER.read().unwrap_or_else(PoisonError::into_inner) {
        Some(filter) => filter.would_enable(target, &crate::call::tracing_level(level)),
        None => level <= Level::INFO,
    }
}

/// Replaces what decides at the roots of traces; `record_all` says whether what is not sampled is recorded all the same.
pub(crate) fn set_sampling(sampling: &Sampling, record_all: bool) {
    sampling::set(sampling, record_all);
    refresh();
}

/// The number of the sampler that decides where this callsite is a root.
pub(crate) fn sampler_of(spec: &Spec) -> u32 {
    sampling::sampler_of(spec)
}

/// Opens a span that is not an annotated function's, and that any thread may have the handle of; nothing within a trace that
/// is dropped: children share the context of its root. `sampler` is asked at the root alone; without `at` it starts now.
pub(crate) fn begin(
    around: Context,
    spec: &'static Spec,
    sampler: impl FnOnce() -> u32,
    at: Option<Ticks>,
) -> Option<Context> {
    let is_local = around.trace_id.is_some() && around.flags & REMOTE == 0;
    if is_local && !around.is_recorded() {
        return None;
    }
    let trace_id = if around.trace_id.is_some() { around.trace_id } else { TraceId::random() };
    let flags = if is_local { around.flags & !ANNOTATED } else { decide(around, trace_id, sampler()) };
    let span_id = SpanId::random();
    let mut context = Context { trace_id, span_id, slot: SlotHandle::NONE, flags, ..around };
    if context.is_recorded() {
        let (parent, flags) = (around.span_id, flags | around.flags & REMOTE);
        let at = at.unwrap_or_else(clock::now);
        let start = Start { spec, trace_id, span_id, parent, at, flags };
        context.slot = open(&start, around.slot, context.store);
        crate::propagation::write_trace_state(context, context.slot);
        slots::share(context.slot);
    }
    Some(context)
}

/// Whether spans and events are recorded, whatever they are.
fn is_active() -> bool {
    let wanted = ACTIVE.load(Ordering::Relaxed) || RECORDER.load(Ordering::Relaxed);
    wanted && crate::telemetry::is_enabled()
}

/// Stops recording in a forked child, where nothing may be locked.
pub(crate) fn abandon() {
    ACTIVE.store(false, Ordering::Relaxed);
    RECORDER.store(false, Ordering::Relaxed);
    recording::MODE.store(0, Ordering::Relaxed);
    spanwright_core::events::set_on(false);
}

/// Asks again what is recorded, of every callsite.
pub(crate) fn refresh() {
    crate::call::refresh_all();
    tracing_core::callsite::rebuild_interest_cache();
}

/// Keeps what this thread does from being recorded, until the guard is dropped.
pub(crate) fn suppress() -> ContextGuard {
    Context::here().suppressed().attach()
}
