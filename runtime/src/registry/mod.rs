//! Registries: which metrics are read together.
//!
//! There is one by default, [`Registry::global`], that annotated functions and `S::global()` report into; others are
//! made for tests and for metrics that live and go with an instance. A registry holds its metrics weakly: what is
//! dropped leaves it.

mod instrument;
mod snapshot;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use spanwright_core::context::Context;

pub(crate) use instrument::{Identity, gauge_bits, gauge_value};
pub use instrument::{Instrument, ZERO_SERIES};
pub use snapshot::{Family, Histogram, Kind, Series, Snapshot, Value};

#[cfg(feature = "telemetry")]
use crate::export::collector::RegistryCollector;

/// A set of metrics that are read together. Cheap to clone; clones are the same registry.
#[derive(Clone, Default)]
pub struct Registry {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    instruments: Vec<Weak<Instrument>>,
    /// A live instrument of each family.
    families: HashMap<Cow<'static, str>, Weak<Instrument>>,
    conflicts: Vec<Conflict>,
}

/// Two metrics that can't both be exported: with one name and not the same family, or with the name of a histogram's
/// sample. The first stays, the second is not exported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "metric `{name}` {problem}: {first_file}:{first_line} stays, {second_file}:{second_line} is not exported; rename \
     one of them"
)]
pub struct Conflict {
    /// The second metric's name.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
    /// The file of the one that stays.
    pub first_file: &'static str,
    /// The line of the one that stays.
    pub first_line: u32,
    /// The file of the other.
    pub second_file: &'static str,
    /// The line of the other.
    pub second_line: u32,
}

impl Registry {
    /// A registry of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The default registry of the process.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Registry> = OnceLock::new();
        GLOBAL.get_or_init(Self::new)
    }

    /// What all metrics hold now. Every histogram's buckets and sum belong together. Values are those of the current
    /// [`Context`]'s store.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        // The instruments outlive the reader: the last owner of one must not give its cells back under the lock.
        let instruments = self.live();
        let mut families: Vec<Family> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let reader = Context::current().store.store().reader();
        for instrument in &instruments {
            let series = instrument.series(&reader);
            match by_name.get(instrument.identity.name.as_ref()) {
                Some(at) => families[*at].series.extend(series),
                None => {
                    by_name.insert(&instrument.identity.name, families.len());
                    families.push(family(&instrument.identity, series));
                }
            }
        }
        drop(reader);
        families.iter_mut().for_each(|family| add_up(&mut family.series));
        families.sort_by(|one, other| one.name.cmp(&other.name));
        Snapshot { families }
    }

    /// The metrics that were declared twice and differently.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.lock().conflicts.clone()
    }

    /// This registry as a collector for a `prometheus::Registry`.
    ///
    /// ```
    /// use spanwright::Registry;
    ///
    /// let theirs = prometheus::Registry::new();
    /// theirs.register(Box::new(Registry::global().prometheus_collector())).unwrap();
    /// theirs.gather();
    /// ```
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn prometheus_collector(&self) -> RegistryCollector {
        RegistryCollector::new(self.clone())
    }

    /// Adds a metric, or notes the conflict where it differs from one of the same name.
    pub(crate) fn add(&self, instrument: &Arc<Instrument>) {
        let mut inner = self.lock();
        let identity = &instrument.identity;
        let of_name = |name: String| inner.families.get(name.as_str()).and_then(Weak::upgrade);
        let first =
            identity.names_in_conflict().filter_map(of_name).find_map(|other| conflict(&other, instrument));
        if let Some(conflict) = first {
            inner.conflicts.push(conflict);
            return;
        }
        if inner.instruments.len() == inner.instruments.capacity() {
            // Before the list grows it is cleared of what has gone.
            inner.instruments.retain(|other| other.strong_count() > 0);
            inner.families.retain(|_, other| other.strong_count() > 0);
        }
        inner.instruments.push(Arc::downgrade(instrument));
        let of_family = inner.families.entry(identity.name.clone()).or_default();
        if of_family.strong_count() == 0 {
            *of_family = Arc::downgrade(instrument);
        }
    }

    fn live(&self) -> Vec<Arc<Instrument>> {
        self.lock().instruments.iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.live().iter().map(|instrument| instrument.identity.name.clone()).collect();
        f.debug_struct("Registry").field("metrics", &names).finish_non_exhaustive()
    }
}

fn family(identity: &Identity, series: Vec<Series>) -> Family {
    Family {
        name: identity.name.clone(),
        help: identity.help.clone(),
        unit: identity.unit.clone(),
        kind: identity.kind,
        series,
    }
}

/// Adds up series with the same labels: several instances of one metric.
fn add_up(series: &mut Vec<Series>) {
    let mut places: HashMap<Vec<(String, String)>, usize> = HashMap::with_capacity(series.len());
    let mut kept: Vec<Series> = Vec::with_capacity(series.len());
    for one in series.drain(..) {
        let key = one.labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        match places.get(&key) {
            Some(at) => kept[*at].value.add(&one.value),
            None => {
                places.insert(key, kept.len());
                kept.push(one);
            }
        }
    }
    *series = kept;
}

fn conflict(first: &Instrument, second: &Instrument) -> Option<Conflict> {
    let (one, other) = (&first.identity, &second.identity);
    let problem = if one.name == other.name {
        format!("is declared twice, with different {}", difference(one, other)?)
    } else if one.has_sample(&other.name) || other.has_sample(&one.name) {
        format!("shares the name of a sample with `{}`", one.name)
    } else {
        return None;
    };
    Some(Conflict {
        name: other.name.to_string(),
        problem,
        first_file: first.place.0,
        first_line: first.place.1,
        second_file: second.place.0,
        second_line: second.place.1,
    })
}

/// What makes two families of one name different.
fn difference(one: &Identity, other: &Identity) -> Option<&'static str> {
    let differences = [
        (one.kind != other.kind, "kinds"),
        (one.label_names != other.label_names, "label names"),
        (one.unit != other.unit, "units"),
        (one.bounds != other.bounds, "buckets"),
        (one.help != other.help, "help texts"),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

#[cfg(test)]
mod tests;
