//! Contexts and span contexts as each other.

use opentelemetry::trace::{SpanContext, TraceState};
use opentelemetry::{SpanId as TheirSpanId, TraceFlags, TraceId as TheirTraceId};
use spanwright_core::context::{Context, RANDOM, RECORDED, REMOTE, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};

use crate::propagation;
use crate::span::flags;

/// The context of a span in another process, as a propagator has extracted it: what is called while it is attached is a
/// child of that span. [`Context::NONE`] for a span context that is not valid. The trace state is left out.
///
/// ```
/// use opentelemetry::trace::{SpanContext, TraceState};
/// use opentelemetry::{SpanId, TraceFlags, TraceId};
///
/// let (trace_id, span_id) = (TraceId::from(7), SpanId::from(8));
/// let theirs = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, TraceState::NONE);
/// let context = spanwright::opentelemetry::remote_context(&theirs);
/// assert!(context.is_sampled());
/// assert_eq!(spanwright::opentelemetry::span_context(context), theirs);
/// ```
#[must_use]
pub fn remote_context(of: &SpanContext) -> Context {
    if of.is_valid() { with_flags(of, REMOTE | sampled(of, SAMPLED)) } else { Context::NONE }
}

/// The context of a span in this process that nobody here knows any more.
pub(super) fn local_context(of: &SpanContext) -> Context {
    with_flags(of, sampled(of, SAMPLED | RECORDED))
}

/// A context's span, for the `opentelemetry` API: remote where it came from another process. The trace state says how
/// the trace was sampled, and what came with it. Not valid for a context without a span.
#[must_use]
pub fn span_context(of: Context) -> SpanContext {
    with_state(of, propagation::trace_state(of).parse().unwrap_or(TraceState::NONE))
}

pub(super) fn with_state(of: Context, state: TraceState) -> SpanContext {
    let flag = |ours: u16, theirs: u8| if of.flags & ours != 0 { theirs } else { 0 };
    SpanContext::new(
        TheirTraceId::from_bytes(of.trace_id.to_bytes()),
        TheirSpanId::from_bytes(of.span_id.to_bytes()),
        TraceFlags::new(flag(SAMPLED, flags::SAMPLED) | flag(RANDOM, flags::RANDOM)),
        of.flags & REMOTE != 0,
        state,
    )
}

pub(super) fn trace_id(of: TheirTraceId) -> TraceId {
    let all = u128::from_be_bytes(of.to_bytes());
    TraceId { high: (all >> 64) as u64, low: all as u64 }
}

pub(super) fn span_id(of: TheirSpanId) -> SpanId {
    SpanId(u64::from_be_bytes(of.to_bytes()))
}

fn sampled(of: &SpanContext, flags: u16) -> u16 {
    if of.is_sampled() { flags } else { 0 }
}

fn with_flags(of: &SpanContext, flags: u16) -> Context {
    let random = if of.trace_flags().to_u8() & flags::RANDOM != 0 { RANDOM } else { 0 };
    Context {
        trace_id: trace_id(of.trace_id()),
        span_id: span_id(of.span_id()),
        flags: flags | random,
        ..Context::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theirs(flags: u8, is_remote: bool) -> SpanContext {
        let trace_id = TheirTraceId::from(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
        let span_id = TheirSpanId::from(0x1112_1314_1516_1718);
        SpanContext::new(trace_id, span_id, TraceFlags::new(flags), is_remote, TraceState::NONE)
    }

    #[test]
    fn ids_and_flags_go_there_and_back() {
        for flags in 0..=3 {
            let theirs = theirs(flags, true);
            let ours = remote_context(&theirs);
            assert_eq!(ours.trace_id.to_string(), theirs.trace_id().to_string());
            assert_eq!(ours.span_id.to_string(), theirs.span_id().to_string());
            assert_eq!(ours.is_sampled(), theirs.is_sampled());
            assert!(!ours.is_recorded(), "that is decided here");
            assert_eq!(span_context(ours), theirs);
        }
    }

    #[test]
    fn what_was_sampled_in_this_process_is_recorded() {
        assert!(local_context(&theirs(1, false)).is_recorded());
        assert!(!local_context(&theirs(0, false)).is_recorded());
    }

    #[test]
    fn no_span_is_no_span() {
        assert_eq!(remote_context(&SpanContext::NONE), Context::NONE);
        assert!(!span_context(Context::NONE).is_valid());
    }
}
