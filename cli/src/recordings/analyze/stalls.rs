//! When the process itself did not run: a machine with too little time for it, a pause, a quota that was used up.
//!
//! The recorder looks at the queues in equal steps, on a thread of its own. Where it came much too late, nobody else can be blamed for
//! what took as long, so that this time is taken off before anything is judged.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;
use spanwright_recording::event::Event;

use super::Seen;
use super::histogram::Histogram;

/// Stalls that are remembered of each recording.
const MOST: usize = 1024;
/// So many steps are seen before one is said to be late.
const STEPS: u64 = 10;
/// So much later than usual is no matter.
const USUAL: u64 = 5_000_000;

#[derive(Debug, Default)]
pub(crate) struct Stalls(HashMap<u64, OfRecording, FixedState>);

#[derive(Debug)]
struct OfRecording {
    /// All runtimes are looked at together: one is enough.
    runtime: u32,
    last: u64,
    steps: Histogram,
    stalls: VecDeque<(u64, u64)>,
    count: u64,
    sum: u64,
    longest: u64,
}

impl Stalls {
    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let at = seen.record.at;
        if let (Event::Gap(_), Some(of)) = (&seen.record.event, self.0.get_mut(&seen.recording)) {
            // The looks may be what is missing.
            of.last = of.last.max(at);
        }
        let Event::QueueDepth(queues) = &seen.record.event else { return };
        let of = self.0.entry(seen.recording).or_insert_with(|| OfRecording {
            runtime: queues.runtime,
            last: at,
            steps: Histogram::default(),
            stalls: VecDeque::new(),
            count: 0,
            sum: 0,
            longest: 0,
        });
        if queues.runtime != of.runtime || at <= of.last {
            return;
        }
        let step = at - of.last;
        if let Some(from) = of.due() {
            if at > from.saturating_add(of.slack()) {
                if of.stalls.len() >= MOST {
                    of.stalls.pop_front();
                }
                of.stalls.push_back((from, at));
                let late = at - from;
                of.count += 1;
                of.sum = of.sum.saturating_add(late);
                of.longest = of.longest.max(late);
            }
        }
        of.steps.add(step);
        of.last = at;
    }

    /// How much of the time between two moments the process did not run, as far as it can be known.
    pub(crate) fn within(&self, recording: u64, start: u64, end: u64) -> u64 {
        let Some(of) = self.0.get(&recording) else { return 0 };
        let late = of.due().filter(|due| end > due.saturating_add(of.slack())).map(|due| (due, end));
        let stalls = of.stalls.iter().rev().take_while(|(_, to)| *to > start).copied().chain(late);
        stalls.fold(0u64, |sum, (from, to)| sum.saturating_add(to.min(end).saturating_sub(from.max(start))))
    }

    /// How often, how long together, and the longest, of all recordings.
    pub(crate) fn summary(&self) -> (u64, u64, u64) {
        self.0.values().fold((0, 0, 0), |(count, sum, longest): (u64, u64, u64), of| {
            (count + of.count, sum.saturating_add(of.sum), longest.max(of.longest))
        })
    }
}

impl OfRecording {
    /// When the next look was due, once it is known how long a step is.
    fn due(&self) -> Option<u64> {
        (self.steps.count >= STEPS).then(|| self.last.saturating_add(self.steps.percentile(50)))
    }

    fn slack(&self) -> u64 {
        self.steps.percentile(50).saturating_mul(2).saturating_add(USUAL)
    }
}
