//! Spans whose traces are not over: references into their batches, which are shared with the exporters.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::span::{SpanBatch, SpanRef, TraceId, bytes_of};

/// How long a trace's root is waited for after its first span.
const LONGEST: Duration = Duration::from_secs(10);
/// And no more batches than this …
const MOST_BATCHES: usize = 256;
/// … nor spans …
const MOST_SPANS: usize = 50_000;
/// … nor bytes: attributes may be long.
pub(super) const MOST_BYTES: usize = 32 << 20;

/// Batches by their number, the oldest first, and where each trace's spans are in them.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    batches: VecDeque<(u64, Instant, Arc<SpanBatch>)>,
    traces: HashMap<TraceId, Vec<(u64, u32)>>,
    /// In all batches.
    spans: usize,
    pub(super) bytes: usize,
    next: u64,
}

/// The spans of one trace.
pub(super) struct Found(Vec<(Arc<SpanBatch>, u32)>);

impl Found {
    pub(super) fn spans(&self) -> impl Iterator<Item = SpanRef<'_>> {
        self.0.iter().filter_map(|(batch, at)| batch.get(*at as usize))
    }
}

impl Undecided {
    /// The number of a batch that comes now.
    pub(super) fn begin(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Notes a span of it.
    pub(super) fn note(&mut self, trace_id: TraceId, number: u64, at: usize) {
        self.traces.entry(trace_id).or_default().push((number, at as u32));
    }

    /// Keeps the batch, of which spans were noted.
    pub(super) fn keep(&mut self, batch: &Arc<SpanBatch>, now: Instant) {
        self.spans += batch.len();
        self.bytes += bytes_of(batch);
        self.batches.push_back((self.next, now, Arc::clone(batch)));
    }

    /// The spans of a trace, which are forgotten here.
    pub(super) fn take(&mut self, trace_id: TraceId) -> Found {
        let places = self.traces.remove(&trace_id).unwrap_or_default();
        let found = places.into_iter().filter_map(|(number, at)| {
            let batch = self.batches.binary_search_by_key(&number, |(its, ..)| *its).ok()?;
            Some((Arc::clone(&self.batches.get(batch)?.2), at))
        });
        Found(found.collect())
    }

    /// A trace that has waited for too long, or whose batch has no room any more.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<TraceId> {
        while let Some((_, since, batch)) = self.batches.front() {
            let is_over = now.duration_since(*since) >= LONGEST
                || self.batches.len() > MOST_BATCHES
                || self.spans > MOST_SPANS
                || self.bytes > MOST_BYTES;
            let waits = batch.iter().map(|span| span.trace_id()).find(|id| self.traces.contains_key(id));
            match (is_over, waits) {
                (true, Some(trace_id)) => return Some(trace_id),
                // Nothing of it is waited for.
                (_, None) => {
                    self.spans -= batch.len();
                    self.bytes -= bytes_of(batch);
                    self.batches.pop_front();
                }
                (false, Some(_)) => return None,
            }
        }
        None
    }
}
