//! The slowest traces of each group: of those whose roots have one name and target.

use std::collections::HashMap;

use super::kept::Summary;
use crate::span::TraceId;

/// Traces of a group.
pub(crate) const MOST: usize = 20;
/// Groups.
pub(crate) const MOST_GROUPS: usize = 50;

/// By group, the slowest first.
#[derive(Debug, Default)]
pub(super) struct Slowest {
    groups: HashMap<(String, String), Vec<(u64, TraceId)>>,
    changed: bool,
}

impl Slowest {
    /// Whether a trace is one of them.
    pub(super) fn wants(&self, trace: &Summary) -> bool {
        match self.groups.get(&key(trace)) {
            Some(group) => {
                group.len() < MOST || group.last().is_some_and(|(fastest, _)| trace.duration() > *fastest)
            }
            None => self.groups.len() < MOST_GROUPS,
        }
    }

    /// Takes in a trace that it wants, and returns the one that is none of them any more.
    pub(super) fn add(&mut self, trace_id: TraceId, trace: &Summary) -> Option<TraceId> {
        let group = self.groups.entry(key(trace)).or_default();
        let duration = trace.duration();
        let at = group.partition_point(|(other, _)| *other >= duration);
        group.insert(at, (duration, trace_id));
        self.changed = true;
        if group.len() > MOST { group.pop().map(|(_, trace_id)| trace_id) } else { None }
    }

    /// Gives up the fastest of the largest group.
    pub(super) fn pop(&mut self) -> Option<TraceId> {
        let group = self.groups.values_mut().max_by_key(|group| group.len())?;
        let (_, trace_id) = group.pop()?;
        self.changed = true;
        Some(trace_id)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = TraceId> {
        self.groups.values().flatten().map(|(_, trace_id)| *trace_id)
    }

    pub(super) fn has_changed(&self) -> bool {
        self.changed
    }

    /// Whether it has changed since this was last called.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}

fn key(trace: &Summary) -> (String, String) {
    (trace.target.clone(), trace.name.clone())
}
