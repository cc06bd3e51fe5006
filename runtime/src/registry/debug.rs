//! Registries for people: as a text, as a summary, and by short names.

use std::convert::Infallible;
use std::fmt;
use std::time::SystemTime;

use super::{Conflict, Family, Kind, Registry, Series, Snapshot, Value};
use crate::export::exposition;

/// The most series of a family that a summary shows.
const SHOWN: usize = 10;

impl Registry {
    /// What all metrics hold now, in Prometheus' text format, to be printed. It can't fail.
    ///
    /// ```
    /// use spanwright::Registry;
    ///
    /// let metrics = Registry::global().gather_metrics().unwrap();
    /// println!("{metrics}");
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn gather_metrics(&self) -> Result<String, Infallible> {
        Ok(exposition::to_text(&self.snapshot()))
    }

    /// A summary of what there is now, for `{:#?}`: each metric with its kind, its number of series and the first of them,
    /// and what is not exported, and why.
    ///
    /// ```
    /// # if !spanwright::ENABLED { return }
    /// use spanwright::{Counter, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "shop")]
    /// struct Shop {
    ///     /// Orders that were placed.
    ///     orders_total: Counter,
    /// }
    ///
    /// let registry = Registry::new();
    /// let shop = Shop::register(&registry);
    /// shop.orders_total.add(2);
    /// let info = registry.gather_debug_info();
    /// assert_eq!((info.families.len(), info.series()), (1, 1));
    /// println!("Metrics debug info: {info:#?}");
    /// ```
    #[must_use]
    pub fn gather_debug_info(&self) -> DebugInfo {
        // A statement each: the lock is held to the end of one.
        let metrics = self.lock().count();
        let sources = self.sources().len();
        DebugInfo { metrics, sources, conflicts: self.conflicts(), ..DebugInfo::of(self.snapshot()) }
    }

    /// The metrics whose names begin with `prefix` and `_`: those of one struct, say. None is looked at before
    /// [`MetricsView::get_snapshot`].
    ///
    /// ```
    /// # if !spanwright::ENABLED { return }
    /// use spanwright::{Counter, Gauge, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "order_projection")]
    /// struct OrderProjection {
    ///     /// Events that were processed.
    ///     events_processed_total: Counter,
    ///     /// Events that are still to be processed.
    ///     current_lag: Gauge,
    /// }
    ///
    /// let projection = OrderProjection::global();
    /// projection.events_processed_total.add(3);
    /// projection.current_lag.set(7.0);
    ///
    /// let metrics = Registry::global().get_metrics("order_projection");
    /// let snapshot = metrics.get_snapshot();
    /// assert_eq!(snapshot.get("events_processed"), Some(3.0));
    /// assert_eq!(snapshot.get("current_lag"), Some(7.0));
    /// ```
    #[must_use]
    pub fn get_metrics(&self, prefix: &str) -> MetricsView {
        MetricsView { registry: self.clone(), prefix: format!("{}_", prefix.trim_end_matches('_')) }
    }
}

/// How often a label's value went to an overflow series, in the whole process.
fn label_overflows() -> u64 {
    #[cfg(feature = "telemetry")]
    {
        let own = crate::Metrics::snapshot(crate::own_metrics::OwnMetrics::global());
        let counted = own.family("spanwright_label_overflows_total");
        let series = counted.into_iter().flat_map(|family| &family.series);
        series.filter_map(|series| series.value.number()).sum::<f64>() as u64
    }
    #[cfg(not(feature = "telemetry"))]
    0
}

/// What a registry has: see [`Registry::gather_debug_info`].
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DebugInfo {
    /// All families, by name.
    pub families: Vec<Family>,
    /// How many metrics report here; those of one name are one family.
    pub metrics: usize,
    /// How many sources report here.
    pub sources: usize,
    /// The metrics that are not exported.
    pub conflicts: Vec<Conflict>,
    /// How often a label's value went to an overflow series, in the whole process.
    pub label_overflows: u64,
}

impl DebugInfo {
    /// Of a snapshot alone.
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        let (families, label_overflows) = (snapshot.families, label_overflows());
        Self { metrics: families.len(), families, sources: 0, conflicts: Vec::new(), label_overflows }
    }

    /// How many series there are.
    #[must_use]
    pub fn series(&self) -> usize {
        self.families.iter().map(|family| family.series.len()).sum()
    }
}

impl fmt::Debug for DebugInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conflicts: Vec<_> = self.conflicts.iter().map(|conflict| Plain(conflict.to_string())).collect();
        f.debug_struct("DebugInfo")
            .field("metrics", &self.metrics)
            .field("sources", &self.sources)
            .field("series", &self.series())
            .field("label_overflows", &self.label_overflows)
            .field("conflicts", &conflicts)
            .field("families", &Summaries(&self.families))
            .finish()
    }
}

/// Families, a line each and a line for each series.
struct Summaries<'a>(&'a [Family]);

impl fmt::Debug for Summaries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = |family: &Family| {
            let (name, kind, count) = (&family.name, kind(family.kind), family.series.len());
            Plain(format!("{name} ({kind}, {count} series)"))
        };
        f.debug_map().entries(self.0.iter().map(|family| (heading(family), SeriesOf(family)))).finish()
    }
}

struct SeriesOf<'a>(&'a Family);

impl fmt::Debug for SeriesOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = &self.0.series;
        let mut map = f.debug_map();
        map.entries(
            all.iter().take(SHOWN).map(|series| (Plain(labels(series)), Plain(value(&series.value)))),
        );
        if all.len() > SHOWN {
            map.entry(&Plain("…".to_owned()), &Plain(format!("{} more", all.len() - SHOWN)));
        }
        map.finish()
    }
}

/// A text without quotes around it.
struct Plain(String);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::UpDownCounter => "up-down counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    }
}

fn labels(series: &Series) -> String {
    let labels: Vec<_> = series.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", labels.join(", "))
}

fn value(value: &Value) -> String {
    let distribution = |count: u64, sum: f64, quantile: &dyn Fn(f64) -> Option<f64>| {
        let quantiles =
            [0.5, 0.99].map(|q| quantile(q).map_or("none".to_owned(), |value| format!("{value}")));
        format!("count {count}, sum {sum}, median {}, p99 {}", quantiles[0], quantiles[1])
    };
    match value {
        Value::Counter(value) => value.to_string(),
        Value::FloatCounter(value) | Value::Gauge(value) => value.to_string(),
        Value::Histogram(histogram) => {
            distribution(histogram.count(), histogram.sum, &|q| histogram.quantile(q))
        }
        Value::NativeHistogram(native) => distribution(native.count(), native.sum, &|q| native.quantile(q)),
    }
}

/// Metrics of a registry whose names begin alike: see [`Registry::get_metrics`].
#[derive(Clone, Debug)]
pub struct MetricsView {
    registry: Registry,
    /// With its `_`.
    prefix: String,
}

impl MetricsView {
    /// What they hold now.
    #[must_use]
    pub fn get_snapshot(&self) -> MetricsSnapshot {
        let Snapshot { families, time } = self.registry.snapshot_of(|name| name.starts_with(&self.prefix));
        MetricsSnapshot { families, prefix: self.prefix.clone(), time }
    }
}

/// What metrics whose names begin alike held at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsSnapshot {
    families: Vec<Family>,
    prefix: String,
    time: SystemTime,
}

impl MetricsSnapshot {
    /// The value of a metric, by its name without the prefix; `_total` and the unit before it may be left out. All its
    /// series are added up. Of a histogram it is the number of observations.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        let series = &self.family(name)?.series;
        Some(series.iter().map(number).sum())
    }

    /// The value of the series with these labels, and maybe others; they are added up. Nothing where there are none.
    #[must_use]
    pub fn get_with(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let series = self.family(name)?.series.iter().filter(|series| series.labels.includes(labels));
        series.map(number).reduce(|one, other| one + other)
    }

    /// A metric with all its series, by its name as for [`get`](Self::get). The full name wins over shorter ones.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        let by = |is_it: &dyn Fn(&str, &Family) -> bool| {
            self.families.iter().find(|family| is_it(&family.name[self.prefix.len()..], family))
        };
        by(&|short, _| short == name)
            .or_else(|| by(&|short, _| without_total(short) == name))
            .or_else(|| by(&|short, family| without_unit(without_total(short), &family.unit) == name))
    }

    /// All of the metrics.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// When it was taken.
    #[must_use]
    pub const fn time(&self) -> SystemTime {
        self.time
    }
}

fn number(series: &Series) -> f64 {
    match &series.value {
        Value::Counter(value) => *value as f64,
        Value::FloatCounter(value) | Value::Gauge(value) => *value,
        Value::Histogram(histogram) => histogram.count() as f64,
        Value::NativeHistogram(native) => native.count() as f64,
    }
}

fn without_total(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

fn without_unit<'a>(name: &'a str, unit: &str) -> &'a str {
    let stem = name.strip_suffix(unit).and_then(|stem| stem.strip_suffix('_'));
    if unit.is_empty() { name } else { stem.unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counter, Gauge, Histogram, Label, Labels, Metrics};

    #[derive(Clone, Copy, Label)]
    #[label(crate = crate)]
    enum Kind {
        Good,
        Bad,
    }

    #[derive(Metrics)]
    #[metrics(prefix = "debug", crate = crate)]
    struct Metered {
        /// Events.
        events_total: Counter<Kind>,
        /// Bytes that were written.
        written_bytes_total: Counter,
        /// How far behind.
        lag: Gauge,
        /// How long it took.
        latency_seconds: Histogram,
    }

    fn metered() -> (Registry, Metered) {
        let registry = Registry::new();
        let metered = Metered::register(&registry);
        metered.events_total.with(Kind::Good).add(5);
        metered.events_total.with(Kind::Bad).add(2);
        metered.written_bytes_total.add(4096);
        metered.lag.set(1.5);
        metered.latency_seconds.observe(0.2);
        (registry, metered)
    }

    #[test]
    fn metrics_are_asked_for_by_short_names() {
        let (registry, _metered) = metered();
        let snapshot = registry.get_metrics("debug").get_snapshot();
        for (name, value) in [
            ("events", Some(7.0)),
            ("events_total", Some(7.0)),
            ("written", Some(4096.0)),
            ("written_bytes", Some(4096.0)),
            ("lag", Some(1.5)),
            ("latency", Some(1.0)),
            ("debug_lag", None),
            ("late", None),
        ] {
            assert_eq!(snapshot.get(name), value, "{name}");
        }
        assert_eq!(snapshot.get_with("events", &[("kind", "bad")]), Some(2.0));
        assert_eq!(snapshot.get_with("events", &[("kind", "ugly")]), None);
        assert_eq!(snapshot.families().len(), 4);
        assert!(registry.get_metrics("deb").get_snapshot().families().is_empty(), "a prefix ends at a `_`");
        assert_eq!(registry.get_metrics("debug_").get_snapshot().get("lag"), Some(1.5));
    }

    #[test]
    fn the_summary_is_readable() {
        let (registry, _metered) = metered();
        let summary = format!("{:#?}", registry.gather_debug_info());
        for line in [
            "    series: 5,",
            "        debug_events_total (counter, 2 series): {",
            "            {kind=\"good\"}: 5,",
            "            {}: count 1, sum 0.2, median 0.175, p99 0.2485,",
        ] {
            assert!(summary.lines().any(|its| its == line), "no {line:?} in {summary}");
        }
    }

    #[test]
    fn the_summary_shows_conflicts_and_not_every_series() {
        struct Many;
        impl crate::registry::Source for Many {
            fn collect(&self, families: &mut Vec<Family>) {
                let many = (0..25).fold(Family::new("many", super::Kind::Gauge), |family, at| {
                    family.with([("at", at.to_string())], Value::Gauge(1.0))
                });
                families.push(many);
            }
        }
        #[derive(Metrics)]
        #[metrics(prefix = "debug", crate = crate)]
        struct Other<L: Labels> {
            /// Something else.
            lag: Gauge<L>,
        }
        let (registry, _metered) = metered();
        let (many, other) = (std::sync::Arc::new(Many), Other::<Kind>::register(&registry));
        other.lag.with(Kind::Good).set(1.0);
        registry.add_source(&many);
        let info = registry.gather_debug_info();
        assert_eq!((info.sources, info.series(), info.conflicts.len()), (1, 30, 1));
        let summary = format!("{info:#?}");
        assert!(summary.contains("…: 15 more") && summary.contains("metric `debug_lag`"), "{summary}");
    }

    #[test]
    fn the_text_is_that_of_prometheus() {
        let (registry, _metered) = metered();
        assert!(registry.gather_metrics().unwrap().contains("\ndebug_events_total{kind=\"good\"} 5\n"));
    }
}
