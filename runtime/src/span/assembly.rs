//! From single records to whole spans: events are joined to the spans they happened in, and the tail policy waits for the
//! ends of traces.
//!
//! An event and its span's end may lie in chunks of different threads. Whatever happened before a span's end was
//! committed before it; so a span that was found in one pass over the ring is complete after the next pass, and is handed on
//! then.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use spanwright_core::chunks::{Kind, Record, Records};
use spanwright_core::context::{REMOTE, SAMPLED};
use spanwright_core::ids::{SpanId, TraceId};
use spanwright_core::slots::{self, SlotHandle, Start};

use super::decode;
use super::settings::{Limits, TailPolicy};
use crate::own_metrics::{Lost, OwnMetrics};

/// Passes after which it is seen whether the spans that events wait for are still open.
const SWEEP: u64 = 64;
/// Traces of which is remembered what was decided, for spans that end later.
const DECIDED: usize = 4_096;

/// Takes a whole span: its record, its events, and how many of them were dropped.
pub(super) trait TakeSpan: FnMut(&Record<'_>, Option<&Events>) {}
impl<F: FnMut(&Record<'_>, Option<&Events>)> TakeSpan for F {}

/// What is on its way.
#[derive(Debug)]
pub(super) struct Assembly {
    limits: Limits,
    passes: u64,
    /// Spans that ended in this pass, and in the one before.
    ended: Records,
    ended_before: Records,
    /// Events by the spans they happened in.
    events: HashMap<SpanId, Events>,
    event_bytes: usize,
    most_event_bytes: usize,
    tail: Option<Tail>,
}

/// What happened in one span.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) records: Records,
    pub(super) dropped: u32,
    /// Its slot, while it is open.
    slot: SlotHandle,
    /// Whether it was found closed at the last sweep.
    orphaned: bool,
}

/// Traces that were not sampled, and may be kept all the same.
#[derive(Debug)]
struct Tail {
    policy: TailPolicy,
    traces: HashMap<TraceId, Trace>,
    /// In the order of their first ends.
    order: VecDeque<TraceId>,
    bytes: usize,
    most_bytes: usize,
    /// Traces whose local roots were handed on in this pass, and in the one before: what ended before them has come then.
    over: Vec<TraceId>,
    over_before: Vec<TraceId>,
    decided: HashMap<TraceId, bool>,
    decided_order: VecDeque<TraceId>,
}

#[derive(Debug, Default)]
struct Trace {
    spans: Records,
    events: Vec<(SpanId, Events)>,
    is_kept: bool,
    /// Of spans and events.
    bytes: usize,
}

impl Assembly {
    /// Holds at most so many bytes of events whose spans are open, and of traces that are not decided yet.
    pub(super) fn new(
        limits: Limits,
        most_event_bytes: usize,
        tail: Option<TailPolicy>,
        most_bytes: usize,
    ) -> Self {
        let tail = tail.map(|policy| Tail {
            policy,
            traces: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            most_bytes,
            over: Vec::new(),
            over_before: Vec::new(),
            decided: HashMap::new(),
            decided_order: VecDeque::new(),
        });
        Self {
            limits,
            passes: 0,
            ended: Records::default(),
            ended_before: Records::default(),
            events: HashMap::new(),
            event_bytes: 0,
            most_event_bytes,
            tail,
        }
    }

    /// Takes a record in.
    pub(super) fn add(&mut self, record: &Record<'_>) {
        match record.kind() {
            Some(Kind::Span) => self.ended.push(record),
            Some(Kind::Event) => self.add_event(record),
            // What else there is, the recorder wants.
            _ => {}
        }
    }

    fn add_event(&mut self, record: &Record<'_>) {
        let Some((start, _)) = record.span_or_event() else { return };
        let slot = SlotHandle::from_bits(start.at.0);
        if !slot.is_some() {
            return;
        }
        let is_full = self.event_bytes >= self.most_event_bytes;
        let events = self.events.entry(start.span_id).or_insert_with(|| Events {
            records: Records::default(),
            dropped: 0,
            slot,
            orphaned: false,
        });
        if is_full || events.records.len() >= self.limits.events {
            events.dropped += 1;
        } else {
            let before = events.records.bytes();
            events.records.push(record);
            self.event_bytes += events.records.bytes() - before;
        }
    }

    /// The end of a pass over the ring: hands on the spans of the pass before.
    pub(super) fn end_pass(&mut self, mut take: impl TakeSpan) {
        let whole = std::mem::take(&mut self.ended_before);
        for record in whole.iter() {
            self.hand_on(&record, &mut take);
        }
        self.ended_before = std::mem::replace(&mut self.ended, whole);
        self.ended.clear();
        if let Some(tail) = &mut self.tail {
            tail.end_pass(&mut take);
        }
        self.passes += 1;
        if self.passes % SWEEP == 0 && !self.events.is_empty() {
            self.sweep();
        }
    }

    /// The end: nothing is read any more.
    pub(super) fn end(&mut self, mut take: impl TakeSpan) {
        while self.is_waiting() {
            self.end_pass(&mut take);
        }
        if let Some(tail) = &mut self.tail {
            for trace_id in std::mem::take(&mut tail.order) {
                tail.decide(trace_id, &mut take);
            }
        }
    }

    /// Whether spans, or decisions about traces, wait for the next pass.
    pub(super) fn is_waiting(&self) -> bool {
        let is_deciding = |tail: &Tail| !(tail.over.is_empty() && tail.over_before.is_empty());
        !self.ended_before.is_empty() || self.tail.as_ref().is_some_and(is_deciding)
    }

    fn hand_on(&mut self, record: &Record<'_>, take: &mut impl TakeSpan) {
        let Some((start, _)) = record.span_or_event() else { return };
        // Most spans have no events.
        let events = if self.events.is_empty() { None } else { self.events.remove(&start.span_id) };
        if let Some(events) = &events {
            self.event_bytes -= events.records.bytes();
        }
        if start.flags & SAMPLED != 0 {
            return take(record, events.as_ref());
        }
        if let Some(tail) = &mut self.tail {
            tail.add(record, &start, events, take);
        }
    }

    /// Forgets events of spans that are gone without a record.
    fn sweep(&mut self) {
        let event_bytes = &mut self.event_bytes;
        self.events.retain(|_, events| {
            let is_gone = slots::spec(events.slot).is_none();
            let stays = !(is_gone && events.orphaned);
            events.orphaned = is_gone;
            if !stays {
                *event_bytes -= events.records.bytes();
            }
            stays
        });
    }
}

impl Tail {
    fn add(&mut self, record: &Record<'_>, start: &Start, events: Option<Events>, take: &mut impl TakeSpan) {
        let trace_id = start.trace_id;
        let is_root = !start.parent.is_some() || start.flags & REMOTE != 0;
        let took = Duration::from_nanos(record.at.nanos_since(start.at));
        let is_slow = is_root && self.policy.slower_than.is_some_and(|bound| took > bound);
        let is_kept = is_slow || (self.policy.errors && decode::is_error(record, events.as_ref()));
        if let Some(kept) = self.decided.get_mut(&trace_id) {
            // What comes later can still be worth keeping, and what comes after it.
            *kept |= is_kept;
            if *kept {
                take(record, events.as_ref());
            }
            return;
        }
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.order.push_back(trace_id);
            Trace::default()
        });
        trace.is_kept |= is_kept;
        trace.spans.push(record);
        let event_bytes = events.as_ref().map_or(0, |events| events.records.bytes());
        let bytes = record.bytes() + event_bytes;
        trace.bytes += bytes;
        self.bytes += bytes;
        trace.events.extend(events.map(|events| (start.span_id, events)));
        if is_root {
            self.over.push(trace_id);
        }
        self.keep_to_bound();
    }

    /// Gives up the oldest traces where there is too much.
    fn keep_to_bound(&mut self) {
        while self.bytes > self.most_bytes {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(trace) = self.traces.remove(&oldest) {
                self.bytes -= trace.bytes;
                let spans = trace.spans.len() as u64;
                OwnMetrics::global().spans_dropped_total.with(Lost::TailFull).add(spans);
            }
        }
    }

    /// Decides about the traces whose roots the pass before has handed on.
    fn end_pass(&mut self, take: &mut impl TakeSpan) {
        let over = std::mem::replace(&mut self.over_before, std::mem::take(&mut self.over));
        for trace_id in over {
            self.decide(trace_id, take);
        }
    }

    /// Keeps a trace whose local root has ended, or forgets it.
    fn decide(&mut self, trace_id: TraceId, take: &mut impl TakeSpan) {
        let Some(trace) = self.traces.remove(&trace_id) else { return };
        self.order.retain(|other| *other != trace_id);
        self.bytes -= trace.bytes;
        self.decided.insert(trace_id, trace.is_kept);
        self.decided_order.push_back(trace_id);
        if self.decided_order.len() > DECIDED {
            let oldest = self.decided_order.pop_front();
            oldest.map(|oldest| self.decided.remove(&oldest));
        }
        if trace.is_kept {
            let events: HashMap<_, _> = trace.events.into_iter().collect();
            for record in trace.spans.iter() {
                let span_id = record.span_or_event().map(|(start, _)| start.span_id);
                take(&record, span_id.and_then(|span_id| events.get(&span_id)));
            }
        }
    }
}
