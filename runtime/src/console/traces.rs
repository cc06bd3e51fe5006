//! The last traces, and the slowest of each group.
//!
//! Spans end before those around them, so whether a trace is worth keeping is known when its root has ended. Until then its spans are no
//! more than references into [`Undecided`] batches; then they are written as JSON, or forgotten. What ends later is added to what is
//! kept. A trace whose root does not come is kept without it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::kept::{Kept, Summary};
use super::slowest::Slowest;
use super::spans::{self, joined};
use super::undecided::Undecided;
use crate::span::{SpanBatch, SpanRef, TraceId};

/// Traces that are kept, besides the slowest.
pub(crate) const MOST_RECENT: usize = 1_000;
/// What all of them may have together.
pub(crate) const MOST_BYTES: usize = 64 << 20;
/// Traces of a second that are kept though nothing is special about them.
const MOST_A_SECOND: u32 = 200;
/// Traces that are remembered though they found no room, in each half.
const MOST_DISCARDED: usize = 20_000;

/// Finds the number and the component of the function at a place in the code.
pub(super) type Find<'f> = dyn Fn(&str, u32) -> Option<(u32, &'static str)> + 'f;

/// All that is kept.
#[derive(Debug, Default)]
pub(super) struct Traces {
    kept: HashMap<TraceId, Kept>,
    /// By when they were decided on.
    recent: VecDeque<TraceId>,
    slowest: Slowest,
    undecided: Undecided,
    bytes: usize,
    /// What has come or changed since it was last sent.
    changed: HashSet<TraceId>,
    counted: u64,
    dropped: u64,
    /// Ordinary traces that were kept since the last tick.
    ordinary: u32,
    discarded: Discarded,
}

/// The last traces that found no room, whose late spans would otherwise come back as traces of their own: in two halves, of which
/// the older one makes room.
#[derive(Debug, Default)]
struct Discarded {
    latest: HashSet<TraceId>,
    before: HashSet<TraceId>,
}

impl Discarded {
    fn add(&mut self, trace_id: TraceId) {
        if self.latest.len() >= MOST_DISCARDED {
            self.before = std::mem::take(&mut self.latest);
        }
        self.latest.insert(trace_id);
    }

    fn has(&self, trace_id: TraceId) -> bool {
        self.latest.contains(&trace_id) || self.before.contains(&trace_id)
    }
}

impl Traces {
    /// Takes a batch in.
    pub(super) fn add(&mut self, batch: &Arc<SpanBatch>, now: Instant, find: &Find<'_>) {
        let mut over = Vec::new();
        let mut is_new = false;
        let number = self.undecided.begin();
        for (at, span) in batch.iter().enumerate() {
            let trace_id = span.trace_id();
            if let Some(kept) = self.kept.get_mut(&trace_id) {
                self.bytes += kept.add(&span, find);
                self.changed.insert(trace_id);
                // One that took longer than its root was waited for.
                if is_root(&span) && !kept.is_slow && self.slowest.wants(&kept.summary) {
                    kept.is_slow = true;
                    let pushed_out = self.slowest.add(trace_id, &kept.summary);
                    pushed_out.into_iter().for_each(|other| self.leave_slowest(other));
                }
                continue;
            }
            // A root that comes later may be that of the whole trace, and slow.
            let is_ordinary = !is_root(&span) && !spans::is_error(&span);
            if is_ordinary && self.discarded.has(trace_id) {
                continue;
            }
            is_new = true;
            self.undecided.note(trace_id, number, at);
            if is_root(&span) {
                over.push(trace_id);
            }
        }
        if is_new {
            self.undecided.keep(batch, now);
        }
        for trace_id in over {
            self.decide(trace_id, find);
        }
        while let Some(trace_id) = self.undecided.overdue(now) {
            self.decide(trace_id, find);
        }
        // Traces that are kept may have grown.
        self.keep_to_bounds();
    }

    /// A second is over.
    pub(super) fn tick(&mut self, now: Instant, find: &Find<'_>) {
        self.ordinary = 0;
        while let Some(trace_id) = self.undecided.overdue(now) {
            self.decide(trace_id, find);
        }
    }

    /// Notes that so many spans were lost on the way.
    pub(super) fn lose(&mut self, spans: u64) {
        self.dropped += spans;
    }

    /// Keeps what there is of a trace, or forgets it.
    fn decide(&mut self, trace_id: TraceId, find: &Find<'_>) {
        let batches = self.undecided.take(trace_id);
        let spans: Vec<SpanRef<'_>> = batches.spans().collect();
        if spans.is_empty() {
            return;
        }
        self.counted += u64::from(!self.discarded.has(trace_id));
        let summary = Summary::of(&spans);
        let is_slow = summary.has_root && self.slowest.wants(&summary);
        if !is_slow && summary.errors == 0 {
            if self.ordinary >= MOST_A_SECOND {
                self.discarded.add(trace_id);
                return;
            }
            self.ordinary += 1;
        }
        let mut kept = Kept::new(summary);
        for span in &spans {
            self.bytes += kept.push(span, find);
        }
        if is_slow {
            let pushed_out = self.slowest.add(trace_id, &kept.summary);
            kept.is_slow = true;
            pushed_out.into_iter().for_each(|other| self.leave_slowest(other));
        }
        self.kept.insert(trace_id, kept);
        self.recent.push_back(trace_id);
        self.changed.insert(trace_id);
        self.keep_to_bounds();
    }

    fn keep_to_bounds(&mut self) {
        while self.recent.len() > MOST_RECENT || (self.bytes > MOST_BYTES && self.recent.len() > 1) {
            let Some(oldest) = self.recent.pop_front() else { break };
            if let Some(kept) = self.kept.get_mut(&oldest) {
                kept.is_recent = false;
            }
            self.forget_unused(oldest);
        }
        while self.bytes > MOST_BYTES {
            let Some(fastest) = self.slowest.pop() else { break };
            self.leave_slowest(fastest);
        }
    }

    fn leave_slowest(&mut self, trace_id: TraceId) {
        if let Some(kept) = self.kept.get_mut(&trace_id) {
            kept.is_slow = false;
        }
        self.forget_unused(trace_id);
    }

    fn forget_unused(&mut self, trace_id: TraceId) {
        let is_used = |kept: &Kept| kept.is_recent || kept.is_slow;
        if self.kept.get(&trace_id).is_some_and(|kept| !is_used(kept)) {
            self.bytes -= self.kept.remove(&trace_id).map_or(0, |kept| kept.bytes);
            self.changed.remove(&trace_id);
        }
    }

    /// Whether it is kept.
    pub(super) fn has(&self, trace_id: TraceId) -> bool {
        self.kept.contains_key(&trace_id)
    }

    /// One of them, with its log lines.
    pub(super) fn one(&self, trace_id: TraceId, logs: &str) -> Option<String> {
        Some(self.kept.get(&trace_id)?.whole(trace_id, logs))
    }

    /// What has changed since this was last called, as an event; nothing where nothing has.
    pub(super) fn news(&mut self, at_ms: u64) -> Option<String> {
        if self.changed.is_empty() && self.dropped == 0 && !self.slowest.has_changed() {
            return None;
        }
        let changed = std::mem::take(&mut self.changed);
        let mut recent: Vec<_> = changed.iter().filter_map(|id| Some((*id, self.kept.get(id)?))).collect();
        recent.sort_by_key(|(id, kept)| (kept.summary.end(), id.low));
        let slowest = self.slowest.take_changed().then(|| self.slowest_json());
        let dropped = std::mem::take(&mut self.dropped);
        Some(self.frame(at_ms, false, &summaries(recent.into_iter()), slowest.as_deref(), dropped))
    }

    /// All, for who has none.
    pub(super) fn all(&self, at_ms: u64) -> String {
        let recent = self.recent.iter().filter_map(|id| Some((*id, self.kept.get(id)?)));
        self.frame(at_ms, true, &summaries(recent), Some(&self.slowest_json()), 0)
    }

    fn slowest_json(&self) -> String {
        let mut all: Vec<_> = self.slowest.iter().filter_map(|id| Some((id, self.kept.get(&id)?))).collect();
        all.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.summary.duration()));
        summaries(all.into_iter())
    }

    fn frame(&self, at_ms: u64, full: bool, recent: &str, slowest: Option<&str>, dropped: u64) -> String {
        let slowest = slowest.map(|all| format!(r#","slowest":{all}"#)).unwrap_or_default();
        let counted = self.counted;
        format!(
            r#"{{"at_ms":{at_ms},"full":{full},"recent":{recent}{slowest},"dropped":{dropped},"counted":{counted}}}"#
        )
    }
}

/// Whether nothing of its trace in this process is around it.
pub(super) fn is_root(span: &SpanRef<'_>) -> bool {
    !span.parent().is_some() || span.parent_is_remote()
}

fn summaries<'k>(all: impl Iterator<Item = (TraceId, &'k Kept)>) -> String {
    let texts: Vec<String> = all.map(|(id, kept)| kept.summary_json(id)).collect();
    joined(texts.iter().map(String::as_str))
}

/// The number of a span's function.
pub(super) fn function_of(span: &SpanRef<'_>, find: &Find<'_>) -> Option<(u32, &'static str)> {
    let (file, line) = spans::place(span)?;
    find(file, line)
}

#[cfg(test)]
mod tests;
