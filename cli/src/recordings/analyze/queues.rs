//! How many tasks wait in the queues of runtimes and of their blocking pools, over time.

use std::collections::BTreeMap;

use spanwright_recording::event::{Event, QueueDepth};

use super::Seen;
use super::histogram::Histogram;
use super::longest::Longest;
use super::places::said_place;
use super::series::Parts;

/// Further runtimes are not looked at.
const MOST: usize = 256;

/// All tasks that wait for workers.
pub(crate) fn depth(queues: &QueueDepth<'_>) -> u64 {
    queues.workers.iter().fold(queues.global, |sum, depth| sum.saturating_add((*depth).into()))
}

/// Samples of a queue: how often, their sum and the largest, for each part of the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    pub(crate) count: u64,
    pub(crate) max: u64,
    /// When that was.
    pub(crate) at: u64,
    /// Those of a thousand and more.
    pub(crate) deep: u64,
    parts: Vec<(u64, u64)>,
}

/// So many tasks in a queue are many for any number of workers.
pub(crate) const DEEP: u64 = 1000;

impl Samples {
    fn add(&mut self, parts: &Parts, at: u64, depth: u64) {
        self.parts.resize(parts.count, (0, 0));
        self.count += 1;
        self.deep += u64::from(depth >= DEEP);
        if depth > self.max {
            (self.max, self.at) = (depth, at);
        }
        let (count, sum) = &mut self.parts[parts.of(at)];
        *count += 1;
        *sum = sum.saturating_add(depth);
    }

    /// The means of four quarters of the time that was sampled, where there are enough samples.
    pub(crate) fn quarters(&self) -> Option<[u64; 4]> {
        let sampled: Vec<_> = self.parts.iter().filter(|(count, _)| *count > 0).collect();
        if self.count < 40 || sampled.len() < 20 {
            return None;
        }
        let quarter = sampled.len().div_ceil(4);
        let mut means = [0; 4];
        for (mean, parts) in means.iter_mut().zip(sampled.chunks(quarter)) {
            let count = parts.iter().map(|(count, _)| count).sum::<u64>();
            *mean = parts.iter().fold(0u64, |all, (_, sum)| all.saturating_add(*sum)) / count.max(1);
        }
        Some(means)
    }
}

/// The queues of a runtime.
#[derive(Debug, Default)]
pub(crate) struct OfRuntime {
    pub(crate) name: String,
    pub(crate) tasks: Samples,
    pub(crate) blocking: Samples,
}

#[derive(Debug)]
pub(crate) struct Queues {
    parts: Parts,
    /// By recording and runtime.
    all: BTreeMap<(u64, u32), OfRuntime>,
    /// How long calls of the blocking pool waited, and ran.
    pub(crate) queued: Histogram,
    pub(crate) ran: Histogram,
    /// Those that waited the longest.
    pub(crate) waited: Longest<Call>,
}

/// A call on the blocking pool.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) recording: u64,
    /// When it was handed over.
    pub(crate) at: u64,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) ran: u64,
}

impl Queues {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            all: BTreeMap::new(),
            queued: Histogram::default(),
            ran: Histogram::default(),
            waited: Longest::new(3),
        }
    }

    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        match &seen.record.event {
            Event::QueueDepth(queues) => self.sample(seen, queues),
            Event::BlockingRun(run) => {
                self.ran.add(run.duration.0);
                let Some(queued) = run.queued else { return };
                self.queued.add(queued.0);
                self.waited.add(queued.0, || {
                    let made = seen.names.task(run.task);
                    Call {
                        recording: seen.recording,
                        at: seen.record.start().saturating_sub(queued.0),
                        name: made.map_or_else(String::new, |made| made.name.to_string()),
                        place: made.map_or_else(String::new, |made| said_place(&made.place)),
                        ran: run.duration.0,
                    }
                });
            }
            _ => {}
        }
    }

    fn sample(&mut self, seen: &Seen<'_>, queues: &QueueDepth<'_>) {
        let key = (seen.recording, queues.runtime);
        if self.all.len() >= MOST && !self.all.contains_key(&key) {
            return;
        }
        let of = self
            .all
            .entry(key)
            .or_insert_with(|| OfRuntime { name: seen.runtime(queues.runtime), ..OfRuntime::default() });
        of.tasks.add(&self.parts, seen.record.at, depth(queues));
        if let Some(blocking) = queues.blocking {
            of.blocking.add(&self.parts, seen.record.at, blocking.into());
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &OfRuntime)> {
        self.all.iter().map(|((recording, _), of)| (*recording, of))
    }
}
