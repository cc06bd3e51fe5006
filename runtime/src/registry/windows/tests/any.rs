//! Any values, at any times.

use super::*;

fn any_value() -> impl Strategy<Value = (Kind, Value)> {
    let kinds = [Kind::Counter, Kind::UpDownCounter, Kind::Gauge, Kind::Histogram];
    let counts = || {
        let count = prop_oneof![0..9_u64, Just(u64::MAX), any::<u64>()];
        proptest::collection::vec(count, 0..90)
    };
    let bounds = proptest::collection::vec(any::<f64>(), 0..4);
    let classic = (bounds, counts(), any::<f64>()).prop_map(|(bounds, mut buckets, sum)| {
        buckets.truncate(bounds.len() + 1);
        Value::from(Histogram { bounds: bounds.into(), buckets, sum })
    });
    let offsets = prop_oneof![-300_000..300_000_i32, -9..9_i32, Just(i32::MIN), Just(i32::MAX), any::<i32>()];
    let schemas = prop_oneof![-10..=20_i8, any::<i8>()];
    let zeros = prop_oneof![Just(0.0), any::<f64>()];
    let native = (schemas, zeros, offsets, counts(), any::<f64>()).prop_map(
        |(schema, zero_threshold, offset, buckets, sum)| {
            let (zero_count, bounds) = (1, Arc::new([1.0]));
            Value::from(NativeHistogram { schema, zero_threshold, zero_count, offset, buckets, sum, bounds })
        },
    );
    let value = prop_oneof![
        any::<u64>().prop_map(Value::Counter),
        any::<f64>().prop_map(Value::FloatCounter),
        any::<f64>().prop_map(Value::Gauge),
        classic,
        native,
    ];
    (proptest::sample::select(kinds.to_vec()), value).prop_map(|(kind, value)| match value {
        // Else most values would be of a wrong kind.
        Value::Histogram(_) | Value::NativeHistogram(_) if kind != Kind::Gauge => (Kind::Histogram, value),
        other => (kind, other),
    })
}

proptest! {
    /// Whatever sources say, all questions have answers.
    #[test]
    fn no_value_makes_windows_panic(
        said in proptest::collection::vec(proptest::collection::vec(any_value(), 1..4), 1..20),
    ) {
        let mut watch = Watch::new();
        for values in said {
            let kind = values[0].0;
            let series = values.into_iter().enumerate();
            let family = series.fold(Family::new("m", kind), |family, (at, (_, value))| {
                family.with([("l", at.to_string())], value)
            });
            watch.tick(5.0, [family]);
            for window in Window::ALL {
                let _ = watch.windows.rate("m", &[], window);
                let _ = watch.windows.quantile("m", &[], 0.5, window);
                let _ = watch.windows.trend("m", &[], window);
                let mean = watch.windows.mean("m", &[], window);
                prop_assert!(mean.is_none_or(|mean| !mean.is_nan()), "{mean:?}");
            }
        }
    }

    /// However the ticks fall, a window's increase is the sum of the steps in it.
    #[test]
    fn an_increase_is_the_sum_of_its_steps(steps in proptest::collection::vec((1_u32..200, 0_u64..50), 2..120)) {
        let mut watch = Watch::new();
        let (mut value, mut past) = (0, Vec::new());
        for (tenths, step) in steps {
            value += step;
            watch.tick(f64::from(tenths) / 10.0, [counter(value)]);
            past.push((watch.now, value));
        }
        let (latest, last) = *past.last().unwrap();
        for window in Window::ALL {
            let increase = watch.windows.increase("c", &[], window).unwrap();
            let rate = watch.windows.rate("c", &[], window).unwrap();
            // What it began at, by its answer, is what was said then.
            let elapsed = if increase == 0.0 { None } else { Some(increase / rate) };
            let from = past.iter().find(|(_, value)| *value as f64 == last as f64 - increase);
            prop_assert!(from.is_some());
            if let Some(elapsed) = elapsed {
                let began = past.iter().find(|(time, _)| (latest.duration_since(*time).as_secs_f64() - elapsed).abs() < 1e-3);
                prop_assert!(began.is_some_and(|(_, value)| *value as f64 == last as f64 - increase));
                prop_assert!(elapsed < window.length().as_secs_f64() + 45.0 + 20.0);
            }
        }
    }
}
