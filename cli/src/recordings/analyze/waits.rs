//! From a wake-up to the poll: how long that took, and whether a worker slept meanwhile.
//!
//! A park is told when it is over, and so is a poll: whichever of two that overlap comes first waits for the other in a ring.

use std::collections::{BTreeMap, VecDeque};

use spanwright_recording::event::Event;

use super::Seen;
use super::histogram::Histogram;
use super::longest::Longest;
use super::stalls::Stalls;
use super::tasks::Waited;

/// Further runtimes are counted, and not looked at.
const MOST_RUNTIMES: usize = 256;
/// So many waits and parks of each are remembered.
const MOST: usize = 512;

/// A wait that was long.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) recording: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) task: u64,
    pub(crate) place: u32,
    /// The worker that polled it in the end.
    pub(crate) thread: String,
    /// What of it the process did not run.
    pub(crate) stalled: u64,
    /// How long another worker of the runtime was parked meanwhile, and which.
    pub(crate) asleep: u64,
    pub(crate) sleeper: String,
}

impl Wait {
    /// How long it was, but for what the process did not run.
    pub(crate) fn length(&self) -> u64 {
        self.to.saturating_sub(self.from).saturating_sub(self.stalled)
    }
}

/// All waits of a runtime.
#[derive(Debug)]
pub(crate) struct OfRuntime {
    pub(crate) recording: u64,
    pub(crate) name: String,
    pub(crate) all: Histogram,
    /// Those of ten times what is long, less the stalls.
    pub(crate) very_long: u64,
    pub(crate) worst: Longest<Wait>,
    /// Those while a worker slept, by how long that did; and how many of them were very long.
    pub(crate) slept: Longest<Wait>,
    pub(crate) slept_long: u64,
    waits: VecDeque<Wait>,
    parks: VecDeque<(u64, u64, u32)>,
    /// The end of the last wait.
    last: u64,
}

#[derive(Debug)]
pub(crate) struct Waits {
    /// What is long.
    bound: u64,
    top: usize,
    all: BTreeMap<(u64, u32), OfRuntime>,
    pub(crate) sum: Histogram,
}

impl Waits {
    pub(crate) fn new(bound: u64, top: usize) -> Self {
        Self { bound, top, all: BTreeMap::new(), sum: Histogram::default() }
    }

    fn runtime(&mut self, seen: &Seen<'_>) -> Option<&mut OfRuntime> {
        let runtime = seen.names.thread(seen.record.thread)?.runtime?;
        let key = (seen.recording, runtime);
        if self.all.len() >= MOST_RUNTIMES && !self.all.contains_key(&key) {
            return None;
        }
        let top = self.top;
        Some(self.all.entry(key).or_insert_with(|| OfRuntime {
            recording: seen.recording,
            name: seen.runtime(runtime),
            all: Histogram::default(),
            very_long: 0,
            worst: Longest::new(top),
            slept: Longest::new(top),
            slept_long: 0,
            waits: VecDeque::new(),
            parks: VecDeque::new(),
            last: 0,
        }))
    }

    /// A task that had waited was polled.
    pub(crate) fn waited(&mut self, seen: &Seen<'_>, waited: Waited, stalls: &Stalls) {
        let Waited { task, place, from, to, is_local } = waited;
        let (bound, length) = (self.bound, to.saturating_sub(from));
        self.sum.add(length);
        let Some(of) = self.runtime(seen) else { return };
        of.all.add(length);
        if length < bound {
            return;
        }
        let stalled = stalls.within(seen.recording, from, to);
        let (thread, recording) = (seen.thread(), seen.recording);
        let mut wait =
            Wait { recording, from, to, task, place, thread, stalled, asleep: 0, sleeper: String::new() };
        of.very_long += u64::from(wait.length() >= bound.saturating_mul(10));
        of.worst.add(wait.length(), || wait.clone());
        if is_local {
            return;
        }
        for (start, end, thread) in &of.parks {
            wait.overlaps(*start, *end, || seen.thread_of(*thread));
        }
        of.last = of.last.max(to);
        of.waits.push_back(wait);
        if of.waits.len() > MOST {
            let first = of.waits.pop_front();
            first.into_iter().for_each(|wait| of.settle(wait, bound));
        }
    }

    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let Event::Park(park) = &seen.record.event else { return };
        if park.duration.0 < self.bound {
            return;
        }
        let (start, end) = (seen.record.start(), seen.record.at);
        let Some(of) = self.runtime(seen) else { return };
        if of.last > start {
            of.waits.iter_mut().for_each(|wait| wait.overlaps(start, end, || seen.thread()));
        }
        if of.parks.len() >= MOST {
            of.parks.pop_front();
        }
        of.parks.push_back((start, end, seen.record.thread));
    }

    /// No more will come.
    pub(crate) fn finish(&mut self) {
        for of in self.all.values_mut() {
            for wait in std::mem::take(&mut of.waits) {
                of.settle(wait, self.bound);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &OfRuntime> {
        self.all.values()
    }
}

impl Wait {
    /// A worker was parked for a time, which may have been within this.
    fn overlaps(&mut self, start: u64, end: u64, sleeper: impl FnOnce() -> String) {
        let asleep = end.min(self.to).saturating_sub(start.max(self.from));
        if asleep > self.asleep {
            (self.asleep, self.sleeper) = (asleep, sleeper());
        }
    }
}

impl OfRuntime {
    /// Nothing will overlap it any more.
    fn settle(&mut self, wait: Wait, bound: u64) {
        let same = |(_, worst): &&mut (u64, Wait)| (worst.task, worst.from) == (wait.task, wait.from);
        if let Some((_, worst)) = self.worst.iter_mut().find(same) {
            worst.clone_from(&wait);
        }
        let slept = wait.asleep.saturating_sub(wait.stalled);
        if slept >= bound {
            self.slept_long += u64::from(slept >= bound.saturating_mul(10));
            self.slept.add(slept, || wait);
        }
    }
}
