//! Lanes that another process has left: nothing of them is trusted.

use super::{Doing, ENDED, LANE_WORDS, ThreadFacts, word};
use crate::clock::Ticks;

/// A thread of another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundLane {
    pub(crate) facts: ThreadFacts,
    /// What it did, since when, and of which task.
    pub(crate) doing: Option<(Doing, Ticks, u64)>,
}

/// The threads that had lanes, those that had ended among them.
pub(crate) fn found_lanes(words: &[u64]) -> impl Iterator<Item = FoundLane> {
    words.chunks_exact(LANE_WORDS).filter(|lane| lane[word::THREAD] as u32 != 0).map(|lane| {
        let (thread, since, task) = (lane[word::THREAD], lane[word::SINCE], lane[word::TASK]);
        let doing = Doing::of(lane[word::DOING]).filter(|_| thread & ENDED == 0 && since != 0);
        FoundLane {
            facts: ThreadFacts::read(thread, lane[word::OS_ID], lane[word::PLACE], &lane[word::NAME..]),
            doing: doing.map(|doing| (doing, Ticks(since), task)),
        }
    })
}
