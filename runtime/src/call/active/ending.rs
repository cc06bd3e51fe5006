//! How a call ends: by what it returned, by unwinding, or by the drop of its future.

use spanwright_core::callsite::METRICS;
use spanwright_core::carried;
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{Context, ContextGuard};
use spanwright_core::slots::Outcome;
use spanwright_core::slots::value::{Value, index};

use super::{Active, COUNTED, ENDED, ENTERED, Entered, HOLDS, PANICKED, SWAPS};
use crate::call::outcome::Verdict;
use crate::call::shadow;
use crate::span;

/// The field that the macro declares for a stream's items.
const ITEMS: &str = "stream.items";

impl Active {
    /// Ends the call. Nothing is left for a drop to do.
    #[inline(never)]
    pub(in crate::call) fn end(&mut self, verdict: &Verdict<'_>) {
        if self.flags & COUNTED == 0 || verdict.message.is_some() {
            return self.end_whole(verdict);
        }
        self.flags = ENDED;
        let at = clock::now();
        #[cfg(feature = "recorder")]
        self.tell_recorder(at);
        self.count(at, verdict.outcome);
    }

    #[inline(never)]
    fn end_whole(&mut self, verdict: &Verdict<'_>) {
        let is_timed = self.slot.is_some() || self.flags & METRICS != 0;
        let at = if is_timed { clock::now() } else { Ticks(0) };
        self.flags |= ENDED;
        #[cfg(feature = "recorder")]
        self.tell_recorder(at);
        let ending = Ending { active: self, at, outcome: verdict.outcome };
        if verdict.error_type.is_some() || verdict.message.is_some() {
            ending.active.say_error(verdict, at);
        }
    }

    /// Says how long its future was polled and how long it waited, and whether it has missed an objective.
    #[cfg(feature = "recorder")]
    #[inline]
    fn tell_recorder(&self, at: Ticks) {
        if !spanwright_core::events::is_on() {
            return;
        }
        if self.polled.busy != 0 {
            self.write_polls(at);
        }
        if at.0 != 0 && !self.site.spec().objectives.is_empty() {
            crate::recorder::look_at_objectives(
                self.site.spec(),
                at.nanos_since(self.start),
                self.context.span_id,
            );
        }
    }

    #[cfg(feature = "recorder")]
    #[cold]
    fn write_polls(&self, at: Ticks) {
        let nanos = |ticks: u64| Ticks(ticks).nanos_since(Ticks(0));
        let whole = at.0.saturating_sub(self.start.0);
        let busy = nanos(self.polled.busy);
        let idle = nanos(whole.saturating_sub(self.polled.busy));
        let queued = nanos(self.polled.queued);
        self.site.times.add(busy, idle, queued);
        if !self.slot.is_some() {
            return;
        }
        let task = tokio::task::try_id().map(crate::recorder::task::number);
        span::write(self.slot, |fields| {
            fields.push(index::BUSY, Value::I64(busy as i64));
            fields.push(index::IDLE, Value::I64(idle as i64));
            fields.push(index::QUEUED, Value::I64(queued as i64));
            if let Some(task) = task {
                fields.push(index::TASK, Value::I64(task as i64));
            }
        });
    }

    /// Counts the call, in the store that it began in. It has been left.
    #[inline(never)]
    fn count(&self, at: Ticks, outcome: Outcome) {
        let Some(calls) = self.site.calls() else { return };
        let nanos = at.nanos_since(self.start);
        let own = Some(&self.context).filter(|_| self.flags & SWAPS != 0);
        let here = Context::here_flags().1;
        let _began_in = (here != self.context.store).then(|| self.store_attached());
        calls.end(self.combination, outcome, nanos, own, at);
    }

    #[cold]
    fn store_attached(&self) -> ContextGuard {
        Context { store: self.context.store, ..Context::here() }.attach()
    }

    /// Gives back what its trace carries. It has been left.
    #[cold]
    fn let_go(&self) {
        carried::release(self.context.baggage);
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
    fn say_error(&mut self, verdict: &Verdict<'_>, at: Ticks) {
        self.write_error(verdict);
        self.say_message(verdict, at);
    }

    #[cold]
    fn say_among_others(&mut self, verdict: &Verdict<'_>, is_first: bool) {
        if is_first {
            self.write_error(verdict);
        }
        self.say_message(verdict, clock::now());
    }

    /// Writes down how many items a stream had, in the field for it.
    pub(in crate::call) fn count_items(&mut self, items: u64) {
        let place = self.site.spec().fields.iter().rposition(|field| *field == ITEMS);
        let Some((place, index)) = place.and_then(|place| Some((place, u16::try_from(place).ok()?))) else {
            return;
        };
        let value = Value::I64(i64::try_from(items).unwrap_or(i64::MAX));
        if self.slot.is_some() {
            span::write(self.slot, |fields| fields.push(index, value));
        }
        if let Some(shadow) = &self.shadow {
            shadow.record(self.site, place, value);
        }
    }

    /// Writes the error down in the span.
    fn write_error(&mut self, verdict: &Verdict<'_>) {
        if self.slot.is_some() {
            span::write(self.slot, |fields| {
                // What somebody calls cancelled or panicked is called so.
                let own = matches!(verdict.outcome, Outcome::Ok | Outcome::Error);
                if let Some(error_type) = verdict.error_type.filter(|_| own) {
                    fields.push(index::ERROR_TYPE, Value::Str(error_type));
                }
                let said = verdict.message.filter(|(message, _)| !message.is_returned());
                if let (Some((message, _)), Outcome::Error) = (said, verdict.outcome) {
                    fields.push_fmt(index::STATUS_MESSAGE, format_args!("{message}"));
                }
            });
        }
    }

    /// Emits the event about an error, or about what was returned.
    fn say_message(&mut self, verdict: &Verdict<'_>, at: Ticks) {
        let Some((message, level)) = verdict.message else { return };
        if message.is_returned() {
            return self.site.events.returned(self.site, message, level);
        }
        // Once: the event that others see is not recorded where the exception is.
        let current = Context::here();
        if self.slot.is_some() && span::records_events(current) {
            span::event_at(current, self.site.spec(), level, true, at, |fields| {
                if let Some(error_type) = verdict.error_type {
                    fields.push(0, Value::Str(error_type));
                }
                fields.push_fmt(1, format_args!("{message}"));
            });
            shadow::by_us(|| self.site.events.error(self.site, message, level));
        } else {
            self.site.events.error(self.site, message, level);
        }
    }
}

impl Entered<'_> {
    /// Ends the call. What has panicked once did so in the end too.
    #[inline]
    pub(in crate::call) fn end(self, verdict: &Verdict<'_>) {
        if self.before == 0 {
            self.active.end(verdict);
        } else {
            self.active.end(&Verdict::of(Outcome::Panicked));
        }
    }

    /// Says what one of many values means, while the call goes on: each is an event, and the first error the span's own.
    #[inline]
    pub(in crate::call) fn say(&mut self, verdict: &Verdict<'_>, is_first: bool) {
        if is_first || verdict.message.is_some() {
            self.active.say_among_others(verdict, is_first);
        }
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
        let was_entered = active.leave();
        if active.flags & HOLDS != 0 {
            active.let_go();
        }
        if active.flags & METRICS != 0 {
            active.count(*at, *outcome);
        }
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
