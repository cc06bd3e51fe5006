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
use spanwright_core::slots::{self, Outcome, SlotHandle};

use super::settings::{Limits, TailPolicy};
use crate::own_metrics::{Lost, OwnMetrics};

/// Events that may wait for the ends of their spans, in bytes.
const MAX_EVENTS: usize = 16 << 20;
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
    decided: HashMap<TraceId, bool>,
    decided_order: VecDeque<TraceId>,
}

#[derive(Debug, Default)]
struct Trace {
    spans: Records,
    events: Vec<(SpanId, Events)>,
    has_error: bool,
    is_slow: bool,
    /// Its local root has ended.
    is_over: bool,
}

impl Assembly {
    pub(super) fn new(limits: Limits, tail: Option<TailPolicy>, most_bytes: usize) -> Self {
        let tail = tail.map(|policy| Tail {
            policy,
            traces: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            most_bytes,
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
            tail,
        }
    }

    /// Takes a record in.
    pub(super) fn add(&mut self, record: &Record<'_>) {
        match record.kind() {
            Some(Kind::Span) => self.ended.push(record),
            Some(Kind::Event) => self.add_event(record),
            None => {}
        }
    }

    fn add_event(&mut self, record: &Record<'_>) {
        let Some((start, _)) = record.span_or_event() else { return };
        let slot = SlotHandle::from_bits(start.at.0);
        if !slot.is_some() {
            return;
        }
        let is_full = self.event_bytes >= MAX_EVENTS;
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
        self.passes += 1;
        if self.passes % SWEEP == 0 && !self.events.is_empty() {
            self.sweep();
        }
    }

    /// Whether spans wait for the next pass.
    pub(super) fn is_waiting(&self) -> bool {
        !self.ended_before.is_empty()
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
            let is_root = !start.parent.is_some() || start.flags & REMOTE != 0;
            let took = Duration::from_nanos(record.at.nanos_since(start.at));
            tail.add(record, (start.trace_id, start.span_id), events, (is_root, took), take);
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
    fn add(
        &mut self,
        record: &Record<'_>,
        (trace_id, span_id): (TraceId, SpanId),
        events: Option<Events>,
        (is_root, took): (bool, Duration),
        take: &mut impl TakeSpan,
    ) {
        if let Some(kept) = self.decided.get(&trace_id) {
            if *kept {
                take(record, events.as_ref());
            }
            return;
        }
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.order.push_back(trace_id);
            Trace::default()
        });
        trace.has_error |= Outcome::from_flags(record.flags) != Outcome::Ok;
        trace.is_slow |= is_root && self.policy.slower_than.is_some_and(|bound| took > bound);
        trace.is_over |= is_root;
        let before = trace.spans.bytes();
        trace.spans.push(record);
        self.bytes += trace.spans.bytes() - before;
        trace.events.extend(events.map(|events| (span_id, events)));
        if trace.is_over {
            self.decide(trace_id, take);
        }
        while self.bytes > self.most_bytes {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(trace) = self.traces.remove(&oldest) {
                self.bytes -= trace.spans.bytes();
                OwnMetrics::global().spans_dropped_total.with(Lost::TailFull).add(trace.spans.len() as u64);
            }
        }
    }

    /// Keeps a trace whose local root has ended, or forgets it.
    fn decide(&mut self, trace_id: TraceId, take: &mut impl TakeSpan) {
        let Some(trace) = self.traces.remove(&trace_id) else { return };
        self.order.retain(|other| *other != trace_id);
        self.bytes -= trace.spans.bytes();
        let is_kept = trace.is_slow || (trace.has_error && self.policy.errors);
        self.decided.insert(trace_id, is_kept);
        self.decided_order.push_back(trace_id);
        if self.decided_order.len() > DECIDED {
            let oldest = self.decided_order.pop_front();
            oldest.map(|oldest| self.decided.remove(&oldest));
        }
        if is_kept {
            let events: HashMap<_, _> = trace.events.into_iter().collect();
            for record in trace.spans.iter() {
                let span_id = record.span_or_event().map(|(start, _)| start.span_id);
                take(&record, span_id.and_then(|span_id| events.get(&span_id)));
            }
        }
    }
}
