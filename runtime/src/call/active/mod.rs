//! A call that is observed: on our own route, on `tracing`'s, in metrics, in any combination.

mod ending;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, UNREGISTERED};
use spanwright_core::carried;
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{ANNOTATED, Context, REMOTE, SUPPRESSED};
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::{SlotHandle, Start};

use super::fields::Fields;
#[cfg(feature = "recorder")]
use super::polled::Polled;
use super::shadow::{self, Captured, Shadow};
use super::site::Site;
use super::switched::EXTRAS;
use crate::parent::Parent;
use crate::{bridge, propagation, span};

/// The context is this call's own while the call is entered, and the one to go back to is kept here; or the other
/// way round. So entering and leaving are the same swap.
const SWAPS: u32 = 1 << 16;
/// The call is entered.
const ENTERED: u32 = 1 << 17;
/// The user's code is running, or has unwound.
const PANICKED: u32 = 1 << 18;
/// The call has been ended.
const ENDED: u32 = 1 << 19;
/// The thread was unwinding already when the call's future was dropped.
const UNWINDS: u32 = 1 << 21;
/// The call is counted and nothing else.
const COUNTED: u32 = 1 << 20;
/// The call holds what its trace carries.
const HOLDS: u32 = 1 << 22;

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
    shadow: Option<Arc<Shadow>>,
    /// What the recorder knows of its future's polls.
    #[cfg(feature = "recorder")]
    polled: Polled,
}

/// Where a call begins.
struct Position<'p> {
    /// The thread's context.
    here: Context,
    /// The one that its span is a child of.
    around: Context,
    /// What that is made of, where it was stated.
    stated: Option<&'p Parent>,
}

impl Active {
    /// Starts a call in `place`, by what the callsite's `bits` say, and enters it if asked to; nothing where nobody listens
    /// after all. It is made where it stays: a copy of what has just been written is slow.
    #[inline(never)]
    pub(super) fn open(
        place: &mut Option<Self>,
        site: &'static Site,
        bits: u32,
        combination: &mut dyn FnMut() -> u32,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
        enter: bool,
    ) {
        if bits == METRICS {
            Self::open_counted(place, site, combination, enter);
        } else {
            Self::open_whole(place, site, bits, combination, record, enter);
        }
    }

    /// A call that is counted and nothing else: it has no context of its own.
    #[inline(never)]
    fn open_counted(
        place: &mut Option<Self>,
        site: &'static Site,
        combination: &mut dyn FnMut() -> u32,
        enter: bool,
    ) {
        let (flags, store) = Context::here_flags();
        let Some(calls) = site.calls().filter(|_| flags & SUPPRESSED == 0) else { return };
        let start = clock::now();
        let combination = combination();
        calls.begin(combination);
        *place = Some(Self {
            site,
            flags: METRICS | COUNTED | if enter { ENTERED } else { 0 },
            combination,
            start,
            context: Context { store, ..Context::NONE },
            slot: SlotHandle::NONE,
            shadow: None,
            #[cfg(feature = "recorder")]
            polled: Polled::default(),
        });
    }

    #[inline(never)]
    fn open_whole(
        place: &mut Option<Self>,
        site: &'static Site,
        bits: u32,
        combination: &mut dyn FnMut() -> u32,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
        enter: bool,
    ) {
        let bits = if bits & UNREGISTERED != 0 { site.register() } else { bits };
        let here = Context::here();
        let position = Position { here, around: bridge::around(here), stated: None };
        Self::open_at(place, site, bits, position, combination, record, enter);
    }

    /// A call whose span is a child of a stated one, or of none.
    #[inline(never)]
    pub(super) fn open_under(
        place: &mut Option<Self>,
        site: &'static Site,
        bits: u32,
        parent: &Parent,
        combination: &mut dyn FnMut() -> u32,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
        enter: bool,
    ) {
        let here = Context::here();
        if !here.is_suppressed() {
            let around = parent.around(here, || bridge::around(here));
            let position = Position { here, around, stated: Some(parent) };
            Self::open_at(place, site, bits, position, combination, record, enter);
        }
    }

    #[inline(always)]
    fn open_at(
        place: &mut Option<Self>,
        site: &'static Site,
        bits: u32,
        Position { here, around, stated }: Position<'_>,
        combination: &mut dyn FnMut() -> u32,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
        enter: bool,
    ) {
        let is_local = around.trace_id.is_some() && around.flags & REMOTE == 0;
        let is_dropped_child = is_local && !around.is_recorded();
        // Dropped children share the root's context; a future keeps it, wherever it is polled.
        if bits == 0
            || around.is_suppressed()
            || (bits & !EXTRAS == DIRECT && is_dropped_child && enter && around == here)
        {
            return;
        }
        let active = place.insert(Self {
            site,
            flags: PANICKED,
            combination: 0,
            start: Ticks(0),
            context: here,
            slot: SlotHandle::NONE,
            shadow: None,
            #[cfg(feature = "recorder")]
            polled: Polled::default(),
        });
        let mut own = around;
        if bits & DIRECT != 0 {
            active.flags |= SWAPS;
            if !is_dropped_child {
                own = decide(site, around, is_local);
            }
        }
        let is_recorded = bits & DIRECT != 0 && own.is_recorded();
        if is_recorded || bits & METRICS != 0 {
            active.start = clock::now();
        }
        if bits & METRICS != 0 {
            active.begin(combination());
        }
        if is_recorded {
            own.slot = active.open_slot(own, around);
        }
        let wants_shadow = bits & (SHADOW | ASK) != 0 && shadow::is_wanted(site, bits);
        active.record(own, bits, wants_shadow, stated, record);
        if own.baggage != 0 {
            active.context = own;
            // A stated parent's context may be a copy that nobody holds.
            active.carry(is_local && enter && stated.is_none());
            active.context = here;
        }
        active.flags &= !PANICKED;
        if active.flags == 0 && active.shadow.is_none() {
            active.flags = ENDED;
            *place = None;
        } else if !enter {
            active.context = own;
        } else {
            active.enter_from(here, own);
        }
    }

    /// Counts the call among those in flight.
    #[inline]
    fn begin(&mut self, combination: u32) {
        self.combination = combination;
        if let Some(calls) = self.site.calls() {
            calls.begin(combination);
            // From here on the end of the call, whatever it is, takes back what was begun.
            self.flags |= METRICS;
        }
    }

    /// Enters a call that has just been opened.
    #[inline]
    fn enter_from(&mut self, here: Context, own: Context) {
        self.flags |= ENTERED;
        if self.flags & SWAPS != 0 {
            // What is kept is where it goes back to, which it has already.
            own.replace(here);
            bridge::entered(own);
        }
        if let Some(shadow) = &self.shadow {
            shadow.enter();
        }
    }

    /// Opens a slot for the span.
    #[inline]
    fn open_slot(&mut self, own: Context, around: Context) -> SlotHandle {
        let Context { trace_id, span_id, flags, .. } = own;
        let flags = flags | around.flags & REMOTE;
        let (spec, parent, at) = (self.site.spec(), around.span_id, self.start);
        let start = Start { spec, trace_id, span_id, parent, at, flags };
        self.slot = span::open(&start, around.slot, own.store);
        self.slot
    }

    /// Writes `tracestate` down, and holds what the trace carries, unless what is around the call does so. The call's own
    /// context is at hand.
    #[cold]
    fn carry(&mut self, is_held_around: bool) {
        if self.flags & SWAPS == 0 {
            return;
        }
        propagation::write_trace_state(self.context, self.slot);
        if !is_held_around && carried::hold(self.context.baggage) {
            self.flags |= HOLDS;
        }
    }

    /// Evaluates the fields, once, for whichever routes want them.
    #[inline]
    fn record(
        &mut self,
        own: Context,
        bits: u32,
        wants_shadow: bool,
        stated: Option<&Parent>,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
    ) {
        if wants_shadow {
            // Its address would keep the context in memory, for all calls.
            let here = std::mem::replace(&mut self.context, own);
            self.record_both(bits, stated, record);
            self.context = here;
        } else if self.slot.is_some() && (!self.site.spec().fields.is_empty() || bits & EXTRAS != 0) {
            span::fill(self.slot, |writer| record(&mut Fields::new(Some(writer), None)));
        }
    }

    /// Evaluates them for `tracing` too. The call's own context is at hand.
    #[cold]
    fn record_both(
        &mut self,
        bits: u32,
        stated: Option<&Parent>,
        record: &mut dyn FnMut(&mut Fields<'_, '_>),
    ) {
        let mut captured = Captured::default();
        if self.slot.is_some() {
            span::write(self.slot, |writer| record(&mut Fields::new(Some(writer), Some(&mut captured))));
        } else {
            record(&mut Fields::new(None, Some(&mut captured)));
        }
        let opening = shadow::Stage::Opening(self.context, self.slot);
        self.shadow = Shadow::open(self.site, bits, opening, stated, &captured);
    }

    /// Makes the call's span the current one.
    #[inline]
    pub(super) fn enter(&mut self) {
        if self.flags & ENTERED == 0 {
            self.flags |= ENTERED;
            let own = self.context;
            if self.swap() {
                bridge::entered(own);
            }
            if let Some(shadow) = &self.shadow {
                shadow.enter();
            }
        }
    }

    /// Makes the span around it the current one again.
    #[inline]
    fn exit(&mut self) {
        if self.leave() {
            if let Some(shadow) = &self.shadow {
                shadow.exit();
            }
        }
    }

    /// Does so on our own route; whether the call was entered.
    #[inline]
    fn leave(&mut self) -> bool {
        let was_entered = self.flags & ENTERED != 0;
        if was_entered {
            self.flags &= !ENTERED;
            if self.swap_back() {
                bridge::left(self.context.span_id);
            }
        }
        was_entered
    }

    /// Enters until the guard is dropped; unwinding until [`Entered::has_returned`] is a panic of the call.
    #[inline]
    pub(super) fn entered(&mut self) -> Entered<'_> {
        let before = self.flags & PANICKED;
        self.flags |= PANICKED;
        // Somebody's layer may panic.
        let entered = Entered { active: self, before };
        entered.active.enter();
        entered
    }

    /// Enters while the call's future is dropped, until [`Active::leave_dropped`].
    pub(super) fn enter_to_drop(&mut self) {
        if std::thread::panicking() {
            self.flags |= UNWINDS;
        }
        self.enter();
    }

    /// Leaves after its future has been dropped, by which it has been cancelled, or has panicked.
    pub(super) fn leave_dropped(&mut self) {
        if self.flags & UNWINDS == 0 && std::thread::panicking() {
            self.flags |= PANICKED;
        }
        self.exit();
    }

    /// What the recorder knows of its future's polls.
    #[cfg(feature = "recorder")]
    pub(super) fn polled_mut(&mut self) -> &mut Polled {
        &mut self.polled
    }

    /// When the call began; zero where the clock was not read.
    #[inline]
    pub(super) fn start(&self) -> Ticks {
        self.start
    }

    /// The span's slot; none where it is not recorded.
    pub(super) fn slot(&self) -> SlotHandle {
        self.slot
    }

    /// Whether the call has been ended.
    pub(super) fn has_ended(&self) -> bool {
        self.flags & ENDED != 0
    }

    /// Swaps the contexts, where the call has one of its own; whether it has.
    #[inline]
    fn swap(&mut self) -> bool {
        let swaps = self.flags & SWAPS != 0;
        if swaps {
            self.context = self.context.exchange();
        }
        swaps
    }

    /// Swaps them at the end, where guards of foreign spans may have crossed the boundary of the call.
    #[inline]
    fn swap_back(&mut self) -> bool {
        let swaps = self.flags & SWAPS != 0;
        if swaps {
            let current = Context::here();
            if current.slot == self.slot && !span::has_left() {
                self.context.replace(current);
                self.context = current;
            } else {
                self.leave_crossed();
            }
        }
        swaps
    }

    #[cold]
    fn leave_crossed(&mut self) {
        self.context = span::leave_call(self.slot, Context::here(), self.context);
    }
}

/// The context of a new span: at the root of a trace it is decided what becomes of it; within one, what the root decided
/// holds.
#[inline]
fn decide(site: &'static Site, around: Context, is_local: bool) -> Context {
    let (trace_id, flags) = if is_local {
        (around.trace_id, around.flags)
    } else {
        let trace_id = if around.trace_id.is_some() { around.trace_id } else { TraceId::random() };
        (trace_id, span::decide(around, trace_id, site.sampler()))
    };
    let (span_id, slot) = (SpanId::random(), SlotHandle::NONE);
    Context { trace_id, span_id, slot, flags: flags | ANNOTATED, ..around }
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
