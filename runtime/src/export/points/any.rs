//! Snapshots of every kind, for the tests of those who write them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::registry::{
    Exemplar, Family, Histogram, Kind, LabelSet, NativeHistogram, OtelNames, Series, Snapshot, Text, Value,
};
use crate::span::{SpanId, TraceId};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z_]{1,20}",
        // Around the lengths that take another byte, those of the messages around included.
        (90..130_usize).prop_map(|n| "x".repeat(n)),
        (0..3000_usize).prop_map(|n| "ä".repeat(n)),
    ]
}

fn any_time() -> impl Strategy<Value = SystemTime> {
    (0..u64::MAX).prop_map(|nanos| UNIX_EPOCH + Duration::from_nanos(nanos))
}

/// NaN is not equal to itself.
fn any_number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("a number", |value| !value.is_nan())
}

fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![0..3_u64, 0..100_000_u64, any::<u64>()]
}

fn any_histogram() -> impl Strategy<Value = Value> {
    (vec(any_number(), 0..20), any_number()).prop_flat_map(|(mut bounds, sum)| {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let buckets = vec(any_count(), bounds.len() + 1);
        let bounds: Arc<[f64]> = bounds.into();
        buckets.prop_map(move |buckets| Value::from(Histogram { bounds: Arc::clone(&bounds), buckets, sum }))
    })
}

prop_compose! {
    fn any_native_histogram()(
        schema in -4..=8_i8,
        zero_threshold in 0.0..1.0_f64,
        zero_count in any_count(),
        offset in -100_000..100_000_i32,
        buckets in prop_oneof![vec(any_count(), 0..10), vec(any_count(), 100..400)],
        sum in any_number(),
    ) -> Value {
        let bounds = Arc::new([1.0, 2.0]);
        Value::from(NativeHistogram { schema, zero_threshold, zero_count, offset, buckets, sum, bounds })
    }
}

prop_compose! {
    fn any_exemplar()(ids in any::<(u64, u64, u64)>(), value in any_number(), time in any_time()) -> Exemplar {
        let (high, low, span_id) = ids;
        Exemplar { trace_id: TraceId { high, low }, span_id: SpanId(span_id), value, time }
    }
}

fn any_series(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Series> {
    let labels = vec((prop_oneof![any_text(), "[a-d]"], any_text()), 0..4);
    (labels, value, vec(any_exemplar(), 0..3))
        .prop_map(|(labels, value, exemplars)| Series {
            labels: labels.into_iter().collect::<LabelSet>(),
            value,
            start: None,
            exemplars,
        })
        .boxed()
}

/// Of labels called by a letter, which some series have.
fn any_otel_names() -> impl Strategy<Value = OtelNames> {
    let attributes = vec(("[a-d]", any_text()).prop_map(|(name, key)| (name.into(), key.into())), 0..3);
    let unit = prop_oneof![Just(""), Just("ms"), Just("{event}")];
    (prop_oneof![Just(String::new()), any_text()], unit, attributes)
        .prop_map(|(name, unit, attributes)| OtelNames { name: name.into(), unit: unit.into(), attributes })
}

/// A family whose series may have values that are not of its kind: whoever feeds a registry can do that.
fn any_family() -> impl Strategy<Value = Family> {
    let kinds =
        prop_oneof![Just(Kind::Counter), Just(Kind::UpDownCounter), Just(Kind::Gauge), Just(Kind::Histogram)];
    let series = prop_oneof![
        any_series(any_count().prop_map(Value::Counter)),
        any_series(any_number().prop_map(Value::FloatCounter)),
        any_series(any_number().prop_map(Value::Gauge)),
        any_series(any_histogram()),
        any_series(any_native_histogram()),
    ];
    let unit = prop_oneof![Just(""), Just("seconds"), Just("bytes"), Just("ratio"), Just("orders")]
        .prop_map(Text::from);
    let otel = option::of(any_otel_names());
    (any_text(), any_text(), (unit, otel), kinds, option::of(any_time()), vec(series, 0..5)).prop_map(
        |(name, help, (unit, otel), kind, start, series)| Family {
            name: name.into(),
            help: help.into(),
            unit,
            kind,
            otel: otel.map(Arc::new),
            start,
            series,
        },
    )
}

/// A snapshot, whose families may be anything.
pub(in crate::export) fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    (vec(any_family(), 0..5), any_time()).prop_map(|(families, time)| Snapshot { families, time })
}
