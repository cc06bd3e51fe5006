//! What a source may say that contradicts itself.

use super::super::{Format, encode};
use super::*;
use crate::registry::LabelSet;

fn any_wild_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -3.0..3.0,
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0), Just(f64::MAX)],
    ]
}

/// In any order or none.
fn any_wild_bounds() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![vec(any_wild_float(), 0..5), Just(vec![1.0, 2.0, 4.0]), Just(vec![1.0, f64::INFINITY])]
}

fn any_wild_counts() -> impl Strategy<Value = Vec<u64>> {
    let count = || prop_oneof![Just(0), 0..9_u64, any::<u64>(), Just(u64::MAX)];
    prop_oneof![4 => vec(count(), 0..8), 1 => vec(count(), 150..400)]
}

fn any_wild_histogram() -> impl Strategy<Value = Value> {
    (any_wild_bounds(), any_wild_counts(), any_wild_float())
        .prop_map(|(bounds, buckets, sum)| histogram(&bounds, &buckets, sum))
}

fn any_wild_native() -> impl Strategy<Value = Value> {
    let offset = prop_oneof![
        any::<i32>(),
        -9..9_i32,
        prop_oneof![Just(i32::MIN), Just(i32::MIN + 1), Just(i32::MAX - 1), Just(i32::MAX)],
        // At the ends of what is sound.
        (-5..5_i32).prop_map(|near| (1100 << 8) + near),
        (-5..5_i32).prop_map(|near| -(1100 << 20) + near),
    ];
    let floats = (any_wild_float(), any_wild_float());
    let schema = prop_oneof![any::<i8>(), -4..=8_i8, 18..=21_i8];
    (schema, floats, offset, any_wild_counts(), any_wild_bounds()).prop_map(
        |(schema, (zero_threshold, sum), offset, buckets, bounds)| {
            let (bounds, zero_count) = (bounds.into(), buckets.len() as u64);
            Value::from(NativeHistogram { schema, zero_threshold, zero_count, offset, buckets, sum, bounds })
        },
    )
}

/// A snapshot of one family, in which labels may stand several times.
pub(in crate::export) fn any_wild_snapshot() -> impl Strategy<Value = Snapshot> {
    let value = prop_oneof![any_wild_histogram(), any_wild_native()];
    let one = ("[ab]", value, vec(any_exemplar(), 0..3)).prop_map(|(label, value, exemplars)| Series {
        labels: LabelSet::from([("l", label)]),
        value,
        start: None,
        exemplars,
    });
    vec(one, 0..5).prop_map(|series| snapshot(vec![family("wild", Kind::Histogram, "", series)]))
}

#[test]
fn what_contradicts_itself_is_left_out_and_costs_no_more() {
    let good = || series(&[("of", "good")], histogram(&[1.0, 2.0], &[1, 2, 3], 4.0));
    let wild = |value: Value| series(&[("of", "wild")], value);
    let page =
        |all: Vec<Series>, format| encode(format, &snapshot(vec![family("x", Kind::Histogram, "", all)]));
    for value in [
        histogram(&[1.0, 2.0], &[1, 2, 3, 4], 5.0),
        histogram(&[1.0, 2.0], &[1, 2], 5.0),
        histogram(&[2.0, 1.0], &[1, 2, 3], 5.0),
        histogram(&[1.0, 1.0], &[1, 2, 3], 5.0),
        histogram(&[1.0, f64::NAN], &[1, 2, 3], 5.0),
        histogram(&[f64::NAN], &[1, 2], 5.0),
        native(3, 0, i32::MAX, &[1, 2], 5.0).into(),
        native(3, 0, i32::MIN, &[1, 2], 5.0).into(),
        native(8, 0, (1100 << 8) - 1, &[1, 2], 5.0).into(),
        native(21, 0, 0, &[1, 2], 5.0).into(),
        native(-11, 0, 0, &[1, 2], 5.0).into(),
        NativeHistogram { zero_threshold: f64::NAN, ..native(3, 0, 0, &[1], 5.0) }.into(),
        NativeHistogram { bounds: [2.0, 1.0].into(), ..native(3, 0, 0, &[1], 5.0) }.into(),
    ] {
        for format in [Format::PrometheusText, Format::OpenMetrics, Format::PrometheusProtobuf] {
            let both = page(vec![wild(value.clone()), good()], format);
            assert_eq!(both, page(vec![good()], format), "{value:?}");
        }
    }
    for value in [
        histogram(&[], &[1], 5.0),
        histogram(&[f64::NEG_INFINITY, f64::INFINITY], &[1, 2, 0], 5.0),
        native(8, 0, -(1100 << 8), &[1, 2], 5.0).into(),
        native(20, 0, (1100 << 20) - 2, &[1, 2], 5.0).into(),
    ] {
        assert!(value.is_sound(), "{value:?}");
    }
}

#[test]
fn an_exemplar_may_be_of_any_time() {
    let first = (0..64).rev().map(|power| Duration::from_secs(1 << power));
    let first = first.fold(UNIX_EPOCH, |time, step| time.checked_sub(step).unwrap_or(time));
    let at = |time| Exemplar { time, ..exemplar(1, 0.5, 0) };
    for time in [first, first + Duration::from_nanos(1)] {
        let series = with(series(&[], histogram(&[1.0], &[1, 0], 0.5)), &[at(time)]);
        let family = Family { start: Some(time), ..family("x", Kind::Histogram, "", vec![series]) };
        for format in [Format::PrometheusText, Format::OpenMetrics, Format::PrometheusProtobuf] {
            assert!(!encode(format, &snapshot(vec![family.clone()])).is_empty());
        }
    }
}

proptest! {
    #[test]
    fn no_value_makes_a_format_panic_or_write_without_bound(snapshot in any_wild_snapshot()) {
        for format in [Format::PrometheusText, Format::OpenMetrics, Format::PrometheusProtobuf] {
            let page = encode(format, &snapshot);
            prop_assert!(page.len() < 20_000, "{} bytes", page.len());
        }
    }
}
