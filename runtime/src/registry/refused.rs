//! Metrics that another one stands in the way of, until it is gone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Weak;

use super::instrument::Instrument;
use super::snapshot::Text;

/// Metrics that were refused, by their number.
pub(super) type Waiting = BTreeMap<u64, Weak<Instrument>>;

/// Those that were refused.
#[derive(Default)]
pub(super) struct Refused {
    /// By the name of the family that is in their way.
    waiting: HashMap<Text, Waiting>,
    /// What each of them waits for.
    obstacles: HashMap<u64, Text>,
}

impl Refused {
    /// Keeps a metric until that family is gone.
    pub(super) fn push(&mut self, number: u64, metric: Weak<Instrument>, obstacle: Text) {
        self.waiting.entry(obstacle.clone()).or_default().insert(number, metric);
        self.obstacles.insert(number, obstacle);
    }

    /// Forgets a metric that is gone; whether it was one of these.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        let Some(obstacle) = self.obstacles.remove(&number) else { return false };
        if let Some(waiting) = self.waiting.get_mut(&obstacle) {
            waiting.remove(&number);
            if waiting.is_empty() {
                self.waiting.remove(&obstacle);
            }
        }
        true
    }

    /// Takes out those that waited for a family to go.
    pub(super) fn take(&mut self, gone: &str) -> Waiting {
        let waiting = self.waiting.remove(gone).unwrap_or_default();
        for number in waiting.keys() {
            self.obstacles.remove(number);
        }
        waiting
    }
}
