//! Buckets of classic and native histograms, and where exemplars belong.

use proptest::prelude::*;

use super::super::distribution::{Distribution, newest};
use super::*;

fn exemplars_of(value: Value, exemplars: &[Exemplar]) -> Vec<Option<u64>> {
    let series = with(series(&[], value), exemplars);
    let distribution = Distribution::of(&series).expect("it is a histogram");
    let buckets = distribution.buckets().chain([distribution.infinite()]);
    buckets.map(|bucket| bucket.exemplar.map(|exemplar| exemplar.span_id.0)).collect()
}

#[test]
fn an_exemplar_is_in_the_bucket_that_its_value_falls_in() {
    let empty = || histogram(&[-1.0, 1.0, 2.0], &[0; 4], 0.0);
    for (value, bucket) in [
        (f64::NEG_INFINITY, 0),
        (-1.0, 0),
        (-0.5, 1),
        (1.0, 1),
        (1.0 + f64::EPSILON, 2),
        (2.0, 2),
        (3.0, 3),
        (f64::INFINITY, 3),
        (f64::NAN, 3),
    ] {
        let mut expected = vec![None; 4];
        expected[bucket] = Some(7);
        assert_eq!(exemplars_of(empty(), &[exemplar(7, value, 0)]), expected, "{value}");
    }
}

#[test]
fn of_several_exemplars_in_a_bucket_the_newest_stays() {
    let all = [exemplar(1, 0.1, 5), exemplar(2, 0.2, 9), exemplar(3, 0.3, 7), exemplar(4, 5.0, 1)];
    assert_eq!(exemplars_of(histogram(&[1.0], &[0, 0], 0.0), &all), [Some(2), Some(4)]);
    // A native histogram has one in each of its own buckets, of which a classic one is many.
    let native = Value::from(native(3, 0, 0, &[1], 0.1));
    assert_eq!(exemplars_of(native, &all), [Some(2), Some(3), None, None, None, Some(4), None]);
    assert!(newest(&[Exemplar { trace_id: TraceId::NONE, ..all[0] }]).is_none(), "it leads nowhere");
}

proptest! {
    #[test]
    fn a_native_histogram_shows_the_buckets_of_its_classic_view(native in any_native()) {
        let classic = native.to_classic();
        let expected: Vec<_> = classic.cumulative().collect();
        let series = series(&[], Value::from(native));
        let distribution = Distribution::of(&series).expect("it is a histogram");
        let buckets = distribution.buckets().chain([distribution.infinite()]);
        let shown: Vec<_> = buckets.map(|bucket| (bucket.bound, bucket.up_to)).collect();
        prop_assert_eq!(shown, expected);
    }
}
