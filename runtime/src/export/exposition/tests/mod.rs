//! What the tests of all formats share: makers of families, and any snapshot there can be.

mod declared;
mod distribution;
mod protobuf;
mod text;
pub(in crate::export) mod wild;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use spanwright_core::ids::{SpanId, TraceId};

use crate::registry::{Exemplar, Family, Histogram, Kind, NativeHistogram, Series, Snapshot, Value};

fn family(name: &str, kind: Kind, unit: &str, series: Vec<Series>) -> Family {
    let help = format!("About {}.", name.split('_').next().unwrap_or_default());
    let (help, unit) = (help.into(), unit.to_owned().into());
    Family { help, unit, series, ..Family::new(name.to_owned(), kind) }
}

fn series(labels: &[(&str, &str)], value: Value) -> Series {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Series { labels, value, start: None, exemplars: Vec::new() }
}

fn with(series: Series, exemplars: &[Exemplar]) -> Series {
    Series { exemplars: exemplars.to_vec(), ..series }
}

fn histogram(bounds: &[f64], buckets: &[u64], sum: f64) -> Value {
    Value::from(Histogram { bounds: bounds.into(), buckets: buckets.to_vec(), sum })
}

/// With bounds from 1/4 to 8, and what is not above 2^-128 for zero.
fn native(schema: i8, zero_count: u64, offset: i32, buckets: &[u64], sum: f64) -> NativeHistogram {
    let bounds: Arc<[f64]> = Arc::new([0.25, 0.5, 1.0, 2.0, 4.0, 8.0]);
    let zero_threshold = 2.0_f64.powi(-128);
    NativeHistogram { schema, zero_threshold, zero_count, offset, buckets: buckets.to_vec(), sum, bounds }
}

/// An exemplar with such ids, so many milliseconds after 1970 began.
fn exemplar(id: u64, value: f64, milliseconds: u64) -> Exemplar {
    let time = UNIX_EPOCH + Duration::from_millis(milliseconds);
    Exemplar { trace_id: TraceId { high: 0, low: id }, span_id: SpanId(id), value, time }
}

fn snapshot(families: Vec<Family>) -> Snapshot {
    Snapshot::from(families)
}

fn any_time() -> impl Strategy<Value = SystemTime> {
    let since = (0..1_u64 << 33, 0..1_000_000_000_u32).prop_map(|(s, ns)| Duration::new(s, ns));
    (any::<bool>(), since).prop_map(|(before, since)| {
        let before = before.then(|| UNIX_EPOCH.checked_sub(since)).flatten();
        before.unwrap_or(UNIX_EPOCH + since)
    })
}

fn any_exemplar() -> impl Strategy<Value = Exemplar> {
    let value = prop_oneof![any::<f64>(), -10.0..10.0, Just(f64::NAN), Just(f64::INFINITY), Just(1.0)];
    (any::<[u64; 2]>(), prop_oneof![Just(0), any::<u64>()], value, any_time()).prop_map(
        |([high, low], span_id, value, time)| Exemplar {
            trace_id: TraceId { high, low },
            span_id: SpanId(span_id),
            value,
            time,
        },
    )
}

fn any_histogram() -> impl Strategy<Value = Value> {
    (vec(-1e9..1e9, 0..6), any::<u64>()).prop_flat_map(|(mut bounds, sum)| {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let buckets = vec(0..1_u64 << 40, bounds.len() + 1);
        buckets.prop_map(move |buckets| histogram(&bounds, &buckets, f64::from_bits(sum)))
    })
}

fn any_native() -> impl Strategy<Value = NativeHistogram> {
    let bounds =
        (-20..20_i32, 0..8_i32).prop_map(|(start, count)| (start..start + count).map(|e| 2.0_f64.powi(e)));
    let count = prop_oneof![3 => Just(0), 1 => 0..1_u64 << 40];
    let zero_threshold = prop_oneof![Just(0.0), Just(2.0_f64.powi(-128))];
    (-4..=8_i8, zero_threshold, 0..100_u64, -600..600_i32, vec(count, 0..60), any::<u64>(), bounds).prop_map(
        |(schema, zero_threshold, zero_count, offset, buckets, sum, bounds)| {
            let (sum, bounds) = (f64::from_bits(sum), bounds.collect());
            NativeHistogram { schema, zero_threshold, zero_count, offset, buckets, sum, bounds }
        },
    )
}

fn any_value(kind: Kind) -> BoxedStrategy<Value> {
    let float = any::<u64>().prop_map(f64::from_bits);
    match kind {
        Kind::Counter => {
            prop_oneof![any::<u64>().prop_map(Value::Counter), float.prop_map(Value::FloatCounter)].boxed()
        }
        Kind::Gauge | Kind::UpDownCounter => float.prop_map(Value::Gauge).boxed(),
        Kind::Histogram => prop_oneof![any_histogram(), any_native().prop_map(Value::from)].boxed(),
    }
}

/// A family that all formats can say; its series may have equal labels.
fn any_family() -> impl Strategy<Value = Family> {
    let kind =
        prop_oneof![Just(Kind::Counter), Just(Kind::UpDownCounter), Just(Kind::Gauge), Just(Kind::Histogram)];
    (kind, "[a-z_:][a-z0-9_:]{0,8}", any::<String>(), option::of(any_time()), 0..4_usize)
        .prop_flat_map(|(kind, name, help, start, labels)| {
            let one = (vec(any::<String>(), labels), any_value(kind), vec(any_exemplar(), 0..4));
            (Just((kind, name, help, start)), vec(one, 0..4))
        })
        .prop_map(|((kind, name, help, start), all)| {
            let named = |values: Vec<String>| {
                values.into_iter().enumerate().map(|(at, value)| (format!("l{at}"), value)).collect()
            };
            let one = |(values, value, mut exemplars): (_, _, Vec<Exemplar>)| {
                exemplars.sort_by(|one, other| one.value.total_cmp(&other.value));
                Series { labels: named(values), value, start: None, exemplars }
            };
            let series = all.into_iter().map(one).collect();
            Family { help: help.into(), start, series, ..Family::new(name, kind) }
        })
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    vec(any_family(), 0..4).prop_map(|families| {
        let mut snapshot = Snapshot::from(families);
        snapshot.families.dedup_by(|one, other| one.name == other.name);
        snapshot
    })
}
