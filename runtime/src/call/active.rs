//! A call that is observed: on our own route, on `tracing`'s, in metrics, in any combination.

use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, UNREGISTERED};
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{Context, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::value::{ERROR_TYPE, STATUS_MESSAGE, Value};
use spanwright_core::slots::{Outcome, SlotHandle, Start};

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
/// The user's code is running, or has unwound.
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
        let is_unsampled_child = around.trace_id.is_some() && !around.is_sampled();
        // Dropped children share the root's context; a future keeps it, wherever it is polled.
        if bits == 0 || around.is_suppressed() || (bits == DIRECT && is_unsampled_child && enter) {
            return None;
        }
        let mut active = Self {
            site,
            flags: PANICKED,
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
            if is_unsampled_child {
                active.flags |= SWAPS;
            } else {
                active.open_direct(around);
            }
        }
        let wants_shadow = bits & (SHADOW | ASK) != 0 && shadow::is_wanted(site, bits);
        active.record(wants_shadow.then_some(bits), record);
        active.flags &= !PANICKED;
        if active.flags == 0 && active.shadow.is_none() {
            active.flags = ENDED;
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
        let is_sampled = !is_root || span::samples(trace_id);
        self.flags |= SWAPS;
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
            span::write(self.slot, |writer| record(&mut Fields::new(Some(writer), captured.as_mut())));
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
    fn exit(&mut self) {
        if self.flags & ENTERED != 0 {
            self.flags &= !ENTERED;
            self.swap();
            if let Some(shadow) = &self.shadow {
                shadow.exit();
            }
        }
    }

    /// Enters until the guard is dropped; unwinding until [`Entered::has_returned`] is a panic of the call.
    #[inline]
    pub(super) fn entered(&mut self) -> Entered<'_> {
        self.enter();
        let before = self.flags & PANICKED;
        self.flags |= PANICKED;
        Entered { active: self, before }
    }

    /// Whether the call has been ended.
    pub(super) fn has_ended(&self) -> bool {
        self.flags & ENDED != 0
    }

    #[inline]
    fn swap(&mut self) {
        if self.flags & SWAPS != 0 {
            self.context = self.context.swap();
        }
    }

    /// Ends the call. Nothing is left for a drop to do.
    #[inline(never)]
    pub(super) fn end(&mut self, verdict: &Verdict<'_>) {
        let at = clock::now();
        self.flags |= ENDED;
        let ending = Ending { active: self, at, outcome: verdict.outcome };
        if verdict.error_type.is_some() || verdict.message.is_some() {
            ending.active.say_error(verdict);
        }
    }

    /// Counts the call, in the store that it began in.
    fn count(&self, at: Ticks, outcome: Outcome) {
        if self.flags & METRICS == 0 {
            return;
        }
        let Some(calls) = self.site.calls() else { return };
        let nanos = at.nanos_since(self.start);
        let current = Context::current();
        if current.store == self.context.store {
            calls.end(self.combination, outcome, nanos);
        } else {
            let _began_in = Context { store: self.context.store, ..current }.attach();
            calls.end(self.combination, outcome, nanos);
        }
    }

    /// Ends a call whose body did not return: it unwound, or its future was dropped.
    #[cold]
    fn abandon(&mut self) {
        // A synchronous body is still entered while it unwinds.
        let unwound = self.flags & (PANICKED | ENTERED) != 0;
        let outcome = if unwound { Outcome::Panicked } else { Outcome::Cancelled };
        self.end(&Verdict::of(outcome));
    }

    /// Writes the error down in the span, and emits the event about it, within the span.
    #[cold]
    fn say_error(&mut self, verdict: &Verdict<'_>) {
        if self.slot.is_some() {
            span::write(self.slot, |fields| {
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

/// The call's span is current until this is dropped.
#[derive(Debug)]
pub(super) struct Entered<'a> {
    active: &'a mut Active,
    /// Whether the call had panicked before.
    before: u32,
}

impl Entered<'_> {
    /// The user's code did not unwind.
    #[inline]
    pub(super) fn has_returned(self) {
        self.active.flags = self.active.flags & !PANICKED | self.before;
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        self.active.exit();
    }
}

/// What remains to be done at the end of a call, also when an error's `Display` or somebody's layer panics: ours first,
/// the shadow last.
struct Ending<'a> {
    active: &'a mut Active,
    at: Ticks,
    outcome: Outcome,
}

impl Drop for Ending<'_> {
    #[inline]
    fn drop(&mut self) {
        let Self { active, at, outcome } = self;
        let shadow = active.shadow.take();
        let was_entered = active.flags & ENTERED != 0;
        active.exit();
        active.count(*at, *outcome);
        if active.slot.is_some() {
            span::finish(active.slot, *at, *outcome);
        }
        if let Some(shadow) = shadow.filter(|_| was_entered) {
            shadow.exit();
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
