//! The recording's time in equal parts, as many as can be shown however long it is.

use super::Seen;
use spanwright_recording::event::{Event, Status};

/// There are as many parts at most.
pub(crate) const MOST: usize = 100;

/// How time is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    first: u64,
    /// In nanoseconds: 1, 2 or 5 and zeros.
    pub(crate) width: u64,
    pub(crate) count: usize,
}

impl Parts {
    /// Of the time between two moments.
    pub(crate) fn new(first: u64, last: u64) -> Self {
        let time = last.saturating_sub(first);
        // A last moment has a part, too.
        let least = (time / MOST as u64).saturating_add(1);
        let power = 10u64.checked_pow(least.ilog10()).unwrap_or(1);
        let width =
            [1, 2, 5, 10].map(|times| power.saturating_mul(times)).into_iter().find(|width| *width >= least);
        let width = width.unwrap_or(u64::MAX).max(1000);
        Self { first, width, count: (time / width) as usize + 1 }
    }

    /// The part that a moment is in: the first or last where it is in none.
    pub(crate) fn of(&self, at: u64) -> usize {
        ((at.saturating_sub(self.first) / self.width) as usize).min(self.count - 1)
    }

    /// When a part begins.
    pub(crate) fn start(&self, part: usize) -> u64 {
        self.first.saturating_add(self.width.saturating_mul(part as u64))
    }

    /// Calls `each` with the parts that lie between two moments, and how much of them.
    pub(crate) fn spread(&self, start: u64, end: u64, mut each: impl FnMut(usize, u64)) {
        let (from, to) = (self.of(start), self.of(end));
        for part in from..=to {
            let begins = if part == from { start } else { self.start(part) };
            let ends = if part == to { end } else { self.start(part + 1) };
            each(part, ends.saturating_sub(begins));
        }
    }
}

/// What happened in a part of the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) events: u64,
    pub(crate) polls: u64,
    /// How long threads polled, and how long workers were parked.
    pub(crate) busy: u64,
    pub(crate) parked: u64,
    pub(crate) long_polls: u64,
    /// The longest time from a wake to its poll.
    pub(crate) longest_wait: u64,
    /// The most tasks that were seen to wait in a runtime's queues.
    pub(crate) depth: u64,
    pub(crate) made: u64,
    pub(crate) ended: u64,
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    pub(crate) lost: u64,
}

/// What happened over time.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) parts: Parts,
    all: Vec<Part>,
    long: u64,
}

impl Series {
    pub(crate) fn new(parts: Parts, long: u64) -> Self {
        Self { parts, all: vec![Part::default(); parts.count], long }
    }

    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let record = seen.record;
        let (parts, all) = (self.parts, &mut self.all);
        let part = &mut all[parts.of(record.at)];
        part.events += 1;
        match &record.event {
            Event::Poll(poll) => {
                part.polls += 1;
                part.long_polls += u64::from(poll.duration.0 >= self.long);
                parts.spread(record.start(), record.at, |part, nanos| {
                    all[part].busy = all[part].busy.saturating_add(nanos)
                });
            }
            Event::Park(_) => {
                parts.spread(record.start(), record.at, |part, nanos| {
                    all[part].parked = all[part].parked.saturating_add(nanos)
                });
            }
            Event::QueueDepth(queues) => part.depth = part.depth.max(super::queues::depth(queues)),
            Event::TaskSpawn(_) => part.made += 1,
            Event::TaskEnd(_) => part.ended += 1,
            Event::Span(span) => {
                part.spans += 1;
                part.errors += u64::from(matches!(span.status, Status::Error | Status::Panicked));
            }
            Event::Gap(gap) => part.lost = part.lost.saturating_add(gap.lost),
            _ => {}
        }
    }

    /// Takes note of how long a task waited for its poll.
    pub(crate) fn waited(&mut self, at: u64, wait: u64) {
        let part = &mut self.all[self.parts.of(at)];
        part.longest_wait = part.longest_wait.max(wait);
    }

    /// Each part, and when it begins.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &Part)> {
        self.all.iter().enumerate().map(|(index, part)| (self.parts.start(index), part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_hundred_parts_at_most_and_each_moment_has_one() {
        for (first, last) in [(0, 0), (5, 5_000), (7, 61_000_000), (1, 3600 * 1_000_000_000), (0, u64::MAX)] {
            let parts = Parts::new(first, last);
            assert!(parts.count <= MOST, "{parts:?}");
            assert!(parts.of(first) == 0 && parts.of(last) == parts.count - 1, "{parts:?}");
            let mut sum = 0u64;
            parts.spread(first, last, |_, nanos| sum += nanos);
            assert_eq!(sum, last - first);
        }
        assert_eq!(Parts::new(0, 60_000_000_000).width, 1_000_000_000);
    }
}
