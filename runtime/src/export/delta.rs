//! From what was counted since the start to what came since the last push.
//!
//! Invariants:
//! - what is owed is owed until it is [settled](Deltas::settle): delivered, or given up for good. So a push that failed is
//!   made up for by the next one, which starts where the failed one did, and nothing is counted twice;
//! - a value that has gone down, or has been counting since the last snapshot alone, started anew from zero: an instance of
//!   the metric was dropped;
//! - nothing is kept of a series that is gone and owes nothing;
//! - of series with the same labels in one family, the first counts; what contradicts itself does not count at all.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::registry::{FINEST, is_anew};
use crate::registry::{Family, LabelSet, Series, Snapshot, Text, Value};

/// What was seen of all counters and histograms, and what is owed of them.
#[derive(Debug)]
pub(super) struct Deltas {
    families: HashMap<Text, Seen>,
    /// When this was made: what says no start has been counting since then, as far as is known.
    made: SystemTime,
    /// The time of the last snapshot.
    time: Option<SystemTime>,
}

/// A family as it was last.
#[derive(Debug)]
struct Seen {
    /// What it is, without series.
    family: Family,
    series: HashMap<LabelSet, Account>,
}

/// What was seen of one series.
#[derive(Debug, Default)]
struct Account {
    /// Its last value; nothing where it is gone.
    last: Option<Value>,
    /// Since when that was counted, as far as is known.
    began: Option<SystemTime>,
    owed: Option<Owed>,
}

/// What is not delivered yet.
#[derive(Clone, Debug)]
struct Owed {
    value: Value,
    /// Since when.
    start: SystemTime,
}

/// What is to be sent of one family.
#[derive(Debug)]
pub(super) struct Change {
    /// The family, with what is owed as the values of its series.
    pub(super) family: Family,
    /// Since when each of them is.
    pub(super) starts: Vec<SystemTime>,
}

/// Whether a value only ever grows. Of all others there is no delta: gauges and up-down counters.
pub(super) fn is_counted(value: &Value) -> bool {
    !matches!(value, Value::Gauge(_))
}

impl Deltas {
    /// Of what comes from `now` on, and what was counted before.
    pub(super) fn new(now: SystemTime) -> Self {
        Self { families: HashMap::new(), made: now, time: None }
    }

    /// All that is owed, this snapshot included. What has not changed is not among it, but what is new is.
    pub(super) fn owed(&mut self, snapshot: &Snapshot) -> Vec<Change> {
        let since = self.time.replace(snapshot.time);
        let mut before = std::mem::take(&mut self.families);
        let mut changes = Vec::new();
        for family in &snapshot.families {
            let identity = identity(family);
            let mut known = before.remove(&family.name).map(|seen| seen.series).unwrap_or_default();
            let mut change = Change { family: identity.clone(), starts: Vec::new() };
            let mut series = HashMap::with_capacity(family.series.len());
            let counted = family.series.iter().filter(|one| is_counted(&one.value) && one.value.is_sound());
            for one in counted {
                // Of two with the same labels, the second would be new each time.
                if series.contains_key(&one.labels) {
                    continue;
                }
                let mut account = known.remove(&one.labels).unwrap_or_default();
                let began = family.start_of(one);
                // Nothing is before anything.
                let start = since.max(began).unwrap_or(self.made).min(snapshot.time);
                account.advance(&one.value, began, since, start);
                change.push(&one.labels, &account, one);
                series.insert(one.labels.clone(), account);
            }
            let mut seen = Seen { family: identity, series };
            seen.keep_debts(known, &mut change);
            changes.extend((!change.starts.is_empty()).then_some(change));
            if !seen.series.is_empty() {
                self.families.insert(family.name.clone(), seen);
            }
        }
        for (name, Seen { family, series }) in before {
            let mut change = Change { family: family.clone(), starts: Vec::new() };
            let mut seen = Seen { family, series: HashMap::new() };
            seen.keep_debts(series, &mut change);
            if !change.starts.is_empty() {
                changes.push(change);
                self.families.insert(name, seen);
            }
        }
        changes
    }

    /// Nothing is owed of this series any more.
    pub(super) fn settle(&mut self, family: &Text, labels: &LabelSet) {
        let account = self.families.get_mut(family).and_then(|seen| seen.series.get_mut(labels));
        if let Some(account) = account {
            account.owed = None;
        }
    }
}

impl Seen {
    /// Keeps those of the series that are gone which still owe something.
    fn keep_debts(&mut self, gone: HashMap<LabelSet, Account>, change: &mut Change) {
        for (labels, account) in gone {
            if let Some(Owed { value, start }) = account.owed {
                change.family.series.push(Series {
                    labels: labels.clone(),
                    value: value.clone(),
                    start: None,
                    exemplars: Vec::new(),
                });
                change.starts.push(start);
                self.series
                    .insert(labels, Account { last: None, began: None, owed: Some(Owed { value, start }) });
            }
        }
    }
}

impl Change {
    /// Adds what the account owes.
    fn push(&mut self, labels: &LabelSet, account: &Account, now: &Series) {
        let Some(Owed { value, start }) = &account.owed else { return };
        // An exemplar is of the time that its point is about.
        let exemplars = now.exemplars.iter().filter(|exemplar| exemplar.time >= *start).copied().collect();
        self.family.series.push(Series {
            labels: labels.clone(),
            value: value.clone(),
            start: None,
            exemplars,
        });
        self.starts.push(*start);
    }
}

impl Account {
    /// Takes a new value in. What came since the last one is owed from here on.
    fn advance(
        &mut self,
        now: &Value,
        began: Option<SystemTime>,
        since: Option<SystemTime>,
        start: SystemTime,
    ) {
        let is_anew = is_anew(self.began, began, since);
        let last = self.last.as_ref().filter(|_| !is_anew);
        let is_new = last.is_none();
        let came = match last {
            // All of it where it started anew.
            Some(last) => now.since(last).unwrap_or_else(|| now.clone()),
            None => now.clone(),
        };
        match &mut self.owed {
            Some(owed) => owed.value = sum(&owed.value, came),
            None if is_new || !came.is_nothing() => self.owed = Some(Owed { value: came, start }),
            None => {}
        }
        (self.last, self.began) = (Some(now.clone()), began);
    }
}

/// The family without its series.
fn identity(family: &Family) -> Family {
    Family {
        name: family.name.clone(),
        help: family.help.clone(),
        unit: family.unit.clone(),
        kind: family.kind,
        otel: family.otel.clone(),
        start: family.start,
        series: Vec::new(),
    }
}

/// What is owed after more of it came. What does not fit together takes the place of the former: the metric is another one.
fn sum(owed: &Value, came: Value) -> Value {
    let mut sum = owed.clone();
    match (&mut sum, &came) {
        // Finer ones would have millions of empty buckets between two that are far from each other.
        (Value::NativeHistogram(one), Value::NativeHistogram(_)) if one.schema > FINEST => {
            **one = one.as_ref().clone().at_schema(FINEST);
        }
        (Value::Histogram(one), Value::Histogram(other)) if one.bounds != other.bounds => return came,
        (one, other) if std::mem::discriminant(&*one) != std::mem::discriminant(other) => return came,
        _ => {}
    }
    sum.add(&came);
    sum
}

#[cfg(test)]
mod tests;
