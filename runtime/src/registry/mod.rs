//! Registries: which metrics are read together.
//!
//! There is one by default, [`Registry::global`], that annotated functions and `S::global()` report into; others are
//! made for tests and for metrics that live and go with an instance. A registry holds its metrics weakly: what is
//! dropped leaves it. What a counter or a histogram has counted stays as long as another one of its name is there, with the
//! same labels of the registry's, so that no series ever falls; gauges and up-down counters go with all that they said.

mod conflict;
mod debug;
mod identity;
mod instrument;
mod look;
mod members;
mod merge;
mod owned;
mod refused;
mod residue;
mod scope;
mod shared;
mod snapshot;
mod source;
#[cfg(feature = "telemetry")]
mod watch;
mod windows;

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
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
#[cfg(feature = "telemetry")]
pub(crate) use look::set_exemplars;
#[cfg(feature = "telemetry")]
pub(crate) use merge::merged;
pub use owned::Owned;
pub use snapshot::{
    Exemplar, Family, Histogram, Kind, LabelSet, NativeHistogram, OtelNames, Sample, Series, Snapshot, Text,
    Value,
};
pub(crate) use snapshot::{FINEST, is_anew};
pub use source::Source;
#[cfg(feature = "telemetry")]
pub use watch::Watched;
pub use windows::{Window, Windows};

#[cfg(feature = "telemetry")]
use crate::export::collector::RegistryCollector;
use members::{Members, Part, Scoped};
use scope::Scope;
use shared::Shared;

/// A set of metrics that are read together. Cheap to clone; clones are the same registry.
#[derive(Clone, Default)]
pub struct Registry {
    members: Shared,
    /// What goes onto the metrics that are registered through this clone.
    scope: Option<Arc<Scope>>,
}

impl Registry {
    /// A registry of its own.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Shared::new(), scope: None }
    }

    /// The default registry of the process.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: Registry = Registry::new();
        &GLOBAL
    }

    /// The same registry, which puts `prefix` and a `_` in front of the names of all that is registered through it. Names that
    /// are exact (`#[metric(name_exact = "…")]`) stay as they are. Of a registry that has a prefix, the new one goes behind it.
    ///
    /// ```
    /// use spanwright::{Counter, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(global = false)]
    /// struct Pool {
    ///     /// Connections that were opened.
    ///     opened_total: Counter,
    /// }
    ///
    /// # if !spanwright::ENABLED { return }
    /// let registry = Registry::new();
    /// let _orders = Pool::register(&registry.with_prefix("orders"));
    /// assert!(registry.snapshot().family("orders_opened_total").is_some());
    /// ```
    ///
    /// A prefix that no name can begin with is no reason to panic: the metrics work, and are not exported, which
    /// [`conflicts`](Self::conflicts) says.
    #[must_use = "the registry itself stays as it is"]
    pub fn with_prefix(&self, prefix: impl AsRef<str>) -> Self {
        self.scoped(|scope| scope.with_prefix(prefix.as_ref()))
    }

    /// The same registry, which puts a label on every series that is registered through it: so instances of one struct are
    /// told apart. Those with the same value of it add up. All instances of a struct have the same names of labels.
    ///
    /// ```
    /// use spanwright::{Gauge, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "pool", global = false)]
    /// struct Pool {
    ///     /// Connections that nobody uses.
    ///     idle: Gauge,
    /// }
    ///
    /// # if !spanwright::ENABLED { return }
    /// let registry = Registry::new();
    /// let [orders, users] = ["orders", "users"].map(|name| Pool::register(&registry.with_label("pool", name)));
    /// orders.idle.set(2.0);
    /// users.idle.set(3.0);
    /// let text = spanwright::export::exposition::to_text(&registry.snapshot());
    /// assert!(text.ends_with("pool_idle{pool=\"orders\"} 2.0\npool_idle{pool=\"users\"} 3.0\n"), "{text}");
    /// ```
    ///
    /// With a name that no label can have, one that is reserved (`le`, `quantile`, `__…`), or one that the registry or the
    /// metric has already, the metrics work, and are not exported, which [`conflicts`](Self::conflicts) says. Of what a
    /// [`Source`] says, a series keeps the label that it has already.
    #[must_use = "the registry itself stays as it is"]
    pub fn with_label(&self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into().into(), value.into().into());
        self.scoped(|scope| scope.with_label(name, value))
    }

    fn scoped(&self, change: impl FnOnce(Scope) -> Scope) -> Self {
        let scope = self.scope.as_deref().cloned().unwrap_or_default();
        Self { members: self.members.clone(), scope: Some(Arc::new(change(scope))) }
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
        let (instruments, residues) = self.lock().of(&is_wanted, Context::here().store);
        let (mut families, time) = read(&instruments);
        for Part { of: (name, series), start } in residues {
            families.add_counted(&name, start, series);
        }
        if let Some(_asking) = Asking::begin() {
            for Scoped { source, scope } in self.sources() {
                let Some(source) = source.upgrade() else { continue };
                collect(&*source, scope.as_deref(), &is_wanted, &mut families);
            }
        }
        Snapshot { families: families.finish(), time }
    }

    /// Asks `source` for its families at each snapshot, from now on and as long as it lives.
    pub fn add_source<S: Source + 'static>(&self, source: &Arc<S>) {
        let source: Weak<dyn Source> = Arc::<S>::downgrade(source);
        let mut members = self.lock();
        members.sources.retain(|one| one.source.strong_count() > 0);
        members.sources.push(Scoped { source, scope: self.scope.clone() });
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

    /// The metrics that were declared twice and differently, each problem once, and the first 256 of them. Who is refused for
    /// another one's sake is exported as soon as that is gone; the conflict stays here.
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

    /// Puts this registry's prefix and labels on a metric that is about to be added.
    pub(crate) fn scope_in(&self, instrument: &mut Instrument, is_exact: bool) {
        if let Some(scope) = &self.scope {
            scope.apply(instrument, is_exact);
        }
    }

    /// Adds a metric, or notes and says why it is not exported.
    pub(crate) fn add(&self, instrument: &Arc<Instrument>) {
        let Some(conflict) = self.try_add(instrument) else { return };
        let is_new = self.lock().note(&conflict);
        #[cfg(feature = "telemetry")]
        {
            // Its own metrics would wait for themselves.
            if !instrument.is_own() {
                crate::own_metrics::OwnMetrics::global().metric_conflicts_total.inc();
            }
            // Those before the start are among its problems.
            if is_new {
                crate::telemetry::report_if_started(&conflict);
            }
        }
        #[cfg(not(feature = "telemetry"))]
        let _ = is_new;
    }

    fn try_add(&self, instrument: &Arc<Instrument>) -> Option<Conflict> {
        if !instrument.has_cells() {
            return Some(Conflict::no_room(instrument));
        }
        if let Some(problem) = self.scope.as_ref().and_then(|scope| scope.problem_with(instrument)) {
            return Some(Conflict::out_of_scope(instrument, problem));
        }
        self.lock().add(instrument, Arc::downgrade(&self.members))
    }

    /// The metrics that are there now.
    #[cfg(feature = "catalog")]
    pub(crate) fn instruments(&self) -> Vec<Arc<Instrument>> {
        let (instruments, residues) = self.lock().of(|_| true, Context::here().store);
        drop(residues);
        instruments.into_iter().map(|part| part.of).collect()
    }

    /// The sources that are there.
    fn sources(&self) -> Vec<Scoped> {
        let sources = &self.lock().sources;
        sources.iter().filter(|one| one.source.strong_count() > 0).cloned().collect()
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
fn collect(
    source: &dyn Source,
    scope: Option<&Scope>,
    is_wanted: impl Fn(&str) -> bool,
    families: &mut merge::Families,
) {
    let mut collected = Vec::new();
    if panic::catch_unwind(AssertUnwindSafe(|| source.collect(&mut collected))).is_err() {
        return callbacks_panicked(1);
    }
    for family in collected {
        let said = family.series.len();
        let scoped = match scope {
            Some(scope) => scope.apply_to_family(family),
            None => Some(family),
        };
        let Some(mut family) = scoped else {
            families.leave_out(said);
            continue;
        };
        if !is_wanted(&family.name) {
            continue;
        }
        let mut series = std::mem::take(&mut family.series);
        let all = series.len();
        series.retain(|one| one.value.is_sound());
        families.leave_out(all - series.len());
        families.add_foreign(family, series);
    }
}

/// Reads metrics, after their callbacks. When it was is told as well.
fn read<I: Deref<Target = Instrument>>(instruments: &[Part<I>]) -> (merge::Families, SystemTime) {
    if let Some(_asking) = Asking::begin() {
        callbacks_panicked(instruments.iter().map(|part| part.of.call_back()).sum());
    }
    let mut families = merge::Families::default();
    let look = look::Look::at(Context::here().store);
    for Part { of, start } in instruments {
        families.add(&of.identity.name, || of.identity.family(), *start, of.series(&look));
    }
    (families, look.time())
}

/// What these metrics hold now, wherever they are registered.
pub(crate) fn snapshot_of(instruments: &[&Instrument]) -> Snapshot {
    let parts: Vec<_> = instruments.iter().map(|one| Part { of: *one, start: one.start() }).collect();
    let (families, time) = read(&parts);
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

// Without telemetry a metric is nothing at all.
#[cfg(all(test, feature = "telemetry"))]
mod tests;
