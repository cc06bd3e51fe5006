//! Aggregations: values of each group.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use spanwright::instrument;

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_PROCESSOR_TYPE};
use crate::expression::{Compiled, ExpressionError, compare};
use crate::plan::AggregateItem;
use crate::sql::Aggregate;
use crate::value::{Event, Key, Value};

/// The groups of a query, and their values.
#[derive(Debug)]
pub struct Aggregator {
    keys: Vec<usize>,
    items: Vec<AggregateItem>,
    groups: BTreeMap<Vec<Key>, Group>,
    bytes: usize,
    computation_count: u64,
}

#[derive(Debug)]
struct Group {
    keys: Vec<Value>,
    /// One for each item that is no key.
    sums: Vec<Sum>,
    /// The time of its latest event.
    timestamp: u64,
    is_new: bool,
}

/// What is known of a value so far.
#[derive(Clone, Debug, Default)]
struct Sum {
    count: u64,
    /// As long as it is whole, and what it is else.
    whole: Option<i64>,
    total: f64,
    extreme: Option<Value>,
}

impl Aggregator {
    pub(crate) fn new(keys: Vec<usize>, items: Vec<AggregateItem>) -> Self {
        Self { keys, items, groups: BTreeMap::new(), bytes: 0, computation_count: 0 }
    }

    /// How many values it has worked out.
    #[must_use]
    pub fn get_computation_count(&self) -> u64 {
        self.computation_count
    }

    /// Forgets the groups, and not how many values there were.
    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        self.bytes = 0;
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds events to their groups, and gives a row of each group that has changed. With `at_end`, the groups are forgotten then:
    /// the next window begins with none.
    #[instrument(
        name = "Aggregation Processing",
        target = "eventflux::aggregate",
        fields({ATTR_PROCESSOR_TYPE} = "aggregator", {ATTR_EVENT_COUNT} = events.len()),
        metrics(prefix = "processor", labels(processor = "aggregator")),
    )]
    pub(crate) fn process(&mut self, events: &[Event], forget: bool) -> Result<Vec<Event>, ExpressionError> {
        let updated = self.update(events);
        let rows = self.compute();
        if forget {
            self.clear();
        }
        updated.map(|()| rows)
    }

    #[instrument(name = "State Update", target = "eventflux::aggregate", fields({ATTR_EVENT_COUNT} = events.len()))]
    fn update(&mut self, events: &[Event]) -> Result<(), ExpressionError> {
        for event in events {
            let key: Vec<Key> = self.keys.iter().map(|place| event.values[*place].key()).collect();
            let group = self.groups.entry(key).or_insert_with(|| {
                let keys: Vec<Value> = self.keys.iter().map(|place| event.values[*place].clone()).collect();
                let sums = vec![Sum { whole: Some(0), ..Sum::default() }; self.items.len()];
                self.bytes += size_of::<Group>()
                    + keys.iter().map(|key| 2 * key.bytes()).sum::<usize>()
                    + sums.len() * size_of::<Sum>();
                Group { keys, sums, timestamp: 0, is_new: false }
            });
            group.is_new = true;
            group.timestamp = group.timestamp.max(event.timestamp);
            for (item, sum) in self.items.iter().zip(&mut group.sums) {
                if let AggregateItem::Value(function, argument) = item {
                    sum.add(*function, argument.as_ref(), event)?;
                }
            }
        }
        Ok(())
    }

    #[instrument(name = "Computation", target = "eventflux::aggregate", fields(groups = Empty))]
    fn compute(&mut self) -> Vec<Event> {
        let mut rows = Vec::new();
        for group in self.groups.values_mut().filter(|group| group.is_new) {
            group.is_new = false;
            let value = |(item, sum): (&AggregateItem, &Sum)| match item {
                AggregateItem::Key(key) => group.keys[*key].clone(),
                AggregateItem::Value(function, argument) => sum.value(*function, argument.is_some()),
            };
            let values = self.items.iter().zip(&group.sums).map(value).collect();
            rows.push(Event { timestamp: group.timestamp, values });
        }
        self.computation_count += (rows.len() * self.items.len()) as u64;
        spanwright::record!(groups = rows.len());
        rows
    }
}

impl Sum {
    fn add(
        &mut self,
        function: Aggregate,
        of: Option<&Compiled>,
        event: &Event,
    ) -> Result<(), ExpressionError> {
        self.count += 1;
        let Some(of) = of else { return Ok(()) };
        let value = of.value(&event.values)?;
        match function {
            Aggregate::Count => {}
            Aggregate::Sum | Aggregate::Avg => {
                self.total += value.number().unwrap_or(f64::NAN);
                self.whole = match (self.whole, &value) {
                    (Some(whole), Value::Int(value)) if function == Aggregate::Sum => {
                        Some(whole.checked_add(*value).ok_or(ExpressionError::Overflow)?)
                    }
                    _ => None,
                };
            }
            Aggregate::Min | Aggregate::Max => {
                let better = if function == Aggregate::Min { Ordering::Less } else { Ordering::Greater };
                let is_better =
                    self.extreme.as_ref().is_none_or(|extreme| compare(&value, extreme) == Some(better));
                if is_better {
                    self.extreme = Some(value);
                }
            }
        }
        Ok(())
    }

    fn value(&self, function: Aggregate, has_argument: bool) -> Value {
        match (function, self.whole) {
            (Aggregate::Sum, Some(whole)) if has_argument => Value::Int(whole),
            (Aggregate::Sum, _) => Value::Double(self.total),
            (Aggregate::Avg, _) => Value::Double(self.total / self.count as f64),
            (Aggregate::Min | Aggregate::Max, _) => self.extreme.clone().unwrap_or(Value::Int(0)),
            (Aggregate::Count, _) => Value::Int(i64::try_from(self.count).unwrap_or(i64::MAX)),
        }
    }
}
