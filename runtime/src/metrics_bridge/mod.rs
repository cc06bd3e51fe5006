//! The recorder of the crate [`metrics`]: what libraries count with `metrics::counter!` and its kin is in a registry of ours.
//!
//! Invariants:
//! - a key that is known is found by its own hash, under the read lock of one shard, and nothing is allocated;
//! - series, keys, families and descriptions have a bound each. Beyond it a metric has one more series, for all
//!   that has no room, and what goes there is counted; texts of labels have one too;
//! - who waits holds no lock that somebody needs who counts, or has a new series;
//! - values are atomics here, and are read as plain data, as those of any other [`Source`].

mod families;
mod histogram;
mod keys;
mod names;
mod values;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::registry::{Family, Kind, Registry, Source, Text};
use families::{Bounds, Kinds};
use keys::Keys;
use values::{Count, Distribution, Level};

/// The most series that a recorder keeps, where nothing else is said.
const DEFAULT_MAX_SERIES: usize = 10_000;

/// Takes what is counted through the crate [`metrics`] into a [`Registry`]. Cheap to clone; clones are the same recorder.
///
/// The telemetry sets one as the global recorder, with the values in [`Registry::global`], where the program has
/// set none before:
///
/// ```
/// let _telemetry = spanwright::Telemetry::builder().metrics_enabled(false).install()?;
/// metrics::counter!("cache_misses").increment(1);
/// assert!(spanwright::Registry::global().get_metric("cache_misses").is_some());
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
///
/// Others are for other registries, and to put below layers of one's own.
///
/// Names keep their letters: what Prometheus does not take becomes `_`, as with `metrics-exporter-prometheus`, and
/// `_total` is not appended. Labels that Prometheus has a use for itself are renamed: `le` to `le_`, `__name__` to `_name__`.
/// Keys of one metric may have different labels. A name that is used for two kinds of metrics, or for a metric and for a sample
/// of a histogram (`x_count` of `x`), is exported as the first; the conflict is counted and printed. Buckets of a histogram are
/// [`DURATION_BUCKETS`](crate::DURATION_BUCKETS), in its unit, where it is described in seconds or a part of them before
/// its first use, or its name says so (`_seconds`, `_milliseconds`, …), and else [`DEFAULT_BUCKETS`](crate::DEFAULT_BUCKETS).
///
/// There are at most 10,000 series. What comes after them goes to one more series for each metric, with the one label
/// `otel_metric_overflow="true"`, and is counted in `spanwright_label_overflows_total`; so is what has a label with a name or a
/// value of more than 256 bytes. A metric whose own name is longer is not kept, and counted there too. Series stay as long as the
/// recorder. Of a value that is recorded more than 2³² - 1 times at once, so many are counted.
///
/// ```
/// use spanwright::{MetricsRecorder, Registry};
///
/// let registry = Registry::new();
/// let recorder = MetricsRecorder::new(&registry);
/// metrics::with_local_recorder(&recorder, || {
///     metrics::counter!("cache.hits", "shard" => "7").increment(2);
/// });
/// let hits = registry.get_metric("cache_hits").unwrap();
/// assert_eq!(hits.series(&[("shard", "7")]).unwrap().value.number(), Some(2.0));
/// ```
#[derive(Clone)]
pub struct MetricsRecorder(Arc<Recorded>);

impl MetricsRecorder {
    /// A recorder whose values are in `registry`, as long as the recorder lives.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::with_max_series(registry, DEFAULT_MAX_SERIES)
    }

    /// The same with another bound on the number of series.
    #[must_use]
    pub fn with_max_series(registry: &Registry, max_series: usize) -> Self {
        let recorded = Arc::new(Recorded {
            counters: Keys::default(),
            gauges: Keys::default(),
            histograms: Keys::default(),
            described: Mutex::default(),
            bounds: Bounds::new(max_series),
            kinds: Kinds::default(),
            since: SystemTime::now(),
        });
        registry.add_source(&recorded);
        Self(recorded)
    }
}

/// The recorder whose values are in [`Registry::global`], which lives as long as the process.
///
/// ```
/// let recorder = spanwright::metrics_recorder();
/// metrics::with_local_recorder(&recorder, || metrics::gauge!("workers").set(3));
/// assert!(spanwright::Registry::global().get_metric("workers").is_some());
/// ```
#[must_use]
pub fn metrics_recorder() -> MetricsRecorder {
    static GLOBAL: OnceLock<MetricsRecorder> = OnceLock::new();
    GLOBAL.get_or_init(|| MetricsRecorder::new(Registry::global())).clone()
}

/// Makes it the global recorder. Where the program has another one that stays, as it does where ours is set already.
pub(crate) fn install() {
    // The error has nothing but the recorder that was refused.
    let _ = metrics::set_global_recorder(metrics_recorder());
}

/// What a recorder knows.
struct Recorded {
    counters: Keys<Count>,
    gauges: Keys<Level>,
    histograms: Keys<Distribution>,
    described: Mutex<HashMap<Text, Description>>,
    bounds: Bounds,
    kinds: Kinds,
    /// Counters and histograms count since then, or later.
    since: SystemTime,
}

/// What `describe_counter!` and its kin say of a metric.
#[derive(Clone, Default)]
struct Description {
    unit: Option<Unit>,
    help: Text,
}

impl Recorded {
    fn described(&self) -> MutexGuard<'_, HashMap<Text, Description>> {
        self.described.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: SharedString) {
        if name.as_str().len() > names::LONGEST {
            return;
        }
        let name = names::metric(name.as_str());
        let mut described = self.described();
        if described.contains_key(&*name) || self.bounds.has_room(described.len()) {
            let help = Text::from(help.into_owned());
            described.insert(Text::from(name.into_owned()), Description { unit, help });
        }
    }
}

impl Recorder for MetricsRecorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.0.describe(&name, unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.0.describe(&name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.0.describe(&name, unit, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let Recorded { counters, bounds, kinds, .. } = &*self.0;
        let made = |_: &str| Count::default();
        counters.get(key, bounds, kinds, made).map_or(Counter::noop(), Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let Recorded { gauges, bounds, kinds, .. } = &*self.0;
        let made = |_: &str| Level::default();
        gauges.get(key, bounds, kinds, made).map_or(Gauge::noop(), Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let Recorded { histograms, bounds, kinds, described, .. } = &*self.0;
        let made = |name: &str| {
            let described = described.lock().unwrap_or_else(PoisonError::into_inner);
            let unit = described.get(name).and_then(|description| description.unit);
            Distribution::new(names::buckets(name, unit))
        };
        histograms.get(key, bounds, kinds, made).map_or(Histogram::noop(), Histogram::from_arc)
    }
}

impl Source for Recorded {
    fn collect(&self, families: &mut Vec<Family>) {
        let described = self.described().clone();
        let from = families.len();
        self.counters.collect(families);
        self.gauges.collect(families);
        self.histograms.collect(families);
        for family in &mut families[from..] {
            family.start = (family.kind != Kind::Gauge).then_some(self.since);
            if let Some(Description { unit, help }) = described.get(&family.name) {
                family.help = help.clone();
                family.unit = unit.map_or("", |unit| unit.as_str()).into();
            }
        }
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsRecorder").field("bounds", &self.0.bounds).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
