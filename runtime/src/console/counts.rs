//! What is counted of a function's calls, and where it stands in a snapshot.

use std::collections::HashMap;

use crate::Objective;
use crate::registry::{Histogram, LabelSet, Series, Snapshot, Value};

/// Calls by outcome and by duration, since the process' start.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    calls: u64,
    errors: u64,
    /// In seconds; nothing where durations have no classic buckets.
    durations: Option<Durations>,
}

#[derive(Clone, Debug, PartialEq)]
enum Durations {
    Classic(Histogram),
    Native(Box<crate::registry::NativeHistogram>),
}

impl Counts {
    /// What these series say together.
    pub(super) fn of(calls: &[&Series], durations: &[&Series]) -> Self {
        let mut counts = Self::default();
        for series in calls {
            let Value::Counter(value) = series.value else { continue };
            counts.calls += value;
            if matches!(series.labels.get("outcome"), Some("error" | "panicked")) {
                counts.errors += value;
            }
        }
        for series in durations {
            counts.durations = match (counts.durations.take(), &series.value) {
                (None, Value::Histogram(one)) => Some(Durations::Classic((**one).clone())),
                (None, Value::NativeHistogram(one)) => Some(Durations::Native(one.clone())),
                (Some(mut all), one) => {
                    all.add(one);
                    Some(all)
                }
                (None, _) => None,
            };
        }
        counts
    }

    /// How many calls have ended.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// How many of them in an error or a panic.
    pub(super) fn errors(&self) -> u64 {
        self.errors
    }

    /// What came since `before`; all where it has begun anew.
    pub(super) fn since(&self, before: &Self) -> Self {
        if self.calls < before.calls {
            return self.clone();
        }
        let durations = match (&self.durations, &before.durations) {
            (Some(now), Some(before)) => now.since(before),
            (now, _) => now.clone(),
        };
        Self {
            calls: self.calls - before.calls,
            errors: self.errors.saturating_sub(before.errors),
            durations,
        }
    }

    /// A quantile of the durations, in seconds.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        match self.durations.as_ref()? {
            Durations::Classic(durations) => durations.quantile(q),
            Durations::Native(durations) => durations.quantile(q),
        }
    }
}

impl Durations {
    fn value(&self) -> Value {
        match self {
            Self::Classic(one) => one.clone().into(),
            Self::Native(one) => Value::NativeHistogram(one.clone()),
        }
    }

    /// Adds another; one with other buckets is left out.
    fn add(&mut self, other: &Value) {
        let mut value = self.value();
        value.add(other);
        if let Some(sum) = Self::of(value) {
            *self = sum;
        }
    }

    fn since(&self, before: &Self) -> Option<Self> {
        Self::of(self.value().since(&before.value())?)
    }

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Histogram(one) => Some(Self::Classic(*one)),
            Value::NativeHistogram(one) => Some(Self::Native(one)),
            _ => None,
        }
    }
}

/// The series of a family by the labels that functions are told apart by, so that a snapshot is gone over once.
#[derive(Debug)]
pub(super) struct Index<'s> {
    /// The labels' names.
    names: Vec<&'static str>,
    series: HashMap<String, Vec<&'s Series>>,
}

impl<'s> Index<'s> {
    /// Of a family whose functions have labels of these names.
    pub(super) fn of(snapshot: &'s Snapshot, family: &str, names: Vec<&'static str>) -> Self {
        let mut series = HashMap::<_, Vec<_>>::new();
        for one in snapshot.family(family).map_or(&[][..], |family| &family.series) {
            series.entry(key(&names, &one.labels)).or_default().push(one);
        }
        Self { names, series }
    }

    /// The series with these labels.
    pub(super) fn series(&self, labels: &[(&str, &str)]) -> &[&'s Series] {
        let value = |name: &&str| labels.iter().find(|(its, _)| its == name).map_or("", |(_, value)| *value);
        let values: Vec<&str> = self.names.iter().map(value).collect();
        self.series.get(&values.join("\u{1f}")).map_or(&[], Vec::as_slice)
    }
}

fn key(names: &[&str], labels: &LabelSet) -> String {
    let values: Vec<&str> = names.iter().map(|name| labels.get(name).unwrap_or_default()).collect();
    values.join("\u{1f}")
}

/// How many calls count for an objective, and how many of them were bad; nothing where that is not counted.
pub(super) fn good_and_bad(snapshot: &Snapshot, objective: &Objective) -> Option<(u64, u64)> {
    let families = &objective.families;
    let series = |family: &str| {
        let all = snapshot.family(family).map_or(&[][..], |family| &family.series);
        all.iter().filter(|series| series.labels.includes(families.labels)).collect::<Vec<_>>()
    };
    let count = |all: &[&Series], wanted: &dyn Fn(&Series) -> bool| -> u64 {
        let wanted = all.iter().filter(|series| wanted(series));
        wanted.map(|series| if let Value::Counter(value) = series.value { value } else { 0 }).sum()
    };
    if let Some(bound) = objective.bucket() {
        let (mut total, mut good) = (0, 0);
        for series in series(families.duration) {
            let Value::Histogram(durations) = &series.value else { continue };
            total += durations.count();
            let within = durations.cumulative().take_while(|(upper, _)| *upper <= bound * (1.0 + 1e-9));
            good += within.last().map_or(0, |(_, count)| count);
        }
        return Some((total, total - good));
    }
    if !families.know_success() {
        return None;
    }
    let calls = series(families.calls);
    if families.has_outcome {
        let is = |wanted: &'static [&'static str]| {
            move |series: &Series| series.labels.get("outcome").is_some_and(|its| wanted.contains(&its))
        };
        return Some((
            count(&calls, &is(&["ok", "error", "panicked"])),
            count(&calls, &is(&["error", "panicked"])),
        ));
    }
    let all = |_: &Series| true;
    let cancelled = count(&series(families.cancelled), &all);
    Some((count(&calls, &all).saturating_sub(cancelled), count(&series(families.errors), &all)))
}
