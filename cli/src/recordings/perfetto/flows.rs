//! Leads from a wake-up to the poll that it caused.

use std::collections::HashMap;

/// Of more tasks that were woken and not polled since nothing is kept.
const MOST_TASKS: usize = 1 << 18;
/// Of so many wake-ups of one task that no poll has followed yet; the first is the one that matters.
const MOST_WAKES: usize = 4;

/// Arrows that have not arrived yet, by recording and task: when each began, and its number.
#[derive(Debug, Default)]
pub(super) struct Flows {
    pending: HashMap<(u64, u64), Vec<(u64, u64)>>,
    last: u64,
}

impl Flows {
    /// A task was woken: the number of the arrow.
    pub(super) fn leave(&mut self, recording: u64, task: u64, at: u64) -> Option<u64> {
        let key = (recording, task);
        if self.pending.len() >= MOST_TASKS && !self.pending.contains_key(&key) {
            return None;
        }
        let pending = self.pending.entry(key).or_default();
        if pending.len() >= MOST_WAKES {
            return None;
        }
        self.last += 1;
        pending.push((at, self.last));
        Some(self.last)
    }

    /// It was polled from `start` on: what came later leads to the next poll.
    pub(super) fn arrive(&mut self, recording: u64, task: u64, start: u64) -> Vec<u64> {
        let key = (recording, task);
        let Some(pending) = self.pending.get_mut(&key) else { return Vec::new() };
        let arrived = pending.iter().filter(|(at, _)| *at <= start).map(|(_, flow)| *flow).collect();
        pending.retain(|(at, _)| *at > start);
        if pending.is_empty() {
            self.pending.remove(&key);
        }
        arrived
    }

    /// It is over.
    pub(super) fn forget(&mut self, recording: u64, task: u64) {
        self.pending.remove(&(recording, task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_during_a_poll_leads_to_the_next() {
        let mut flows = Flows::default();
        assert_eq!(flows.leave(1, 7, 10), Some(1));
        assert_eq!(flows.leave(1, 7, 25), Some(2));
        assert_eq!(flows.leave(2, 7, 5), Some(3));
        assert_eq!(flows.arrive(1, 7, 20), [1]);
        assert_eq!(flows.arrive(1, 7, 30), [2]);
        assert!(flows.arrive(1, 7, 40).is_empty());
        flows.forget(2, 7);
        assert!(flows.pending.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut flows = Flows::default();
        let kept = (0..100).filter(|at| flows.leave(1, 7, *at).is_some()).count();
        assert_eq!(kept, MOST_WAKES);
    }
}
