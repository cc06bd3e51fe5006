//! What a recording says itself that it lacks.

use std::collections::{BTreeMap, BTreeSet};

use spanwright_recording::event::{Event, Why};

use super::Seen;
use super::longest::Longest;

/// Of further recordings it is said that all of them have gaps.
const MOST: usize = 4096;

/// What is missing for one reason.
#[derive(Debug, Default)]
pub(crate) struct OfReason {
    pub(crate) count: u64,
    /// Where it is known.
    pub(crate) lost: u64,
}

#[derive(Debug)]
pub(crate) struct Gaps {
    pub(crate) reasons: BTreeMap<&'static str, OfReason>,
    pub(crate) largest: Longest<(u64, &'static str)>,
    /// Recordings in whose midst something is missing: ends of tasks perhaps.
    within: BTreeSet<u64>,
}

impl Gaps {
    pub(crate) fn new(top: usize) -> Self {
        Self { reasons: BTreeMap::new(), largest: Longest::new(top), within: BTreeSet::new() }
    }

    /// What is missing at the beginning, before `first` and a little more, harms nothing.
    pub(crate) fn add(&mut self, seen: &Seen<'_>, first: u64, more: u64) {
        let Event::Gap(gap) = &seen.record.event else { return };
        let of = self.reasons.entry(gap.why.name()).or_default();
        of.count += 1;
        of.lost = of.lost.saturating_add(gap.lost);
        self.largest.add(gap.lost, || (seen.record.at, gap.why.name()));
        let at_first = seen.record.at <= first.saturating_add(more) || gap.why == Why::Recycled;
        if !at_first && self.within.len() < MOST {
            self.within.insert(seen.recording);
        }
    }

    /// Whether all was recorded that a recording's tasks did.
    pub(crate) fn is_whole(&self, recording: u64) -> bool {
        self.within.len() < MOST && !self.within.contains(&recording)
    }
}
