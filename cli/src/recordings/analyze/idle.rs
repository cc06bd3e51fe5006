//! Workers that were parked while tasks waited in a queue.
//!
//! How many wait is known when it was sampled. A worker counts as idle from the first sample within its park that finds the queue not empty
//! until the next that finds it empty, or the park's end: what lies between samples is not guessed.

use std::collections::{BTreeMap, VecDeque};

use spanwright_recording::event::{Event, QueueDepth};

use super::Seen;
use super::longest::Longest;
use super::queues;

/// Samples that are kept of each runtime: a park that is longer than these reach back is looked at as far as they do.
const MOST_SAMPLES: usize = 1 << 16;
/// Further runtimes are not looked at.
const MOST_RUNTIMES: usize = 256;

/// A worker that was idle.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    pub(crate) at: u64,
    pub(crate) thread: String,
    pub(crate) recording: u64,
    /// The most tasks that were seen to wait.
    pub(crate) depth: u64,
}

#[derive(Debug)]
pub(crate) struct IdleWorkers {
    /// Shorter ones are on their way to work.
    bound: u64,
    /// By recording and runtime.
    samples: BTreeMap<(u64, u32), VecDeque<Sample>>,
    pub(crate) found: Longest<Idle>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: u64,
    depth: u64,
}

impl IdleWorkers {
    pub(crate) fn new(bound: u64, most: usize) -> Self {
        Self { bound, samples: BTreeMap::new(), found: Longest::new(most) }
    }

    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        match &seen.record.event {
            Event::QueueDepth(depth) => self.sample(seen.recording, seen.record.at, depth),
            Event::Park(_) => self.park(seen),
            _ => {}
        }
    }

    fn sample(&mut self, recording: u64, at: u64, queues: &QueueDepth<'_>) {
        let depth = queues::depth(queues);
        let key = (recording, queues.runtime);
        if self.samples.len() >= MOST_RUNTIMES && !self.samples.contains_key(&key) {
            return;
        }
        let samples = self.samples.entry(key).or_default();
        if samples.len() >= MOST_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(Sample { at, depth });
    }

    /// A park is told at its end, after all samples within it.
    fn park(&mut self, seen: &Seen<'_>) {
        let (recording, record) = (seen.recording, seen.record);
        let Some(thread) = seen.names.thread(record.thread) else { return };
        let Some(samples) = thread.runtime.and_then(|runtime| self.samples.get(&(recording, runtime))) else {
            return;
        };
        let (start, end) = (record.start(), record.at);
        let first = samples.partition_point(|sample| sample.at < start);
        let mut idle: Option<Sample> = None;
        for sample in samples.range(first..).take_while(|sample| sample.at < end) {
            match (&mut idle, sample.depth) {
                (Some(since), 1..) => since.depth = since.depth.max(sample.depth),
                (None, 1..) => idle = Some(*sample),
                (Some(_), 0) => {
                    note(&mut self.found, self.bound, idle.take(), sample.at, recording, &thread.name)
                }
                (None, 0) => {}
            }
        }
        note(&mut self.found, self.bound, idle, end, recording, &thread.name);
    }
}

/// Notes what ended here, if something did.
fn note(
    found: &mut Longest<Idle>,
    bound: u64,
    since: Option<Sample>,
    end: u64,
    recording: u64,
    thread: &str,
) {
    let Some(Sample { at, depth }) = since else { return };
    let length = end.saturating_sub(at);
    if length >= bound {
        found.add(length, || Idle { at, thread: thread.to_owned(), recording, depth });
    }
}
