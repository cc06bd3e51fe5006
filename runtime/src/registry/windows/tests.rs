//! Windows, with a clock of the test's own.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::registry::{Family, Histogram, Kind, NativeHistogram, Source, Value};

/// A source that says what it is told to.
#[derive(Default)]
struct Told(Mutex<Vec<Family>>);

impl Source for Told {
    fn collect(&self, families: &mut Vec<Family>) {
        families.extend(self.0.lock().unwrap().iter().cloned());
    }
}

/// Windows on a source, and a clock.
struct Watch {
    source: Arc<Told>,
    windows: Windows,
    now: Instant,
}

impl Watch {
    fn new() -> Self {
        let (registry, source) = (Registry::new(), Arc::new(Told::default()));
        registry.add_source(&source);
        Self { source, windows: Windows::new(&registry), now: Instant::now() }
    }

    fn say(&self, families: impl IntoIterator<Item = Family>) {
        *self.source.0.lock().unwrap() = families.into_iter().collect();
    }

    /// Says it, `seconds` later.
    fn tick(&mut self, seconds: f64, families: impl IntoIterator<Item = Family>) {
        self.say(families);
        self.now += Duration::from_secs_f64(seconds);
        self.windows.tick(self.now);
    }
}

fn counter(value: u64) -> Family {
    Family::new("c", Kind::Counter).with([("l", "x")], Value::Counter(value))
}

fn gauge(value: f64) -> Family {
    Family::new("g", Kind::Gauge).with([("l", "x")], Value::Gauge(value))
}

fn histogram(buckets: [u64; 3], sum: f64) -> Family {
    let value = Histogram { bounds: Arc::new([1.0, 2.0]), buckets: buckets.to_vec(), sum };
    Family::new("h", Kind::Histogram).with([("l", "x")], Value::from(value))
}

fn native(schema: i8, offset: i32, buckets: &[u64], sum: f64) -> Family {
    let value = NativeHistogram {
        schema,
        zero_threshold: 0.0,
        zero_count: 0,
        offset,
        buckets: buckets.to_vec(),
        sum,
        bounds: Arc::new([1.0]),
    };
    Family::new("n", Kind::Histogram).with([("l", "x")], Value::from(value))
}

#[test]
fn each_window_looks_back_as_far_as_it_says() {
    let mut watch = Watch::new();
    // One a second in the first ten minutes, then ten a second for five minutes.
    let mut value = 1_000;
    watch.tick(0.0, [counter(value)]);
    for second in (5..=900).step_by(5) {
        value += if second <= 600 { 5 } else { 50 };
        watch.tick(5.0, [counter(value)]);
    }
    let increase = |window| watch.windows.increase("c", &[], window);
    assert_eq!(Window::ALL.map(increase), [Some(600.0), Some(3_000.0), Some(3_600.0)]);
    let rate = |window| watch.windows.rate("c", &[("l", "x")], window);
    assert_eq!(Window::ALL.map(rate), [Some(10.0), Some(10.0), Some(4.0)]);
    assert_eq!(watch.windows.trend("c", &[], Window::FiveMinutes), Some(0.0), "the rate stays");
    assert!(watch.windows.trend("c", &[], Window::FifteenMinutes).unwrap() > 0.005, "the rate rises");
}

#[test]
fn what_is_young_is_measured_since_its_beginning() {
    let mut watch = Watch::new();
    watch.tick(0.0, [counter(7)]);
    assert_eq!(watch.windows.rate("c", &[], Window::OneMinute), None, "one tick says nothing");
    watch.tick(4.0, [counter(15)]);
    assert_eq!(Window::ALL.map(|window| watch.windows.rate("c", &[], window)), [Some(2.0); 3]);
    assert_eq!(watch.windows.rate("other", &[], Window::OneMinute), None);
    assert_eq!(watch.windows.rate("c", &[("l", "y")], Window::OneMinute), None);
    assert_eq!(watch.windows.quantile("c", &[], 0.5, Window::OneMinute), None);
}

#[test]
fn a_counter_that_falls_has_begun_anew() {
    let mut watch = Watch::new();
    for value in [100, 110, 3, 5] {
        watch.tick(5.0, [counter(value)]);
    }
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), Some(10.0 + 3.0 + 2.0));
}

#[test]
fn a_series_that_appears_has_begun_at_zero_and_series_are_added_up() {
    let mut watch = Watch::new();
    watch.tick(5.0, [counter(100)]);
    watch.tick(5.0, [counter(101).with([("l", "y")], Value::Counter(8))]);
    let increase = |labels: &[_]| watch.windows.increase("c", labels, Window::FiveMinutes);
    assert_eq!(
        (increase(&[]), increase(&[("l", "x")]), increase(&[("l", "y")])),
        (Some(9.0), Some(1.0), Some(8.0))
    );
}

#[test]
fn quantiles_and_means_are_of_what_the_window_saw() {
    let mut watch = Watch::new();
    watch.tick(0.0, [histogram([1_000, 0, 0], 0.0)]);
    for tick in 1..=12 {
        watch.tick(5.0, [histogram([1_000, tick, 0], 1.5 * tick as f64)]);
    }
    let minute = Window::OneMinute;
    assert_eq!(watch.windows.quantile("h", &[], 0.5, minute), Some(1.5), "all that was fast is long ago");
    assert_eq!(watch.windows.mean("h", &[], minute), Some(1.5));
    assert_eq!(watch.windows.rate("h", &[], minute), Some(0.2));
    // It begins anew: only what there is now counts.
    watch.tick(5.0, [histogram([0, 0, 4], 12.0)]);
    assert_eq!(watch.windows.increase("h", &[], minute), Some(11.0 + 4.0));
}

#[test]
fn a_histogram_with_other_buckets_and_a_metric_of_another_kind_begin_anew() {
    let mut watch = Watch::new();
    let other = Histogram { bounds: Arc::new([8.0]), buckets: vec![3, 0], sum: 3.0 };
    let other = Family::new("h", Kind::Histogram).with([("l", "x")], Value::from(other));
    watch.tick(0.0, [histogram([1, 1, 1], 6.0)]);
    watch.tick(5.0, [other]);
    assert_eq!(watch.windows.increase("h", &[], Window::OneMinute), Some(3.0));
    watch.tick(5.0, [Family::new("h", Kind::Gauge).with([("l", "x")], Value::Gauge(4.0))]);
    watch.tick(5.0, [Family::new("h", Kind::Gauge).with([("l", "x")], Value::Gauge(4.0))]);
    assert_eq!(watch.windows.increase("h", &[], Window::OneMinute), None);
    assert_eq!(watch.windows.trend("h", &[], Window::OneMinute), Some(0.0));
}

#[test]
fn native_histograms_may_become_coarser_meanwhile() {
    let mut watch = Watch::new();
    // Above 1 and up to 2: buckets 1 and 2 of schema 1, bucket 1 of schema 0.
    watch.tick(0.0, [native(1, 1, &[5, 5], 15.0)]);
    watch.tick(5.0, [native(0, 1, &[10, 0, 10], 75.0)]);
    let minute = Window::OneMinute;
    assert_eq!(watch.windows.increase("n", &[], minute), Some(10.0));
    assert_eq!(watch.windows.mean("n", &[], minute), Some(6.0));
    assert_eq!(watch.windows.quantile("n", &[], 1.0, minute), Some(8.0));
    let low = watch.windows.quantile("n", &[], 0.01, minute).unwrap();
    assert!(low > 4.0 && low < 4.1, "nothing below 4 is new: {low}");
    watch.tick(5.0, [native(0, 1, &[1], 2.0)]);
    assert_eq!(watch.windows.increase("n", &[], minute), Some(1.0), "it began anew");
}

#[test]
fn gauges_have_means_over_time_and_slopes() {
    let mut watch = Watch::new();
    for tick in 0..=12 {
        watch.tick(5.0, [gauge(f64::from(tick) * 10.0)]);
    }
    assert_eq!(watch.windows.mean("g", &[], Window::OneMinute), Some(60.0));
    assert_eq!(watch.windows.trend("g", &[], Window::OneMinute), Some(2.0));
    assert_eq!(watch.windows.increase("g", &[], Window::OneMinute), None, "gauges don't count");
    // One that is young has the mean of its own time.
    let both = |value| [gauge(120.0).with([("l", "y")], Value::Gauge(value))];
    watch.tick(5.0, both(8.0));
    assert_eq!(watch.windows.mean("g", &[("l", "y")], Window::OneMinute), Some(8.0));
    watch.tick(5.0, both(10.0));
    assert_eq!(watch.windows.mean("g", &[("l", "y")], Window::OneMinute), Some(9.0));
    // A gauge that is gone is not remembered.
    watch.tick(5.0, []);
    assert_eq!(watch.windows.mean("g", &[], Window::OneMinute), None);
}

#[test]
fn a_counter_that_is_gone_is_remembered_for_its_window() {
    let mut watch = Watch::new();
    watch.tick(0.0, [counter(0)]);
    watch.tick(5.0, [counter(9)]);
    watch.tick(30.0, []);
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), Some(9.0));
    watch.tick(60.0, []);
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), Some(0.0));
    watch.tick(900.0, []);
    assert_eq!(watch.windows.increase("c", &[], Window::FifteenMinutes), None);
    assert_eq!(watch.windows.remembered().series.len(), 0);
}

#[test]
fn series_and_slots_have_bounds() {
    let mut watch = Watch::new();
    let flood = |count: u64, first: u64| {
        (0..count).fold(Family::new("c", Kind::Counter), |family, at| {
            family.with([("l", (first + at).to_string())], Value::Counter(at))
        })
    };
    for round in 0..400 {
        watch.tick(5.0, [flood(1_500, round)]);
    }
    let remembered = watch.windows.remembered();
    // One leaves at the end of each tick.
    assert_eq!(remembered.count, 999);
    assert!(remembered.times.iter().zip([14, 22, 22]).all(|(times, most)| times.len() == most));
    drop(remembered);
    assert!(watch.windows.left_out() > 0);
}

#[test]
fn a_series_that_was_left_out_has_not_begun_at_zero() {
    let mut watch = Watch::new();
    watch.windows = Windows::new(&watch.windows.registry).max_series(1);
    watch.tick(0.0, [counter(1).with([("l", "y")], Value::Counter(100))]);
    assert_eq!(watch.windows.left_out(), 1);
    let late = |value| [Family::new("c", Kind::Counter).with([("l", "y")], Value::Counter(value))];
    // The first leaves at the end of the second of these ticks.
    watch.tick(5.0, late(100));
    watch.tick(901.0, late(101));
    watch.tick(5.0, late(102));
    watch.tick(5.0, late(104));
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), Some(2.0));
    assert_eq!(watch.windows.left_out(), 0);
}

#[test]
fn only_what_is_asked_for_is_remembered() {
    let registry = Registry::new();
    let source = Arc::new(Told::default());
    registry.add_source(&source);
    *source.0.lock().unwrap() = vec![counter(1), gauge(1.0)];
    let (windows, now) = (Windows::new(&registry).only("c").only("x"), Instant::now());
    windows.tick(now);
    windows.tick(now + Duration::from_secs(5));
    windows.tick(now);
    assert_eq!(windows.increase("c", &[], Window::OneMinute), Some(0.0));
    assert_eq!(windows.mean("g", &[], Window::OneMinute), None);
}

proptest! {
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
