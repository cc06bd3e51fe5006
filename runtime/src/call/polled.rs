//! A poll of a call's future, for the recorder: while it is on, a call knows how long its future was polled, and how long its task
//! had been woken before; and others know where it waits.

use std::task::Poll;

use spanwright_core::clock::{self, Ticks};
use spanwright_core::events;
use spanwright_core::slots::{self, SlotHandle};

use super::active::Active;

/// What a call knows of the polls of its future, in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polled {
    /// How long it was polled.
    pub(super) busy: u64,
    /// How long its task had been woken and was not polled yet, after the call's start.
    pub(super) queued: u64,
}

/// A poll that goes on. Where nobody is told of the task's polls, this one is the task's.
#[derive(Debug)]
pub(super) struct Polling {
    /// Zero where nothing is recorded.
    start: Ticks,
    is_tasks: bool,
    /// The call's span; none where its await points are those of the call around it, or the poll is over.
    span: SlotHandle,
    /// The await point of the call around it.
    around: u64,
}

impl Polling {
    /// Begins a poll.
    #[inline]
    pub(super) fn begin(call: Option<&mut Active>) -> Self {
        if events::is_on() {
            Self::begin_now(call.map_or(SlotHandle::NONE, |call| call.slot()))
        } else {
            Self { start: Ticks(0), is_tasks: false, span: SlotHandle::NONE, around: 0 }
        }
    }

    #[inline(never)]
    fn begin_now(span: SlotHandle) -> Self {
        let around = if span.is_some() { slots::before_poll(span) } else { 0 };
        let begun = if events::may_poll() {
            events::begin_poll(crate::recorder::task::current_number(), Ticks(0))
        } else {
            None
        };
        Self { start: begun.unwrap_or_else(clock::now), is_tasks: begun.is_some(), span, around }
    }

    /// Ends it, and says so to its call.
    #[inline]
    pub(super) fn end<T>(self, call: Option<&mut Active>, polled: &Poll<T>) {
        if self.start.0 != 0 {
            self.end_now(call, polled.is_pending());
        }
    }

    #[inline(never)]
    fn end_now(mut self, call: Option<&mut Active>, waits: bool) {
        let (queued, task) = (events::current_queued(), events::current_task());
        let ended = if std::mem::take(&mut self.is_tasks) { events::end_poll() } else { None };
        let end = ended.unwrap_or_else(clock::now);
        let span = std::mem::take(&mut self.span);
        if span.is_some() {
            slots::after_poll(span, self.around, waits.then_some((end, task)));
        }
        if let Some(call) = call {
            let polled = call.polled_mut();
            // What it waited before its first poll was before the call.
            polled.queued += if polled.busy == 0 { 0 } else { queued };
            polled.busy += end.0.saturating_sub(self.start.0).max(1);
        }
    }
}

impl Drop for Polling {
    #[inline]
    fn drop(&mut self) {
        // By a panic of the future.
        if self.is_tasks {
            events::end_poll();
        }
        if self.span.is_some() {
            slots::after_poll(self.span, self.around, None);
        }
    }
}
