use std::time::{Duration, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::export::exposition::tests::wild::any_wild_snapshot;
use crate::export::points;
use crate::registry::{Exemplar, Histogram, Kind, NativeHistogram};
use crate::span::{SpanId, TraceId};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn snapshot(seconds: u64, families: Vec<Family>) -> Snapshot {
    Snapshot { time: at(seconds), ..Snapshot::from(families) }
}

fn visits(value: u64) -> Family {
    let family = Family { start: Some(at(1)), ..Family::new("visits_total", Kind::Counter) };
    family.with([("page", "home")], Value::Counter(value))
}

/// The only series of the only change: its value, and since when it is.
fn only(changes: &[Change]) -> (Value, u64) {
    let [Change { family, starts }] = changes else { panic!("{changes:?}") };
    let ([series], [start]) = (&family.series[..], &starts[..]) else { panic!("{family:?}") };
    (series.value.clone(), start.duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn settle(deltas: &mut Deltas, changes: &[Change]) {
    for Change { family, .. } in changes {
        family.series.iter().for_each(|series| deltas.settle(&family.name, &series.labels));
    }
}

#[test]
fn what_came_since_the_last_push_is_owed_once() {
    let mut deltas = Deltas::new(at(0));
    let first = deltas.owed(&snapshot(10, vec![visits(3)]));
    assert_eq!(only(&first), (Value::Counter(3), 1));
    settle(&mut deltas, &first);
    let second = deltas.owed(&snapshot(20, vec![visits(5)]));
    assert_eq!(only(&second), (Value::Counter(2), 10));
    settle(&mut deltas, &second);
    assert!(deltas.owed(&snapshot(30, vec![visits(5)])).is_empty(), "nothing came");
    assert_eq!(only(&deltas.owed(&snapshot(40, vec![visits(6)]))), (Value::Counter(1), 30));
}

#[test]
fn a_new_series_is_owed_at_zero() {
    let mut deltas = Deltas::new(at(0));
    assert_eq!(only(&deltas.owed(&snapshot(10, vec![visits(0)]))), (Value::Counter(0), 1));
}

#[test]
fn what_failed_is_part_of_the_next_push() {
    let mut deltas = Deltas::new(at(0));
    deltas.owed(&snapshot(10, vec![visits(3)]));
    let again = deltas.owed(&snapshot(20, vec![visits(5)]));
    assert_eq!(only(&again), (Value::Counter(5), 1));
    settle(&mut deltas, &again);
    deltas.owed(&snapshot(30, vec![visits(6)]));
    assert_eq!(only(&deltas.owed(&snapshot(40, vec![visits(8)]))), (Value::Counter(3), 20));
}

#[test]
fn a_series_that_counts_since_later_started_anew_however_high_it_is() {
    let mut deltas = Deltas::new(at(0));
    let of = |value, start| {
        let mut family = visits(value);
        family.series[0].start = start;
        family
    };
    for (time, value, start, owed) in [
        (10, 3, None, (Value::Counter(3), 1)),
        (20, 5, Some(at(15)), (Value::Counter(5), 15)),
        (30, 6, Some(at(15)), (Value::Counter(1), 20)),
        (40, 7, None, (Value::Counter(1), 30)),
        // Older series of the family have gone, and this one has not.
        (50, 9, Some(at(16)), (Value::Counter(2), 40)),
    ] {
        let changes = deltas.owed(&snapshot(time, vec![of(value, start)]));
        assert_eq!(only(&changes), owed, "at {time}");
        settle(&mut deltas, &changes);
    }
}

#[test]
fn a_value_that_went_down_started_anew() {
    let mut deltas = Deltas::new(at(0));
    let first = deltas.owed(&snapshot(10, vec![visits(3)]));
    settle(&mut deltas, &first);
    let anew = Family { start: Some(at(15)), ..visits(2) };
    assert_eq!(only(&deltas.owed(&snapshot(20, vec![anew]))), (Value::Counter(2), 15));
    let twice = Family { start: Some(at(25)), ..visits(1) };
    assert_eq!(
        only(&deltas.owed(&snapshot(30, vec![twice]))),
        (Value::Counter(3), 15),
        "and nothing is lost"
    );
}

#[test]
fn a_series_that_is_gone_is_forgotten_once_it_owes_nothing() {
    let mut deltas = Deltas::new(at(0));
    deltas.owed(&snapshot(10, vec![visits(3)]));
    let gone = deltas.owed(&snapshot(20, vec![]));
    assert_eq!(only(&gone), (Value::Counter(3), 1));
    settle(&mut deltas, &gone);
    assert!(deltas.owed(&snapshot(30, vec![])).is_empty());
    assert!(deltas.families.is_empty());
    assert_eq!(
        only(&deltas.owed(&snapshot(40, vec![visits(1)]))),
        (Value::Counter(1), 30),
        "it is a new one"
    );
}

#[test]
fn a_series_that_is_gone_from_its_family_is_owed_beside_the_others() {
    let mut deltas = Deltas::new(at(0));
    deltas.owed(&snapshot(10, vec![visits(3).with([("page", "about")], Value::Counter(7))]));
    let both = deltas.owed(&snapshot(20, vec![visits(4)]));
    let [Change { family, .. }] = &both[..] else { panic!("{both:?}") };
    assert_eq!(family.series(&[("page", "home")]).unwrap().value, Value::Counter(4));
    assert_eq!(family.series(&[("page", "about")]).unwrap().value, Value::Counter(7));
    settle(&mut deltas, &both);
    deltas.owed(&snapshot(30, vec![visits(4)]));
    assert_eq!(deltas.families["visits_total"].series.len(), 1, "it is forgotten");
}

#[test]
fn what_says_no_start_is_owed_since_the_exporter_was_made() {
    let mut deltas = Deltas::new(at(5));
    let unknown = |value| Family { start: None, ..visits(value) };
    let first = deltas.owed(&snapshot(10, vec![unknown(3)]));
    assert_eq!(only(&first), (Value::Counter(3), 5));
    settle(&mut deltas, &first);
    assert_eq!(only(&deltas.owed(&snapshot(20, vec![unknown(4)]))), (Value::Counter(1), 10));
}

#[test]
fn gauges_are_not_among_the_changes() {
    let families = vec![
        Family::new("level", Kind::Gauge).with([("a", "b")], Value::Gauge(1.0)),
        Family::new("open", Kind::UpDownCounter).with([("a", "b")], Value::Gauge(1.0)),
    ];
    let mut deltas = Deltas::new(at(0));
    assert!(deltas.owed(&snapshot(10, families)).is_empty());
    assert!(deltas.families.is_empty());
}

#[test]
fn an_exemplar_goes_with_the_push_of_its_time() {
    let exemplar = |seconds| Exemplar {
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        value: 1.0,
        time: at(seconds),
    };
    let with = |value, seconds| {
        let mut family = visits(value);
        family.series[0].exemplars = vec![exemplar(seconds)];
        family
    };
    let mut deltas = Deltas::new(at(0));
    let first = deltas.owed(&snapshot(10, vec![with(3, 5)]));
    assert_eq!(first[0].family.series[0].exemplars, [exemplar(5)]);
    settle(&mut deltas, &first);
    let second = deltas.owed(&snapshot(20, vec![with(4, 5)]));
    assert_eq!(second[0].family.series[0].exemplars, [], "it was sent already");
}

#[test]
fn a_clock_that_goes_back_gives_no_start_after_the_end() {
    let mut deltas = Deltas::new(at(0));
    let first = deltas.owed(&snapshot(20, vec![visits(3)]));
    settle(&mut deltas, &first);
    assert_eq!(only(&deltas.owed(&snapshot(10, vec![visits(4)]))), (Value::Counter(1), 10));
}

/// What happens between two pushes, and what becomes of the second one.
#[derive(Clone, Debug)]
struct Step {
    /// What is added to a counter, and how often a quarter is to another one.
    added: (u64, u8),
    /// Observations by bucket, of a histogram with three.
    observed: Vec<usize>,
    /// Buckets of a native histogram that are observed into, and by how much its schema falls.
    native: (Vec<i32>, i8),
    /// Whether everything starts anew before.
    anew: bool,
    /// Which of the series are delivered.
    delivered: [bool; 4],
}

fn any_step() -> impl Strategy<Value = Step> {
    let native = (vec(-40..40, 0..5), prop_oneof![5 => Just(0_i8), 1 => Just(1)]);
    let delivered = prop_oneof![Just([true; 4]), Just([false; 4]), any::<[bool; 4]>()];
    (any::<(u32, u8)>(), vec(0_usize..3, 0..5), native, prop::bool::weighted(0.1), delivered).prop_map(
        |((one, other), observed, native, anew, delivered)| Step {
            added: (one.into(), other),
            observed,
            native,
            anew,
            delivered,
        },
    )
}

fn classic() -> Histogram {
    Histogram { bounds: [1.0, 2.0].into(), buckets: vec![0; 3], sum: 0.0 }
}

fn native() -> NativeHistogram {
    let (schema, bounds) = (8, [].into());
    NativeHistogram {
        schema,
        zero_threshold: 0.0,
        zero_count: 0,
        offset: 0,
        buckets: vec![],
        sum: 0.0,
        bounds,
    }
}

/// One value of each kind.
type Values = [Value; 4];

fn zero() -> Values {
    [Value::Counter(0), Value::FloatCounter(0.0), Value::from(classic()), Value::from(native())]
}

/// What happens is counted.
fn count(values: &mut Values, step: &Step) {
    let (more, quarters) = step.added;
    values[0].add(&Value::Counter(more));
    values[1].add(&Value::FloatCounter(f64::from(quarters) / 4.0));
    for bucket in &step.observed {
        let mut one = classic();
        (one.buckets[*bucket], one.sum) = (1, *bucket as f64);
        values[2].add(&Value::from(one));
    }
    let Value::NativeHistogram(sum) = &mut values[3] else { unreachable!("it is the native one") };
    let schema = (sum.schema - step.native.1).max(-4);
    **sum = sum.clone().at_schema(schema);
    for bucket in &step.native.0 {
        let one = NativeHistogram { offset: *bucket, buckets: vec![1], sum: 0.5, ..native() };
        values[3].add(&Value::from(one.at_schema(schema)));
    }
}

fn families(values: &Values) -> Vec<Family> {
    let kinds = [Kind::Counter, Kind::Counter, Kind::Histogram, Kind::Histogram];
    let names = ["a", "b", "c", "d"];
    let each = names.into_iter().zip(kinds).zip(values);
    each.map(|((name, kind), value)| Family::new(name, kind).with([("l", "v")], value.clone())).collect()
}

/// Adds a delta up as a receiver does, which keeps the coarser schema.
fn receive(received: &mut Value, delta: &Value) {
    *received = sum(received, delta.clone());
}

proptest! {
    #[test]
    fn deltas_add_up_to_all_that_was_counted(steps in vec(any_step(), 1..20)) {
        let mut deltas = Deltas::new(at(0));
        let (mut values, mut before_anew, mut received) = (zero(), zero(), zero());
        let mut until = [None; 4];
        let last = steps.len() - 1;
        for (number, step) in steps.iter().enumerate() {
            if step.anew {
                // Only what is less than before is seen to have started anew.
                before_anew.iter_mut().zip(&values).for_each(|(all, value)| receive(all, value));
                values = zero();
                let seen = deltas.owed(&snapshot(2 * number as u64 + 1, families(&values)));
                let _undelivered = seen;
            }
            count(&mut values, step);
            let now = at(2 * number as u64 + 2);
            for Change { family, starts } in deltas.owed(&Snapshot { time: now, ..Snapshot::from(families(&values)) }) {
                let at = ["a", "b", "c", "d"].iter().position(|name| family.name == *name).unwrap();
                if number < last && !step.delivered[at] {
                    continue;
                }
                prop_assert!(starts[0] <= now);
                if let Some(until) = until[at] {
                    prop_assert!(starts[0] >= until, "{:?} overlaps", starts);
                }
                until[at] = Some(now);
                receive(&mut received[at], &family.series[0].value);
                deltas.settle(&family.name, &family.series[0].labels);
            }
        }
        before_anew.iter_mut().zip(&values).for_each(|(all, value)| receive(all, value));
        for (received, expected) in received.iter().zip(&before_anew) {
            prop_assert_eq!(&without_empty_ends(received), &without_empty_ends(expected));
        }
    }
}

/// In one form, since a sum may have empty buckets at its ends, and a histogram nothing in a schema of its own.
fn without_empty_ends(value: &Value) -> Value {
    match value {
        Value::NativeHistogram(histogram) => {
            let mut histogram = histogram.clone().at_schema(-4);
            histogram.trim();
            if histogram.buckets.is_empty() {
                histogram.offset = 0;
            }
            Value::from(histogram)
        }
        value => value.clone(),
    }
}

#[test]
fn what_came_of_a_fine_histogram_has_no_billions_of_empty_buckets() {
    let native = |offset: i32, buckets: &[u64]| NativeHistogram {
        schema: 20,
        zero_threshold: 0.0,
        zero_count: 0,
        offset,
        buckets: buckets.to_vec(),
        sum: 1.0,
        bounds: [].into(),
    };
    let sum = sum(&native(-(1100 << 20), &[2]).into(), native(1000 << 20, &[3]).into());
    let Value::NativeHistogram(sum) = sum else { panic!("{sum:?}") };
    assert!(sum.count() == 5 && sum.schema <= FINEST, "{sum:?}");
    assert!(sum.buckets.len() < 1_000_000, "{}", sum.buckets.len());
}

#[test]
fn of_two_series_with_the_same_labels_the_first_counts() {
    let mut deltas = Deltas::new(at(0));
    let twice = |value| visits(value).with([("page", "home")], Value::Counter(100));
    for (value, came) in [(3, 3), (5, 2), (5, 0)] {
        let changes = deltas.owed(&snapshot(10 + value, vec![twice(value)]));
        let values = changes.iter().flat_map(|change| &change.family.series).map(|series| &series.value);
        assert_eq!(values.filter_map(Value::number).sum::<f64>(), f64::from(came));
        settle(&mut deltas, &changes);
    }
}

proptest! {
    #[test]
    fn no_value_makes_it_panic_or_owe_without_bound(snapshots in vec(any_wild_snapshot(), 1..4)) {
        let mut deltas = Deltas::new(at(0));
        for snapshot in snapshots {
            let changes = deltas.owed(&snapshot);
            for point in points::with_changes(&snapshot, &changes) {
                match &point.series.value {
                    Value::NativeHistogram(native) => {
                        let (coarse, _) = points::exponential(native);
                        prop_assert_eq!(coarse.count(), native.count());
                        prop_assert!(coarse.buckets.len() <= 1_000_000);
                    }
                    value => prop_assert!(value.is_sound()),
                }
            }
        }
    }
}
