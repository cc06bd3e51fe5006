//! Registries: which metrics are read together.
//!
//! There is one by default, [`Registry::global`], that annotated functions and `S::global()` report into; others are
//! made for tests and for metrics that live and go with an instance. A registry holds its metrics weakly: what is
//! dropped leaves it.

mod debug;
mod identity;
mod instrument;
mod merge;
mod reading;
mod snapshot;
mod source;
#[cfg(feature = "telemetry")]
mod watch;
mod windows;

use std::collections::HashMap;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use spanwright_core::context::Context;

pub use debug::{DebugInfo, MetricsSnapshot, MetricsView};
pub(crate) use identity::Identity;
#[cfg(feature = "telemetry")]
pub(crate) use instrument::{Content, LabelSpec};
pub use instrument::{Instrument, Places, ZERO_SERIES};
pub(crate) use instrument::{gauge_bits, gauge_value};
#[cfg(feature = "telemetry")]
pub(crate) use merge::merged;
pub use snapshot::{
    Exemplar, Family, Histogram, Kind, LabelSet, NativeHistogram, Sample, Series, Snapshot, Text, Value,
};
pub use source::Source;
#[cfg(feature = "telemetry")]
pub use watch::Watched;
pub use windows::{Window, Windows};

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
    families: HashMap<Text, Weak<Instrument>>,
    sources: Vec<Weak<dyn Source>>,
    conflicts: Vec<Conflict>,
}

/// A metric that is not exported, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metric `{name}` ({place}) is not exported: {problem}")]
pub struct Conflict {
    /// The metric's name.
    pub name: String,
    /// Where it was written, as `file:line`.
    pub place: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
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

    /// What all metrics hold now, and what callbacks and [sources](Source) say. Every histogram's buckets and sum belong together
    /// (unless its writer is stopped in the middle of an observation). Values are those of the current [`Context`]'s store.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(|_| true)
    }

    /// What the metrics with such names hold now.
    fn snapshot_of(&self, is_wanted: impl Fn(&str) -> bool) -> Snapshot {
        // The instruments outlive the reading: the last owner of one must not give its cells back under the lock.
        let instruments = self.live();
        let wanted = instruments.iter().map(Arc::as_ref).filter(|one| is_wanted(&one.identity.name));
        let (mut families, time) = read(&wanted.collect::<Vec<_>>());
        for source in self.sources() {
            let mut collected = Vec::new();
            if panic::catch_unwind(AssertUnwindSafe(|| source.collect(&mut collected))).is_err() {
                callbacks_panicked(1);
                continue;
            }
            for mut family in collected.into_iter().filter(|family| is_wanted(&family.name)) {
                let series = std::mem::take(&mut family.series);
                let (name, start) = (family.name.clone(), family.start);
                families.add(&name, || family, start, series);
            }
        }
        Snapshot { families: families.finish(), time }
    }

    /// Asks `source` for its families at each snapshot, from now on and as long as it lives.
    pub fn add_source<S: Source + 'static>(&self, source: &Arc<S>) {
        let source: Weak<dyn Source> = Arc::<S>::downgrade(source);
        let mut inner = self.lock();
        inner.sources.retain(|source| source.strong_count() > 0);
        inner.sources.push(source);
    }

    /// The family of that name, as it is now.
    #[must_use]
    pub fn get_metric(&self, name: &str) -> Option<Family> {
        self.snapshot_of(|its_name| its_name == name).families.pop()
    }

    /// Calls `each` with every number that a [snapshot](Self::snapshot) of now has; see [`Snapshot::for_each`].
    pub fn for_each(&self, each: impl FnMut(Sample<'_>)) {
        self.snapshot().for_each(each);
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

    /// Adds a metric, or notes and says why it is not exported.
    pub(crate) fn add(&self, instrument: &Arc<Instrument>) {
        let Some(conflict) = self.try_add(instrument) else { return };
        let is_known = {
            let mut inner = self.lock();
            let is_known = inner.conflicts.contains(&conflict);
            if !is_known {
                inner.conflicts.push(conflict.clone());
            }
            is_known
        };
        #[cfg(feature = "telemetry")]
        {
            // Its own metrics would wait for themselves.
            if !instrument.is_own() {
                crate::own_metrics::OwnMetrics::global().metric_conflicts_total.inc();
            }
            // Those before the start are among its problems.
            if !is_known {
                crate::telemetry::report_if_started(&conflict);
            }
        }
        #[cfg(not(feature = "telemetry"))]
        let _ = is_known;
    }

    fn try_add(&self, instrument: &Arc<Instrument>) -> Option<Conflict> {
        if !instrument.has_cells() {
            let problem = "there is no room for its series; drop a label, or buckets".to_owned();
            return Some(refuse(instrument, problem));
        }
        // Those that were found outlive the lock: the last owner of one gives its cells back.
        let found: Vec<Arc<Instrument>>;
        let mut inner = self.lock();
        let names = instrument.identity.names_in_conflict();
        found = names.filter_map(|name| inner.of_name(&name)).collect();
        let conflict = found.iter().find_map(|other| conflict(other, instrument));
        if conflict.is_none() {
            inner.push(instrument);
        }
        drop(inner);
        conflict
    }

    fn sources(&self) -> Vec<Arc<dyn Source>> {
        self.lock().sources.iter().filter_map(Weak::upgrade).collect()
    }

    fn live(&self) -> Vec<Arc<Instrument>> {
        self.lock().instruments.iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A live metric of that name; all of one name are equal.
    fn of_name(&self, name: &str) -> Option<Arc<Instrument>> {
        let known = self.families.get(name)?;
        let of_name = |other: &Arc<Instrument>| other.identity.name == *name;
        known.upgrade().or_else(|| self.instruments.iter().filter_map(Weak::upgrade).find(of_name))
    }

    fn push(&mut self, instrument: &Arc<Instrument>) {
        if self.instruments.len() == self.instruments.capacity() {
            // Before the list grows it is cleared of what has gone.
            self.instruments.retain(|other| other.strong_count() > 0);
            let instruments = &self.instruments;
            let is_live = |name: &str| {
                instruments.iter().filter_map(Weak::upgrade).any(|other| other.identity.name == *name)
            };
            self.families.retain(|name, other| other.strong_count() > 0 || is_live(name));
        }
        self.instruments.push(Arc::downgrade(instrument));
        let of_family = self.families.entry(instrument.identity.name.clone()).or_default();
        if of_family.strong_count() == 0 {
            *of_family = Arc::downgrade(instrument);
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.live().iter().map(|instrument| instrument.identity.name.clone()).collect();
        f.debug_struct("Registry").field("metrics", &names).finish_non_exhaustive()
    }
}

/// Reads metrics, after their callbacks. When it was is told as well.
fn read(instruments: &[&Instrument]) -> (merge::Families, SystemTime) {
    callbacks_panicked(instruments.iter().map(|instrument| instrument.call_back()).sum());
    let mut families = merge::Families::default();
    let look = reading::Look::at(Context::here().store);
    for instrument in instruments {
        let (identity, series) = (&instrument.identity, instrument.series(&look.read()));
        families.add(&identity.name, || identity.family(), Some(instrument.start()), series);
    }
    (families, look.time())
}

/// What these metrics hold now, wherever they are registered.
pub(crate) fn snapshot_of(instruments: &[&Instrument]) -> Snapshot {
    let (families, time) = read(instruments);
    Snapshot { families: families.finish(), time }
}

fn callbacks_panicked(count: u64) {
    #[cfg(feature = "telemetry")]
    if count > 0 {
        crate::own_metrics::OwnMetrics::global().callback_panics_total.add(count);
    }
    #[cfg(not(feature = "telemetry"))]
    let _ = count;
}

/// Why `second` can't be exported beside `first`, if it can't: families of one name are equal, and no family has the
/// name of another's sample.
fn conflict(first: &Instrument, second: &Instrument) -> Option<Conflict> {
    let (one, other) = (&first.identity, &second.identity);
    let (name, place) = (&one.name, place(first));
    let problem = if one.name == other.name {
        let different = difference(one, other)?;
        format!("the one at {place} has the same name and different {different}; rename one of them")
    } else if one.has_sample(&other.name) || other.has_sample(&one.name) {
        format!("it shares the name of a sample with `{name}` ({place}); rename one of them")
    } else {
        return None;
    };
    Some(refuse(second, problem))
}

fn refuse(instrument: &Instrument, problem: String) -> Conflict {
    Conflict { name: instrument.identity.name.to_string(), place: place(instrument), problem }
}

fn place(instrument: &Instrument) -> String {
    let (file, line) = instrument.place;
    format!("{file}:{line}")
}

/// What makes two families of one name different.
fn difference(one: &Identity, other: &Identity) -> Option<&'static str> {
    let differences = [
        (one.kind != other.kind, "kinds"),
        (one.label_names != other.label_names, "label names"),
        (one.unit != other.unit, "units"),
        (one.scale != other.scale, "buckets"),
        (one.help != other.help, "help texts"),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

#[cfg(test)]
mod tests;
