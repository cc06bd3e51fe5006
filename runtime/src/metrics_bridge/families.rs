//! Series by family, under the names that are exported, and how many there may be.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::Key;

use super::names;
use super::values::Held;
use crate::own_metrics::OwnMetrics;
use crate::registry::{Family, Kind, LabelSet, SAMPLES, Series, Text};
use crate::telemetry;

/// How much there may be of each: series, keys, and families.
pub(super) struct Bounds {
    most: usize,
    /// How many were taken: numbers of their own, which publish nothing.
    series: AtomicUsize,
    keys: AtomicUsize,
}

impl Bounds {
    pub(super) fn new(most: usize) -> Self {
        Self { most, series: AtomicUsize::new(0), keys: AtomicUsize::new(0) }
    }

    /// Whether there may be one more than there are.
    pub(super) fn has_room(&self, there_are: usize) -> bool {
        there_are < self.most
    }

    fn take_series(&self) -> bool {
        self.take(&self.series)
    }

    /// Keys that find no room have a series all the same, but need longer to find it.
    pub(super) fn take_key(&self) -> bool {
        self.take(&self.keys)
    }

    pub(super) fn give_key_back(&self) {
        self.keys.fetch_sub(1, Ordering::Relaxed);
    }

    fn take(&self, taken: &AtomicUsize) -> bool {
        let next = |taken: usize| self.has_room(taken).then_some(taken + 1);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds")
            .field("most", &self.most)
            .field("series", &self.series)
            .finish_non_exhaustive()
    }
}

/// What kind of metric each name is that is exported.
#[derive(Default)]
pub(super) struct Kinds(Mutex<HashMap<Text, Kind>>);

impl Kinds {
    /// Whether the name is free for this kind: it was asked for first, and is not that of a histogram's sample.
    fn claim(&self, name: &Text, kind: Kind) -> bool {
        let problem = {
            let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let problem = conflict(&kinds, name, kind);
            if problem.is_none() {
                kinds.insert(name.clone(), kind);
            }
            problem
        };
        if let Some(problem) = &problem {
            OwnMetrics::global().metric_conflicts_total.inc();
            telemetry::report(&format!(
                "metric `{name}` of the crate `metrics` {problem}: only the first is exported; rename one of them"
            ));
        }
        problem.is_none()
    }
}

/// Why there can't be another metric of that name and kind, if there can't.
fn conflict(kinds: &HashMap<Text, Kind>, name: &Text, kind: Kind) -> Option<String> {
    if let Some(first) = kinds.get(name) {
        let (one, other) = (first.prometheus_type(), kind.prometheus_type());
        return (*first != kind).then(|| format!("is a {one} and a {other}"));
    }
    let of_histogram = |name: &&str| kinds.get(*name) == Some(&Kind::Histogram);
    if let Some(histogram) = SAMPLES.iter().filter_map(|suffix| name.strip_suffix(suffix)).find(of_histogram)
    {
        return Some(format!("has the name of a sample of the histogram `{histogram}`"));
    }
    let samples = || SAMPLES.iter().map(|suffix| format!("{name}{suffix}"));
    let other = samples().find(|sample| kind == Kind::Histogram && kinds.contains_key(sample.as_str()))?;
    Some(format!("is a histogram with a sample of the name of the metric `{other}`"))
}

/// All series of one kind of metric.
pub(super) struct Families<V>(Mutex<HashMap<Text, OfFamily<V>>>);

/// The series of one family.
struct OfFamily<V> {
    series: HashMap<LabelSet, Arc<V>>,
    /// For what has no room.
    overflow: Option<Arc<V>>,
    /// Whether the name is this kind's.
    is_exported: bool,
}

impl<V> OfFamily<V> {
    /// The series with their labels, that of what has no room as the last.
    fn all(&self) -> Vec<(LabelSet, Arc<V>)> {
        let overflow = self
            .overflow
            .iter()
            .map(|value| (LabelSet::from([(names::OVERFLOW, "true")]), Arc::clone(value)));
        let series = self.series.iter().map(|(labels, value)| (labels.clone(), Arc::clone(value)));
        series.chain(overflow).collect()
    }
}

impl<V> Default for Families<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Held> Families<V> {
    /// The series of a key, and whether it is its own and not that of all that has no room. Nothing where there is no room
    /// for the family, or its name is too long. `make` gets the family's name.
    pub(super) fn get(
        &self,
        key: &Key,
        bounds: &Bounds,
        kinds: &Kinds,
        make: impl FnOnce(&str) -> V,
    ) -> Option<(Arc<V>, bool)> {
        if key.name().len() > names::LONGEST {
            OwnMetrics::global().label_overflows_total.inc();
            return None;
        }
        let name = names::metric(key.name());
        let labels = (!names::are_too_long(key)).then(|| names::labels(key));
        let mut all = self.lock();
        if !all.contains_key(&*name) {
            if !bounds.has_room(all.len()) {
                OwnMetrics::global().label_overflows_total.inc();
                return None;
            }
            drop(all);
            let new = Text::from(name.to_string());
            // This may print, for which nobody has to wait.
            let is_exported = kinds.claim(&new, V::KIND);
            all = self.lock();
            let family = OfFamily { series: HashMap::new(), overflow: None, is_exported };
            all.entry(new).or_insert(family);
        }
        let family = all.get_mut(&*name)?;
        if let Some(labels) = labels {
            if let Some(value) = family.series.get(&labels) {
                return Some((Arc::clone(value), true));
            }
            if bounds.take_series() {
                let value = Arc::new(make(&name));
                family.series.insert(labels, Arc::clone(&value));
                return Some((value, true));
            }
        }
        OwnMetrics::global().label_overflows_total.inc();
        Some((Arc::clone(family.overflow.get_or_insert_with(|| Arc::new(make(&name)))), false))
    }

    pub(super) fn collect(&self, families: &mut Vec<Family>) {
        // A value may make its reader wait, and whoever has a new series waits for the lock.
        let exported: Vec<_> = {
            let all = self.lock();
            let exported = all.iter().filter(|(_, of_family)| of_family.is_exported);
            exported.map(|(name, of_family)| (name.clone(), of_family.all())).collect()
        };
        for (name, all) in exported {
            let one = |(labels, value): (LabelSet, Arc<V>)| Series {
                labels,
                value: value.read(),
                start: None,
                exemplars: Vec::new(),
            };
            let mut family =
                Family { series: all.into_iter().map(one).collect(), ..Family::new(name, V::KIND) };
            family.series.sort_unstable_by(|one, other| one.labels.cmp(&other.labels));
            families.push(family);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Text, OfFamily<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
