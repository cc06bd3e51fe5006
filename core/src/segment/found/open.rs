//! What was open when another process ended.

use std::collections::HashSet;

use super::super::layout::{Area, word};
use super::{Found, end_of, length_at};
use crate::chunks::{CHUNK_WORDS, HEADER_WORDS, Kind};
use crate::clock::Ticks;
use crate::descriptor::Spec;
use crate::ids::{SpanId, TraceId};
use crate::lanes::{self, Doing, ThreadFacts};
use crate::slots::value::Fields;
use crate::slots::{self, FoundSlots, SlotHandle};

/// A thread of the process, which ran when that ended, or had ended not long before.
#[derive(Clone, Debug)]
pub struct FoundThread {
    /// What is known of it.
    pub facts: ThreadFacts,
    /// What it did, since when, in nanoseconds since the Unix epoch, and of which task.
    pub doing: Option<(Doing, u64, u64)>,
}

/// A span that was open when its process ended.
#[derive(Clone, Debug)]
pub struct FoundSpan {
    /// Its callsite.
    pub spec: &'static Spec,
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span around it, or none.
    pub parent: SpanId,
    /// When it started, in ticks of its process …
    pub at: Ticks,
    /// … and in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// Its context's flags.
    pub flags: u16,
    /// Fields that did not fit.
    pub dropped_fields: u16,
    slot: slots::FoundSpan,
}

/// A call that waited when its process ended.
#[derive(Clone, Debug)]
pub struct FoundWait {
    /// Its span's slot in its process.
    pub span: SlotHandle,
    /// The slot of the span around it.
    pub around: SlotHandle,
    /// Its callsite.
    pub spec: &'static Spec,
    /// The await point, as `file:line:column`; nothing where it had no label, or nobody knows.
    pub place: Option<String>,
    /// Since when, in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// The task; zero where that is not known.
    pub task: u64,
}

impl FoundSpan {
    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        self.slot.fields()
    }
}

impl Found {
    /// The threads that are known.
    #[must_use]
    pub fn threads(&self) -> &[FoundThread] {
        &self.threads
    }

    pub(super) fn read_threads(&mut self) -> Vec<FoundThread> {
        let words = self.read_area(Area::Lanes);
        let pair = self.started();
        let threads = lanes::found_lanes(&words).map(|lane| FoundThread {
            facts: lane.facts,
            doing: lane.doing.map(|(doing, since, task)| (doing, self.unix_nanos(since, pair), task)),
        });
        threads.collect()
    }

    /// The spans that were open, as far as no record says that they have ended.
    pub fn open_spans(&mut self) -> Vec<FoundSpan> {
        let mut ended = HashSet::new();
        for index in 0..self.chunks() {
            let Some(words) = self.chunk(index, CHUNK_WORDS) else { continue };
            let mut rest = &words[HEADER_WORDS..end_of(&words).unwrap_or(HEADER_WORDS)];
            while let Some(length) = length_at(rest) {
                if let ([first, _, _, high, low, span, ..], true) = (rest, length > 6) {
                    if *first as u8 == Kind::Span as u8 {
                        ended.insert((*high, *low, *span));
                    }
                }
                rest = &rest[length..];
            }
        }
        let slots = FoundSlots::new(self.read_area(Area::Slots));
        let is_open = |slot: &slots::FoundSpan| {
            !ended.contains(&(slot.trace_id.high, slot.trace_id.low, slot.span_id.0))
        };
        let open: Vec<_> = slots.open().filter(is_open).collect();
        open.into_iter().map(|slot| self.open_span(slot)).collect()
    }

    fn open_span(&mut self, slot: slots::FoundSpan) -> FoundSpan {
        let pair = self.started();
        FoundSpan {
            spec: self.known.spec(slot.spec),
            trace_id: slot.trace_id,
            span_id: slot.span_id,
            parent: slot.parent,
            at: slot.at,
            unix_nanos: self.unix_nanos(slot.at, pair),
            flags: slot.flags,
            dropped_fields: slot.dropped_fields,
            slot,
        }
    }

    /// The calls that waited, of spans that were open.
    pub fn waiting(&mut self) -> Vec<FoundWait> {
        let slots = FoundSlots::new(self.read_area(Area::Slots));
        let pair = self.started();
        let found = |wait: slots::FoundWait| FoundWait {
            span: wait.span,
            around: wait.around,
            spec: self.known.spec(wait.spec),
            place: self.known.place(wait.place).map(str::to_owned),
            unix_nanos: self.unix_nanos(wait.since, pair),
            task: wait.task,
        };
        slots.waiting().map(found).collect()
    }

    /// The clock, as it was when the segment was made.
    fn started(&self) -> (Ticks, u64) {
        (Ticks(self.header[word::TICKS]), self.header[word::UNIX_NANOS])
    }
}
