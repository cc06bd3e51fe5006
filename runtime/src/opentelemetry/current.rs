//! Which of the two current spans is the newer one; ours as theirs.
//!
//! Invariants:
//! - what is attached for a span is detached on the same thread, by the span's id, in whatever order;
//! - no borrow of this module is held while a context of theirs is dropped, whose values run the user's code;
//! - at a thread's end, the contexts that are still attached are left to theirs.

use std::cell::RefCell;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context as TheirContext, ContextGuard};
use spanwright_core::carried::Held;
use spanwright_core::context::Context;
use spanwright_core::ids::SpanId;
use spanwright_core::slots;

use super::{convert, open};

/// What was attached on this thread for spans of ours, the last one last.
struct Attached(RefCell<Vec<(SpanId, ContextGuard)>>);

thread_local! {
    static ATTACHED: Attached = Attached::new();
}

impl Attached {
    fn new() -> Self {
        // Theirs first: what is made later is gone earlier, at the thread's end.
        TheirContext::map_current(|_| ());
        Self(RefCell::default())
    }

    fn last(&self) -> SpanId {
        self.0.borrow().last().map_or(SpanId::NONE, |(span_id, _)| *span_id)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // The stack that they refer to may be gone.
        self.0.get_mut().drain(..).for_each(std::mem::forget);
    }
}

/// Our context within one of theirs: with a context that is taken elsewhere goes what only we know.
pub(super) struct Ours {
    context: Context,
    /// What the trace carries stays as long as their context.
    _held: Held,
}

impl Ours {
    pub(super) fn new(context: Context) -> Self {
        Self { context, _held: Held::new(context.baggage) }
    }
}

/// The context of the newer one of both current spans.
#[inline(never)]
pub(super) fn newest(here: Context) -> Context {
    TheirContext::map_current(|current| newest_in(current, here))
}

/// The context of the newer one of the span of `theirs` and ours.
pub(super) fn newest_in(theirs: &TheirContext, here: Context) -> Context {
    if here.is_suppressed() {
        return here;
    }
    if theirs.is_telemetry_suppressed() {
        return here.suppressed();
    }
    let span = theirs.span();
    let of = span.span_context();
    if !of.is_valid() || is_of(of, here) {
        return here;
    }
    let last = ATTACHED.try_with(Attached::last).unwrap_or(SpanId::NONE);
    if convert::span_id(of.span_id()) == last {
        // It is what we have put there: since then only ours has changed.
        return here;
    }
    let known = known_in(theirs, of);
    let baggage = if here.baggage == 0 { known.baggage } else { here.baggage };
    Context { store: here.store, baggage, ..known }
}

/// The context of the span of `theirs`; none where it has no span.
pub(super) fn context_within(theirs: &TheirContext) -> Context {
    let span = theirs.span();
    let of = span.span_context();
    let known = if of.is_valid() { known_in(theirs, of) } else { Context::NONE };
    if theirs.is_telemetry_suppressed() { known.suppressed() } else { known }
}

/// The context of a span of `theirs`, whoever knows it.
fn known_in(theirs: &TheirContext, of: &SpanContext) -> Context {
    let taken_along = theirs.get::<Ours>().map(|ours| ours.context).filter(|ours| is_of(of, *ours));
    taken_along.or_else(|| open::find(convert::span_id(of.span_id()))).unwrap_or_else(|| {
        if of.is_remote() { convert::remote_context(of) } else { convert::local_context(of) }
    })
}

/// A context's span, in the trace state of the context of theirs around it.
pub(super) fn span_context_in(theirs: &TheirContext, own: Context) -> SpanContext {
    let span = theirs.span();
    let around = span.span_context();
    let is_same_trace = around.is_valid() && convert::trace_id(around.trace_id()) == own.trace_id;
    if is_same_trace {
        convert::with_state(own, around.trace_state().clone())
    } else {
        convert::span_context(own)
    }
}

fn is_of(theirs: &SpanContext, ours: Context) -> bool {
    convert::span_id(theirs.span_id()) == ours.span_id
        && convert::trace_id(theirs.trace_id()) == ours.trace_id
}

/// Makes a span of ours their current one.
#[inline(never)]
pub(super) fn attach(own: Context) {
    if !own.span_id.is_some() {
        return;
    }
    // While the thread ends nobody would detach it.
    let _ = ATTACHED.try_with(|attached| {
        // From their context it can be taken to any thread.
        slots::share(own.slot);
        let theirs = TheirContext::map_current(|current| {
            current.with_value(Ours::new(own)).with_remote_span_context(span_context_in(current, own))
        });
        let guard = theirs.attach();
        attached.0.borrow_mut().push((own.span_id, guard));
    });
}

/// Takes back what was attached for a span of ours, the last time.
#[inline(never)]
pub(super) fn detach(own: SpanId) {
    let guard = ATTACHED.try_with(|attached| {
        let mut attached = attached.0.borrow_mut();
        let at = attached.iter().rposition(|(span_id, _)| *span_id == own)?;
        Some(attached.remove(at))
    });
    drop(guard);
}
