//! Snapshots made by hand or by chance, for what reads them in every format.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use spanwright::registry::{Exemplar, Family, Histogram, Kind, NativeHistogram, Series, Snapshot, Value};
use spanwright::span::{SpanId, TraceId};

/// So many things of a kind, the same in each run.
pub(crate) fn some<T>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let one = |_| strategy.new_tree(&mut runner).expect("nothing is rejected").current();
    (0..count).map(one).collect()
}

/// Any text, above all with what formats give a meaning.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\\\\"\n\r\t\0{}#=, a-c\u{2028}\u{feff}]{0,12}", Just("# EOF".to_owned())]
}

/// Names that are good or bad, and likely to be in each other's way.
fn any_name() -> impl Strategy<Value = String> {
    let bad = select(&["", "1a", "a b", "é\n# EOF"][..]);
    let close = select(&["a_created", "a_count", "b:c_seconds"][..]);
    let stem = prop_oneof![6 => Just("a"), 3 => close, 1 => bad];
    let suffix = || select(&["", "_total", "_created", "_bucket", "_sum", "_count", "_seconds"][..]);
    let second = prop_oneof![4 => Just(""), 1 => suffix()];
    (stem, suffix(), second).prop_map(|(stem, one, other)| format!("{stem}{one}{other}"))
}

fn any_label_name() -> impl Strategy<Value = String> {
    let good = prop_oneof![Just("l"), Just("m"), Just("n")].prop_map(str::to_owned);
    let bad = select(["le", "__name__", "", "a b", "a=\"b\"} 1\n", "1"].as_slice());
    prop_oneof![9 => good, 1 => bad.prop_map(str::to_owned)]
}

fn any_exemplar() -> impl Strategy<Value = Exemplar> {
    let value = prop_oneof![-10.0..10.0, any::<f64>(), Just(f64::NAN)];
    (any::<[u64; 3]>(), value, 0..1_u64 << 42).prop_map(|([high, low, span], value, millis)| Exemplar {
        trace_id: TraceId { high, low },
        span_id: SpanId(span),
        value,
        time: SystemTime::UNIX_EPOCH + Duration::from_millis(millis),
    })
}

fn any_histogram() -> impl Strategy<Value = Value> {
    let bound = prop_oneof![3 => 0.0..1e9, 1 => -1e3..1e3];
    (vec(bound, 0..5), vec(0..1_u64 << 40, 6), any_float()).prop_map(|(mut bounds, mut buckets, sum)| {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        buckets.truncate(bounds.len() + 1);
        Value::from(Histogram { bounds: bounds.into(), buckets, sum })
    })
}

fn any_native() -> impl Strategy<Value = Value> {
    let bounds = (-8..8_i32, 0..6_i32);
    (-4..=8_i8, -99..99_i32, vec(0..99_u64, 0..40), any_float(), bounds).prop_map(
        |(schema, offset, buckets, sum, (first, count))| {
            let bounds: Arc<[f64]> = (first..first + count).map(|power| 2.0_f64.powi(power)).collect();
            let zero_threshold = 2.0_f64.powi(-128);
            let zero_count = u64::from(schema.unsigned_abs());
            Value::from(NativeHistogram { schema, zero_threshold, zero_count, offset, buckets, sum, bounds })
        },
    )
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), any::<u64>().prop_map(f64::from_bits), 0.0..1e9, Just(0.0), Just(1e6)]
}

fn any_value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Counter => {
            prop_oneof![any::<u64>().prop_map(Value::Counter), any_float().prop_map(Value::FloatCounter)]
                .boxed()
        }
        Kind::Gauge | Kind::UpDownCounter => any_float().prop_map(Value::Gauge).boxed(),
        Kind::Histogram => prop_oneof![any_histogram(), any_native()].boxed(),
    }
}

fn any_family(
    name: impl Strategy<Value = String>,
    label: impl Strategy<Value = String> + Clone,
) -> impl Strategy<Value = Family> {
    const KINDS: [Kind; 4] = [Kind::Counter, Kind::Gauge, Kind::UpDownCounter, Kind::Histogram];
    let unit = select(["", "seconds", "total", "s\n# EOF"].as_slice());
    (select(&KINDS[..]), name, any_text(), unit).prop_flat_map(move |(kind, name, help, unit)| {
        let labels = vec((label.clone(), any_text()), 0..4);
        let one = (labels, any_value(kind), vec(any_exemplar(), 0..4));
        vec(one, 0..5).prop_map(move |all| {
            let mut seen = HashSet::new();
            let series = all.into_iter().filter_map(|(labels, value, mut exemplars)| {
                exemplars.sort_by(|one, other| one.value.total_cmp(&other.value));
                let sorted: BTreeMap<_, _> = labels.iter().cloned().collect();
                let series = Series { labels: labels.into_iter().collect(), value, start: None, exemplars };
                seen.insert(sorted).then_some(series)
            });
            let series = series.collect();
            Family { help: help.clone().into(), unit: unit.into(), series, ..Family::new(name.clone(), kind) }
        })
    })
}

/// Families whose names and labels may be invalid, or in each other's way.
pub(crate) fn hostile() -> impl Strategy<Value = Snapshot> {
    vec(any_family(any_name(), any_label_name().boxed()), 0..8).prop_map(unique)
}

/// Families whose names are good.
pub(crate) fn polite() -> impl Strategy<Value = Snapshot> {
    let label = prop_oneof![Just("l"), Just("m"), Just("n")].prop_map(str::to_owned).boxed();
    let name = "[a-c][a-z]{3,9}(_seconds)?(_total)?";
    vec(any_family(name, label), 0..6).prop_map(|mut families| {
        for family in &mut families {
            let has_labels_once = |series: &Series| {
                let names: HashSet<_> = series.labels.iter().map(|(name, _)| name).collect();
                names.len() == series.labels.len()
            };
            family.series.retain(has_labels_once);
        }
        unique(families)
    })
}

fn unique(families: Vec<Family>) -> Snapshot {
    let mut snapshot = Snapshot::from(families);
    snapshot.families.dedup_by(|one, other| one.name == other.name);
    snapshot
}
