//! Registries: which metrics are read together.
//!
//! There is one by default, [`Registry::global`], that annotated functions and `S::global()` report into; others are
//! made for tests and for metrics that live and go with an instance. A registry holds its metrics weakly: what is
//! dropped leaves it. What a counter or a histogram has counted stays as long as another one of its name is there, so that
//! their sum never falls; gauges and up-down counters go with all that they said.

mod conflict;
mod debug;
mod identity;
mod instrument;
mod look;
mod members;
mod merge;
mod snapshot;
mod source;
#[cfg(feature = "telemetry")]
mod watch;
mod windows;

use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use spanwright_core::context::Context;

pub use conflict::Conflict;
pub use debug::{DebugInfo, MetricsSnapshot, MetricsView};
#[cfg(feature = "telemetry")]
pub(crate) use identity::Identity;
#[cfg(feature = "metrics")]
pub(crate) use identity::SAMPLES;
#[cfg(feature = "telemetry")]
pub(crate) use instrument::{Content, LabelSpec};
pub use instrument::{Instrument, Places, ZERO_SERIES};
pub(crate) use instrument::{gauge_bits, gauge_value};
pub use members::Owned;
#[cfg(feature = "telemetry")]
pub(crate) use merge::merged;
pub(crate) use snapshot::FINEST;
pub use snapshot::{
    Exemplar, Family, Histogram, Kind, LabelSet, NativeHistogram, Sample, Series, Snapshot, Text, Value,
};
pub use source::Source;
#[cfg(feature = "telemetry")]
pub use watch::Watched;
pub use windows::{Window, Windows};

#[cfg(feature = "telemetry")]
use crate::export::collector::RegistryCollector;
use members::Members;

/// A set of metrics that are read together. Cheap to clone; clones are the same registry.
#[derive(Clone, Default)]
pub struct Registry {
    members: Arc<Mutex<Members>>,
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
    /// (unless its writer is suspended in the middle of an observation for several milliseconds). Values are those of the
    /// current [`Context`]'s store. Within a callback or a source, none is asked: values are those of the cells.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(|_| true)
    }

    /// What the metrics with such names hold now.
    fn snapshot_of(&self, is_wanted: impl Fn(&str) -> bool) -> Snapshot {
        // Dropped after everything else, without a lock.
        let (instruments, residues) = self.lock().of(&is_wanted);
        let (mut families, time) = read(&instruments.iter().map(Arc::as_ref).collect::<Vec<_>>());
        for (name, residue) in residues {
            families.add_counted(&name, residue);
        }
        if let Some(_asking) = Asking::begin() {
            for source in self.sources() {
                collect(&*source, &is_wanted, &mut families);
            }
        }
        Snapshot { families: families.finish(), time }
    }

    /// Asks `source` for its families at each snapshot, from now on and as long as it lives.
    pub fn add_source<S: Source + 'static>(&self, source: &Arc<S>) {
        let source: Weak<dyn Source> = Arc::<S>::downgrade(source);
        let mut members = self.lock();
        members.sources.retain(|source| source.strong_count() > 0);
        members.sources.push(source);
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
            let mut members = self.lock();
            let is_known = members.conflicts.contains(&conflict);
            if !is_known {
                members.conflicts.push(conflict.clone());
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
            return Some(Conflict::no_room(instrument));
        }
        // Those that were found outlive the lock: the last owner of one gives its cells back.
        let found: Vec<Arc<Instrument>>;
        let mut members = self.lock();
        let names = instrument.identity.names_in_conflict();
        found = names.filter_map(|name| members.named(&name)).collect();
        let conflict = found.iter().find_map(|other| Conflict::between(other, instrument));
        if conflict.is_none() {
            instrument.settle(Arc::downgrade(&self.members));
            members.push(instrument);
        }
        drop(members);
        conflict
    }

    fn sources(&self) -> Vec<Arc<dyn Source>> {
        self.lock().sources.iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<Text> = self.lock().names().cloned().collect();
        f.debug_struct("Registry").field("metrics", &names).finish_non_exhaustive()
    }
}

/// This thread asks callbacks and sources. Those that read a registry themselves find the values there, and nobody is asked
/// again: they would ask for ever.
struct Asking;

thread_local!(static IS_ASKING: Cell<bool> = const { Cell::new(false) });

impl Asking {
    fn begin() -> Option<Self> {
        // Made only where it is true: its drop is the end.
        (!IS_ASKING.replace(true)).then(|| Self)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        IS_ASKING.set(false);
    }
}

/// Adds what a source says.
fn collect(source: &dyn Source, is_wanted: impl Fn(&str) -> bool, families: &mut merge::Families) {
    let mut collected = Vec::new();
    if panic::catch_unwind(AssertUnwindSafe(|| source.collect(&mut collected))).is_err() {
        return callbacks_panicked(1);
    }
    for mut family in collected.into_iter().filter(|family| is_wanted(&family.name)) {
        let mut series = std::mem::take(&mut family.series);
        let all = series.len();
        series.retain(|one| one.value.is_sound());
        families.leave_out(all - series.len());
        families.add_foreign(family, series);
    }
}

/// Reads metrics, after their callbacks. When it was is told as well.
fn read(instruments: &[&Instrument]) -> (merge::Families, SystemTime) {
    if let Some(_asking) = Asking::begin() {
        callbacks_panicked(instruments.iter().map(|instrument| instrument.call_back()).sum());
    }
    let mut families = merge::Families::default();
    let look = look::Look::at(Context::here().store);
    for instrument in instruments {
        let (identity, series) = (&instrument.identity, instrument.series(&look));
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

#[cfg(test)]
mod tests;
