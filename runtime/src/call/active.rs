//! A call that is observed: on our own route, on `tracing`'s, in metrics, in any combination.

use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, UNREGISTERED};
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{Context, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::value::{ERROR_TYPE, STATUS_MESSAGE, Value};
use spanwright_core::slots::{self, Outcome, SlotHandle, Start};

use super::fields::Fields;
use super::outcome::Verdict;
use super::shadow::{self, Captured, Shadow};
use super::site::Site;
use crate::span;

/// The context is this call's own while the call is entered, and the one to go back to is kept here; or the other
/// way round. So entering and leaving are the same swap.
const SWAPS: u32 = 1 << 16;
/// The call is entered.
const ENTERED: u32 = 1 << 17;
/// A poll of the call unwound.
const PANICKED: u32 = 1 << 18;
/// The call has been ended.
const ENDED: u32 = 1 << 19;

/// A call between its start and its end.
#[derive(Debug)]
pub(super) struct Active {
    site: &'static Site,
    /// Which routes the call takes, and the flags above.
    flags: u32,
    /// The combination of its metrics' labels.
    combination: u32,
    start: Ticks,
    context: Context,
    slot: SlotHandle,
    shadow: Option<Box<Shadow>>,
}

impl Active {
    /// Starts a call, by what the callsite's `bits` say, and enters it if asked to; nothing where nobody listens after all.
    #[inline(never)]
    pub(super) fn open(
        site: &'static Site,
        bits: u32,
        combination: &mut dyn FnMut() -> u32,
        record: &mut dyn FnMut(&mut Fields<'_>),
        enter: bool,
    ) -> Option<Self> {
        let bits = if bits & UNREGISTERED != 0 { site.register() } else { bits };
        let around = Context::current();
        if bits == 0 || around.is_suppressed() {
            return None;
        }
        let mut active = Self {
            site,
            flags: 0,
            combination: 0,
            start: clock::now(),
            context: around,
            slot: SlotHandle::NONE,
            shadow: None,
        };
        if bits & METRICS != 0 {
            active.combination = combination();
            if let Some(calls) = site.calls() {
                calls.begin(active.combination);
                // From here on the end of the call, whatever it is, takes back what was begun.
                active.flags |= METRICS;
            }
        }
        if bits & DIRECT != 0 {
            active.open_direct(around);
        }
        let wants_shadow = bits & (SHADOW | ASK) != 0 && shadow::is_wanted(site, bits);
        active.record(wants_shadow.then_some(bits), record);
        if active.flags == 0 && active.shadow.is_none() {
            return None;
        }
        if enter {
            active.enter();
        }
        Some(active)
    }

    /// Our own route: decides at the root, and opens a slot where the trace is to be recorded.
    fn open_direct(&mut self, around: Context) {
        let is_root = !around.trace_id.is_some();
        let trace_id = if is_root { TraceId::random() } else { around.trace_id };
        let is_sampled = if is_root { span::samples(trace_id) } else { around.is_sampled() };
        if !is_sampled && !is_root {
            // Dropped children share the root's context.
            return;
        }
        self.flags |= DIRECT | SWAPS;
        let span_id = SpanId::random();
        self.context = Context { trace_id, span_id, slot: SlotHandle::NONE, ..around };
        if is_sampled {
            let start =
                Start { spec: self.site.spec(), trace_id, span_id, parent: around.span_id, at: self.start };
            self.slot = span::open(&start);
            self.context.slot = self.slot;
            self.context.flags |= SAMPLED;
        } else {
            self.context.flags &= !SAMPLED;
        }
    }

    /// Evaluates the fields, once, for whichever routes want them.
    fn record(&mut self, shadow_bits: Option<u32>, record: &mut dyn FnMut(&mut Fields<'_>)) {
        if self.site.spec().fields.is_empty() {
            if let Some(bits) = shadow_bits {
                self.shadow = Shadow::open(self.site, bits, &Captured::default()).map(Box::new);
            }
            return;
        }
        let mut captured = shadow_bits.map(|_| Captured::default());
        if self.slot.is_some() {
            slots::write(self.slot, |writer| record(&mut Fields::new(Some(writer), captured.as_mut())));
        } else if captured.is_some() {
            record(&mut Fields::new(None, captured.as_mut()));
        }
        if let (Some(bits), Some(captured)) = (shadow_bits, captured) {
            self.shadow = Shadow::open(self.site, bits, &captured).map(Box::new);
        }
    }

    /// Makes the call's span the current one.
    #[inline]
    pub(super) fn enter(&mut self) {
        if self.flags & ENTERED == 0 {
            self.flags |= ENTERED;
            self.swap();
            if let Some(shadow) = &self.shadow {
                shadow.enter();
            }
        }
    }

    /// Makes the span around it the current one again.
    #[inline]
    pub(super) fn exit(&mut self) {
        if self.flags & ENTERED != 0 {
            self.flags &= !ENTERED;
            if let Some(shadow) = &self.shadow {
                shadow.exit();
            }
            self.swap();
        }
    }

    #[inline]
    fn swap(&mut self) {
        if self.flags & SWAPS != 0 {
            self.context = self.context.swap();
        }
    }

    /// Remembers that the call's body unwound.
    pub(super) fn note_panic(&mut self) {
        self.flags |= PANICKED;
    }

    /// Ends the call. Nothing is left for a drop to do.
    #[inline(never)]
    pub(super) fn end(&mut self, verdict: &Verdict<'_>) {
        self.flags |= ENDED;
        let now = clock::now();
        if self.flags & METRICS != 0 {
            if let Some(calls) = self.site.calls() {
                calls.end(self.combination, verdict.outcome, now.nanos_since(self.start));
            }
        }
        if verdict.error_type.is_some() || verdict.message.is_some() {
            self.say_error(verdict);
        }
        self.exit();
        if self.slot.is_some() {
            span::finish(self.slot, now, verdict.outcome);
        }
        self.shadow = None;
    }

    /// Ends a call whose body did not return: it unwound, or its future was dropped.
    #[cold]
    fn abandon(&mut self) {
        // A synchronous body is still entered while it unwinds; a future has noted the panic of its poll.
        let unwound = self.flags & (PANICKED | ENTERED) != 0;
        let outcome = if unwound { Outcome::Panicked } else { Outcome::Cancelled };
        self.end(&Verdict::of(outcome));
    }

    /// Writes the error down in the span, and emits the event about it, within the span.
    #[cold]
    fn say_error(&mut self, verdict: &Verdict<'_>) {
        if self.slot.is_some() {
            slots::write(self.slot, |fields| {
                if let Some(error_type) = verdict.error_type {
                    fields.push(ERROR_TYPE, Value::Str(error_type));
                }
                if let Some((message, _)) = verdict.message {
                    fields.push_fmt(STATUS_MESSAGE, format_args!("{message}"));
                }
            });
        }
        if let Some((message, level)) = verdict.message {
            self.site.error_events.emit(self.site, message, level);
        }
    }
}

impl Drop for Active {
    #[inline]
    fn drop(&mut self) {
        if self.flags & ENDED == 0 {
            self.abandon();
        }
    }
}
