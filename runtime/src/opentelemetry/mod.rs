//! The `opentelemetry` API and ours as one: spans of `opentelemetry::global::tracer` are recorded with ours and nest in them,
//! ours nest in them, and `opentelemetry::Context::current()` has the current span of either.
//!
//! It is joined by [`Builder::opentelemetry`](crate::telemetry::Builder::opentelemetry), or `<PREFIX>_OPENTELEMETRY=true`.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `current` | which of the two current spans is the newer one; ours as theirs |
//! | `tracer` | the provider and its tracers |
//! | `span` | a span of theirs, in a slot of ours |
//! | `open` | which spans of theirs are open |
//! | `propagator` | our propagation, for theirs |
//! | `convert` | contexts and span contexts as each other |
//!
//! Whichever span was made current last is the parent of what opens next. Both sides keep a current span for each thread;
//! ours is put into theirs wherever it is entered, so that theirs, where it is another one, is the newer one. Only
//! [`Context::attach`] says nothing to theirs: where the thread has a newer span of theirs, that one stays the parent.
//!
//! What does not fit: the version and the attributes of an instrumentation scope, and the attributes of a link, are left
//! out; a start before the system's is at the system's start.

mod convert;
mod current;
mod open;
mod propagator;
mod span;
mod tracer;

use std::sync::atomic::{AtomicU8, Ordering};

pub use convert::{remote_context, span_context};
pub use propagator::Propagator;
use spanwright_core::context::Context;
use spanwright_core::ids::SpanId;

use crate::telemetry::Problem;

/// Whether the two are joined. Publishes nothing but itself.
static STATE: AtomicU8 = AtomicU8::new(NEVER);
const NEVER: u8 = 0;
const JOINED: u8 = 1;
/// They were: what was entered until then is still to be left.
const PARTED: u8 = 2;

#[inline]
fn is_joined() -> bool {
    STATE.load(Ordering::Relaxed) == JOINED
}

/// Joins the two: the global tracer provider is ours from here on.
pub(crate) fn join() -> Result<(), Problem> {
    opentelemetry::global::set_tracer_provider(tracer::Provider);
    STATE.store(JOINED, Ordering::Relaxed);
    Ok(())
}

/// Parts them. The tracers stay, and record nothing.
pub(crate) fn leave() {
    let _ = STATE.compare_exchange(JOINED, PARTED, Ordering::Relaxed, Ordering::Relaxed);
}

/// The context that a span or event of this thread is in, whose own context is `here`.
#[inline]
pub(crate) fn around(here: Context) -> Context {
    if is_joined() { current::newest(here) } else { here }
}

/// The context of the span of one of theirs; none where it has no span.
pub(crate) fn context_within(theirs: &opentelemetry::Context) -> Context {
    current::context_within(theirs)
}

/// A span of ours has become the thread's current one.
#[inline]
pub(crate) fn entered(own: Context) {
    if is_joined() {
        current::attach(own);
    }
}

/// A span of ours is not the thread's current one any more.
#[inline]
pub(crate) fn left(own: SpanId) {
    if STATE.load(Ordering::Relaxed) != NEVER {
        current::detach(own);
    }
}
