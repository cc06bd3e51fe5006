//! Joins of two streams, each event with those of the other that are near enough in time.

use std::collections::{HashMap, VecDeque};

use spanwright::instrument;

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_PROCESSOR_TYPE};
use crate::plan::JoinPlan;
use crate::value::{Event, Key};

/// What waits for its counterpart.
#[derive(Debug)]
pub(crate) struct Join {
    plan: JoinPlan,
    sides: [Side; 2],
    /// The latest time of an event of each: one of them may be ahead.
    reached: [u64; 2],
    bytes: usize,
}

/// The events of one stream, by what they are joined by, and in the order they came in.
#[derive(Debug, Default)]
struct Side {
    by_key: HashMap<Key, VecDeque<Event>>,
    order: VecDeque<(u64, Key)>,
}

impl Join {
    pub(crate) fn new(plan: JoinPlan) -> Self {
        Self { plan, sides: Default::default(), reached: [0; 2], bytes: 0 }
    }

    /// Forgets the events.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.plan);
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.sides.iter().map(|side| side.order.len()).sum()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes events of the stream with this number, 0 or 1, and gives the pairs that they make.
    #[instrument(
        name = "Join Operation",
        target = "eventflux::join",
        fields({ATTR_PROCESSOR_TYPE} = "join", {ATTR_EVENT_COUNT} = events.len(), join.matches = Empty),
        metrics(prefix = "processor", labels(processor = "join")),
    )]
    pub(crate) fn process(&mut self, input: usize, events: Vec<Event>) -> Vec<Event> {
        let mut pairs = Vec::new();
        for event in events {
            self.reached[input] = self.reached[input].max(event.timestamp);
            let key = event.values[self.plan.columns[input]].key();
            let others = self.sides[1 - input].by_key.get(&key).into_iter().flatten();
            pairs.extend(
                others
                    .filter(|other| other.timestamp.abs_diff(event.timestamp) <= self.plan.within_ms)
                    .map(|other| if input == 0 { pair(&event, other) } else { pair(other, &event) }),
            );
            self.bytes += event.bytes();
            let side = &mut self.sides[input];
            side.order.push_back((event.timestamp, key.clone()));
            side.by_key.entry(key).or_default().push_back(event);
        }
        self.forget();
        spanwright::record!(join.matches = pairs.len());
        pairs
    }

    /// Drops what is too old for all that may come from the other side.
    fn forget(&mut self) {
        for (side, others) in self.sides.iter_mut().zip([self.reached[1], self.reached[0]]) {
            let oldest = others.saturating_sub(self.plan.within_ms);
            while side.order.front().is_some_and(|(timestamp, _)| *timestamp < oldest) {
                let Some((_, key)) = side.order.pop_front() else { break };
                let Some(of_key) = side.by_key.get_mut(&key) else { continue };
                self.bytes -= of_key.pop_front().map_or(0, |event| event.bytes());
                if of_key.is_empty() {
                    side.by_key.remove(&key);
                }
            }
        }
    }
}

fn pair(left: &Event, right: &Event) -> Event {
    let values = left.values.iter().chain(&*right.values).cloned().collect();
    Event { timestamp: left.timestamp.max(right.timestamp), values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn event(timestamp: u64, key: i64) -> Event {
        Event { timestamp, values: [Value::Int(key)].into() }
    }

    fn pairs(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.timestamp).collect()
    }

    #[test]
    fn events_are_joined_within_the_time_whichever_comes_first() {
        let mut join = Join::new(JoinPlan { columns: [0, 0], within_ms: 10 });
        assert!(join.process(0, vec![event(100, 1), event(100, 2)]).is_empty());
        let found = join.process(1, vec![event(90, 1), event(110, 2), event(111, 2), event(100, 3)]);
        assert_eq!(pairs(&found), [100, 110]);
        assert_eq!(found[0].values.len(), 2, "both of their columns");
        assert_eq!(pairs(&join.process(0, vec![event(105, 3)])), [105]);
    }

    #[test]
    fn a_side_that_is_ahead_waits_for_the_other_and_what_is_too_old_is_dropped() {
        let mut join = Join::new(JoinPlan { columns: [0, 0], within_ms: 10 });
        join.process(0, (0..100).map(|time| event(time, 1)).collect());
        assert_eq!(join.len(), 100, "the other side has not begun");
        assert_eq!(pairs(&join.process(1, vec![event(5, 1)])).len(), 16);
        join.process(1, vec![event(95, 1)]);
        assert_eq!(join.len(), 15 + 1, "85 to 99, and the last one");
        assert!(join.bytes() > 0);
    }
}
