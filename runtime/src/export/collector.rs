//! A registry as a `prometheus::core::Collector`, so that our metrics stand in the `prometheus::Registry` that a
//! program has already.
//!
//! Only what `prometheus` has in both of its models is used here, the plain one and the one of its `protobuf` feature
//! (on by default), since any crate of the program may turn that on.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use prometheus::core::{Collector, Desc};
use prometheus::proto;

use super::exposition::names;
use crate::registry::{Family, Histogram, Kind, Registry, Series, Snapshot, Value};

/// All families of a [`Registry`], for a `prometheus::Registry`; made by [`Registry::prometheus_collector`].
///
/// Families that appear after the registration are collected too. Those that are there already are described at the
/// first registration, so that `prometheus` refuses with `AlreadyReg` a second collector of the same registry, and a
/// metric of somebody else's with a name of ours. Names are not checked against each other later on: `prometheus`
/// joins the series of families with one name.
///
/// A registry without families can be registered. `prometheus` knows a collector by the sum of its descriptions, which
/// is then zero, so it takes one such collector and refuses the next; declare metrics first, or start with
/// [`Registry::global`].
///
/// Clones share the description: keep one to call `prometheus::Registry::unregister` with.
///
/// Counters are `f64` in `prometheus` and lose precision above 2⁵³; so do counts in its text format. Its text has neither
/// families without series nor canonical bounds (`le="1"` where ours says `le="1.0"`). Native histograms are classic ones
/// there, with their `bounds`; exemplars are left out. So is what has no valid name, for which a scraper would refuse all, and histograms that contradict
/// themselves, as in [`encode_into`](super::exposition::encode_into).
///
/// ```
/// use spanwright::Registry;
///
/// let theirs = prometheus::Registry::new();
/// theirs.register(Box::new(Registry::new().prometheus_collector()))?;
/// assert!(theirs.gather().is_empty());
/// # Ok::<(), prometheus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegistryCollector {
    registry: Registry,
    /// Fixed at the first look: `prometheus` asks only when it registers and unregisters, and means the same by both.
    described: Arc<OnceLock<Vec<Desc>>>,
}

impl RegistryCollector {
    pub(crate) fn new(registry: Registry) -> Self {
        Self { registry, described: Arc::default() }
    }
}

impl Collector for RegistryCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.described.get_or_init(|| describe(&self.registry.snapshot())).iter().collect()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        collect(&self.registry.snapshot())
    }
}

/// What `prometheus` can't describe stays undescribed and is collected all the same.
fn describe(snapshot: &Snapshot) -> Vec<Desc> {
    let describe = |family: &Family| {
        // An empty help is an error to `prometheus`.
        let help = if family.help.is_empty() { &family.name } else { &family.help };
        let first = names::series(family).next().map(|series| series.labels.names());
        let names = first.into_iter().flatten().map(ToString::to_string).collect();
        Desc::new(family.name.to_string(), help.to_string(), names, HashMap::new()).ok()
    };
    names::families(snapshot).filter_map(describe).collect()
}

fn collect(snapshot: &Snapshot) -> Vec<proto::MetricFamily> {
    names::families(snapshot).map(family).collect()
}

fn family(family: &Family) -> proto::MetricFamily {
    let mut out = proto::MetricFamily::default();
    out.set_name(family.name.to_string());
    out.set_help(family.help.to_string());
    out.set_field_type(match family.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::UpDownCounter | Kind::Gauge => proto::MetricType::GAUGE,
        Kind::Histogram => proto::MetricType::HISTOGRAM,
    });
    out.set_metric(names::series(family).map(metric).collect());
    out
}

fn metric(series: &Series) -> proto::Metric {
    let mut out =
        proto::Metric::from_label(series.labels.iter().map(|(name, value)| pair(name, value)).collect());
    match &series.value {
        Value::Counter(value) => {
            let mut counter = proto::Counter::default();
            counter.set_value(*value as f64);
            out.set_counter(counter);
        }
        Value::FloatCounter(value) => {
            let mut counter = proto::Counter::default();
            counter.set_value(*value);
            out.set_counter(counter);
        }
        Value::Gauge(value) => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(*value);
            out.set_gauge(gauge);
        }
        Value::Histogram(value) => out.set_histogram(histogram(value)),
        Value::NativeHistogram(value) => out.set_histogram(histogram(&value.to_classic())),
    }
    out
}

fn pair(name: &str, value: &str) -> proto::LabelPair {
    let mut out = proto::LabelPair::default();
    out.set_name(name.to_owned());
    out.set_value(value.to_owned());
    out
}

/// Buckets are cumulative there, and the infinite one is implied by the count.
fn histogram(histogram: &Histogram) -> proto::Histogram {
    let mut cumulative = 0_u64;
    let bucket = |(bound, in_bucket): (&f64, &u64)| {
        cumulative = cumulative.saturating_add(*in_bucket);
        let mut out = proto::Bucket::default();
        out.set_upper_bound(*bound);
        out.set_cumulative_count(cumulative);
        out
    };
    let buckets = histogram.bounds.iter().zip(&histogram.buckets).map(bucket).collect();
    let mut out = proto::Histogram::default();
    out.set_bucket(buckets);
    out.set_sample_sum(histogram.sum);
    out.set_sample_count(histogram.count());
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use prometheus::{IntCounter, Opts, TextEncoder};
    use proptest::prelude::*;

    use super::*;
    use crate::export::exposition::tests::wild::any_wild_snapshot;
    use crate::export::exposition::to_text;
    use crate::registry::{LabelSet, NativeHistogram, Source};

    /// A registry whose snapshots the test writes; described and collected as the real one is.
    #[derive(Clone, Default)]
    struct Written {
        snapshot: Arc<Mutex<Snapshot>>,
        described: Arc<OnceLock<Vec<Desc>>>,
    }

    impl Written {
        fn with(families: Vec<Family>) -> Self {
            Self { snapshot: Arc::new(Mutex::new(Snapshot::from(families))), ..Self::default() }
        }
    }

    impl Collector for Written {
        fn desc(&self) -> Vec<&Desc> {
            self.described.get_or_init(|| describe(&self.snapshot.lock().unwrap())).iter().collect()
        }

        fn collect(&self) -> Vec<proto::MetricFamily> {
            collect(&self.snapshot.lock().unwrap())
        }
    }

    fn family(
        name: &'static str,
        kind: Kind,
        series: Vec<(&[(&'static str, &'static str)], Value)>,
    ) -> Family {
        let empty = Family { help: "Help \\ with\nit.".into(), ..Family::new(name, kind) };
        let own = |labels: &[(&'static str, &'static str)]| labels.iter().copied().collect::<LabelSet>();
        series.into_iter().fold(empty, |family, (labels, value)| family.with(own(labels), value))
    }

    fn fixture() -> Vec<Family> {
        let waits = Histogram { bounds: [0.005, 0.5, 2.5].into(), buckets: vec![1, 2, 0, 4], sum: 12.25 };
        let native = NativeHistogram {
            schema: 1,
            zero_threshold: 0.0,
            zero_count: 1,
            offset: -4,
            buckets: vec![2, 0, 3, 4],
            sum: 4.5,
            bounds: [0.25, 0.5].into(),
        };
        vec![
            family("busy_seconds_total", Kind::Counter, vec![(&[("cpu", "0")], Value::FloatCounter(2.75))]),
            family("level", Kind::Gauge, vec![(&[], Value::Gauge(-0.5))]),
            family("open_connections", Kind::UpDownCounter, vec![(&[("a", "x\"\n\\")], Value::Gauge(1.5))]),
            family(
                "visits_total",
                Kind::Counter,
                vec![
                    (&[("page", "about"), ("code", "200")], Value::Counter(7)),
                    (&[("page", "home"), ("code", "200")], Value::Counter(1 << 53)),
                ],
            ),
            family(
                "wait_seconds",
                Kind::Histogram,
                vec![(&[("lane", "fast")], waits.into()), (&[("lane", "slow")], native.into())],
            ),
        ]
    }

    fn gathered(registry: &prometheus::Registry) -> String {
        TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
    }

    /// The text with all numbers as `prometheus` writes them, which has no canonical form.
    fn ours(families: Vec<Family>) -> String {
        let text = to_text(&Snapshot::from(families));
        let number = |line: &str| {
            let Some((sample, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else {
                return format!("{line}\n");
            };
            format!("{sample} {}\n", value.parse::<f64>().unwrap())
        };
        text.lines().map(number).collect()
    }

    #[test]
    fn prometheus_writes_what_we_write() {
        let theirs = prometheus::Registry::new();
        theirs.register(Box::new(Written::with(fixture()))).unwrap();
        assert_eq!(gathered(&theirs), ours(fixture()));
    }

    #[test]
    fn a_family_that_appears_later_is_collected() {
        let theirs = prometheus::Registry::new();
        let written = Written::default();
        theirs.register(Box::new(written.clone())).unwrap();
        assert_eq!(gathered(&theirs), "");
        written.snapshot.lock().unwrap().families = fixture();
        assert_eq!(gathered(&theirs), ours(fixture()));
    }

    #[test]
    fn it_can_be_unregistered_by_a_clone_whatever_appeared_since() {
        let theirs = prometheus::Registry::new();
        let written = Written::with(fixture());
        theirs.register(Box::new(written.clone())).unwrap();
        written.snapshot.lock().unwrap().families.clear();
        theirs.unregister(Box::new(written)).unwrap();
        assert!(theirs.gather().is_empty());
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let theirs = prometheus::Registry::new();
        let taken = Opts::new("visits_total", "Help \\ with\nit.");
        theirs.register(Box::new(IntCounter::with_opts(taken).unwrap())).unwrap();
        assert!(theirs.register(Box::new(Written::with(fixture()))).is_err());

        let theirs = prometheus::Registry::new();
        theirs.register(Box::new(Written::with(fixture()))).unwrap();
        assert!(matches!(
            theirs.register(Box::new(Written::with(fixture()))),
            Err(prometheus::Error::AlreadyReg)
        ));
    }

    #[test]
    fn two_registries_with_different_families_live_side_by_side() {
        let theirs = prometheus::Registry::new();
        let mut families = fixture();
        let last = families.split_off(3);
        theirs.register(Box::new(Written::with(families))).unwrap();
        theirs.register(Box::new(Written::with(last))).unwrap();
        assert_eq!(gathered(&theirs), ours(fixture()));
    }

    #[test]
    fn families_without_help_or_series_are_described() {
        let mut bare = family("bare_total", Kind::Counter, vec![]);
        bare.help = "".into();
        assert_eq!(describe(&Snapshot::from(vec![bare])).len(), 1);
    }

    #[test]
    fn a_second_registry_without_families_is_refused() {
        let theirs = prometheus::Registry::new();
        let (one, other) = (Registry::new(), Registry::new());
        theirs.register(Box::new(RegistryCollector::new(one))).unwrap();
        assert!(theirs.register(Box::new(RegistryCollector::new(other))).is_err());
    }

    /// A source of the families above, and of one that nobody can read.
    struct Given;

    impl Source for Given {
        fn collect(&self, families: &mut Vec<Family>) {
            families.extend(fixture());
            let wrong = family("not a name", Kind::Gauge, vec![(&[], Value::Gauge(1.0))]);
            families.push(wrong);
            let labels = [("a b", "x")].into_iter().collect::<LabelSet>();
            families.push(Family::new("other", Kind::Gauge).with(labels, Value::Gauge(1.0)));
        }
    }

    #[test]
    fn what_sources_say_is_described_and_collected() {
        let (theirs, ours_of, source) = (prometheus::Registry::new(), Registry::new(), Arc::new(Given));
        ours_of.add_source(&source);
        theirs.register(Box::new(ours_of.prometheus_collector())).unwrap();
        assert_eq!(gathered(&theirs), ours(fixture()));

        let taken = Opts::new("visits_total", "Help \\ with\nit.")
            .variable_labels(vec!["page".into(), "code".into()]);
        let taken = prometheus::IntCounterVec::new(taken, &["page", "code"]).unwrap();
        let refused = theirs.register(Box::new(taken));
        assert!(matches!(refused, Err(prometheus::Error::AlreadyReg)), "{refused:?}");

        drop(source);
        assert_eq!(gathered(&theirs), "", "a source that is gone is not collected");
    }

    proptest! {
        #[test]
        fn no_value_makes_it_panic_or_collect_without_bound(snapshot in any_wild_snapshot()) {
            describe(&snapshot);
            let families = collect(&snapshot);
            let text = TextEncoder::new().encode_to_string(&families).unwrap_or_default();
            prop_assert!(text.len() < 20_000, "{} bytes", text.len());
        }
    }
}
