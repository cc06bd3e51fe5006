//! Keeps spans until their trace can be printed.

use std::collections::{HashMap, VecDeque};

use crate::span::{SpanData, SpanRef, TraceId};

/// How long a trace waits for its root, in nanoseconds of the spans' own time.
const LONGEST_WAIT: u64 = 10_000_000_000;
/// How many spans are kept.
const MAX_SPANS: usize = 1000;
/// How many printed traces are remembered.
const MAX_PRINTED: usize = 1000;

/// Why spans are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Their local root is among them.
    Rooted,
    /// It has not come, and they have waited long enough.
    Rootless,
    /// Their trace was printed before.
    Late,
}

/// Spans of one trace, to be printed.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) trace_id: TraceId,
    pub(super) why: Why,
    pub(super) spans: Vec<SpanData>,
}

/// Spans that wait. Each is in `traces` until it is given out, so that it is given out once.
#[derive(Debug, Default)]
pub(super) struct Held {
    traces: HashMap<TraceId, Waiting>,
    /// The end of the span that ended last: the present.
    newest: u64,
    /// How many traces have come so far.
    arrivals: u64,
    /// How many spans all traces have.
    spans: usize,
    /// The traces printed last.
    printed: VecDeque<TraceId>,
}

#[derive(Debug)]
struct Waiting {
    /// Its place in the order of arrival.
    arrival: u64,
    /// When it arrived.
    since: u64,
    rooted: bool,
    spans: Vec<SpanData>,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.spans
    }

    /// Takes spans in, and gives out those whose time has come: by trace, in the order of the traces' arrival.
    pub(super) fn add(&mut self, spans: &[SpanRef<'_>]) -> Vec<Ready> {
        let ends = spans.iter().map(SpanRef::end_unix_nanos);
        self.newest = ends.fold(self.newest, u64::max);
        for span in spans {
            self.keep(span);
        }
        let mut ids: Vec<_> =
            self.traces.iter().filter(|(id, trace)| self.is_ready(**id, trace)).map(|(id, _)| *id).collect();
        let given: usize = ids.iter().map(|id| self.traces[id].spans.len()).sum();
        if self.spans - given > MAX_SPANS {
            self.evict(self.spans - given - MAX_SPANS, &mut ids);
        }
        self.take(ids)
    }

    /// Gives out everything.
    pub(super) fn take_all(&mut self) -> Vec<Ready> {
        let ids = self.traces.keys().copied().collect();
        self.take(ids)
    }

    fn keep(&mut self, span: &SpanRef<'_>) {
        self.spans += 1;
        let trace = self.traces.entry(span.trace_id()).or_insert_with(|| {
            self.arrivals += 1;
            Waiting { arrival: self.arrivals, since: self.newest, rooted: false, spans: Vec::new() }
        });
        trace.rooted |= !span.parent().is_some() || span.parent_is_remote();
        trace.spans.push(SpanData::from(*span));
    }

    fn is_ready(&self, id: TraceId, trace: &Waiting) -> bool {
        trace.rooted || self.newest - trace.since >= LONGEST_WAIT || self.printed.contains(&id)
    }

    /// Adds to `ids` the traces that wait longest, until they have `spans`.
    fn evict(&self, mut spans: usize, ids: &mut Vec<TraceId>) {
        let mut others: Vec<_> = self.traces.iter().filter(|(id, _)| !ids.contains(id)).collect();
        others.sort_by_key(|(_, trace)| trace.arrival);
        for (id, trace) in others {
            if spans == 0 {
                break;
            }
            spans = spans.saturating_sub(trace.spans.len());
            ids.push(*id);
        }
    }

    fn take(&mut self, ids: Vec<TraceId>) -> Vec<Ready> {
        let mut taken: Vec<_> =
            ids.into_iter().filter_map(|id| Some((id, self.traces.remove(&id)?))).collect();
        taken.sort_by_key(|(_, trace)| trace.arrival);
        taken.into_iter().map(|(id, trace)| self.ready(id, trace)).collect()
    }

    fn ready(&mut self, trace_id: TraceId, trace: Waiting) -> Ready {
        self.spans -= trace.spans.len();
        let known = self.printed.contains(&trace_id);
        if !known {
            self.printed.push_back(trace_id);
            if self.printed.len() > MAX_PRINTED {
                self.printed.pop_front();
            }
        }
        let why = match (trace.rooted, known) {
            (true, _) => Why::Rooted,
            (false, true) => Why::Late,
            (false, false) => Why::Rootless,
        };
        Ready { trace_id, why, spans: trace.spans }
    }
}
