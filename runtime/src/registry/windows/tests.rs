//! Windows, with a clock of the test's own.

mod any;

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

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
    assert_eq!(watch.windows.increase("n", &[], minute), Some(11.0), "it began anew, and goes on");
    assert_eq!(watch.windows.mean("n", &[], minute), Some(62.0 / 11.0));
}

#[test]
fn whatever_counts_goes_on_after_it_began_anew() {
    let mut watch = Watch::new();
    for count in [0, 100, 200, 50] {
        let sum = count as f64 * 4.0;
        watch.tick(5.0, [counter(count), histogram([0, 0, count], sum), native(0, 2, &[count], sum)]);
    }
    let minute = Window::OneMinute;
    let increase = |name| watch.windows.increase(name, &[], minute);
    assert_eq!(["c", "h", "n"].map(increase), [Some(250.0); 3]);
    assert_eq!(["h", "n"].map(|name| watch.windows.mean(name, &[], minute)), [Some(4.0); 2]);
    // One that has as many observations as before, elsewhere, has begun anew as well.
    watch.tick(5.0, [native(0, -1, &[60], 30.0)]);
    assert_eq!(watch.windows.increase("n", &[], minute), Some(310.0));
}

#[test]
fn whatever_began_anew_by_its_own_account_counts_from_zero() {
    let mut watch = Watch::new();
    let mut tick = |count, start| {
        let sum = count as f64 * 4.0;
        let all = [counter(count), histogram([0, 0, count], sum), native(0, 2, &[count], sum)];
        watch.tick(5.0, all.map(|family| Family { start, ..family }));
    };
    tick(0, Some(SystemTime::UNIX_EPOCH));
    tick(100, Some(SystemTime::UNIX_EPOCH));
    let anew = SystemTime::now() + Duration::from_millis(1);
    thread::sleep(Duration::from_millis(3));
    tick(150, Some(anew));
    tick(160, Some(anew));
    let increase = |name| watch.windows.increase(name, &[], Window::OneMinute);
    assert_eq!(["c", "h", "n"].map(increase), [Some(260.0); 3]);
}

#[test]
fn a_native_histogram_is_remembered_in_few_buckets_however_often_it_began_anew() {
    let mut watch = Watch::new();
    for at in 0..20 {
        watch.tick(5.0, [native(8, at * 1_000, &[1; 60], 1.0)]);
    }
    // No schema of Prometheus' is coarser, and none holds all numbers in fewer.
    watch.tick(5.0, [native(-4, -67, &[1; 131], 1.0)]);
    for series in watch.windows.remembered().matching("n", &[]) {
        let Some(Change::Native(total)) = series.change(Window::FiveMinutes, 99) else { panic!("a native") };
        assert!(total.buckets.len() <= 64, "{total:?}");
        assert_eq!(total.count(), 20 * 60 + 131);
    }
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
fn a_gauge_that_was_no_number_has_the_mean_and_the_slope_of_the_rest() {
    let mut watch = Watch::new();
    for value in [10.0, f64::NAN, 10.0, f64::INFINITY, f64::NEG_INFINITY, 10.0, f64::MAX, 10.0, 20.0] {
        watch.tick(5.0, [gauge(value)]);
    }
    let mean = |watch: &Watch| watch.windows.mean("g", &[], Window::OneMinute);
    // Nothing is known but of the last five seconds.
    assert_eq!(mean(&watch), Some(15.0));
    watch.tick(15.0, [gauge(20.0)]);
    assert_eq!(mean(&watch), Some((15.0 * 5.0 + 20.0 * 15.0) / 20.0));
    for _ in 0..30 {
        watch.tick(5.0, [gauge(f64::NAN).with([("l", "y")], Value::Gauge(7.0))]);
    }
    assert_eq!(mean(&watch), Some(7.0), "one that is no number does not spoil the others");
    assert_eq!(watch.windows.mean("g", &[("l", "x")], Window::OneMinute), None);
    assert_eq!(watch.windows.trend("g", &[("l", "y")], Window::OneMinute), Some(0.0));
    assert_eq!(watch.windows.trend("g", &[("l", "x")], Window::OneMinute), None);
}

#[test]
fn slopes_leave_out_when_a_gauge_was_no_number() {
    let mut watch = Watch::new();
    for (at, other) in [1.0, 1.0, f64::NAN, 1.0, 1.0].into_iter().enumerate() {
        watch.tick(5.0, [gauge(at as f64 * 10.0).with([("l", "y")], Value::Gauge(other))]);
    }
    assert_eq!(watch.windows.trend("g", &[], Window::OneMinute), Some(2.0));
}

#[test]
fn a_sum_that_was_no_number_is_one_again() {
    let mut watch = Watch::new();
    let ((infinite, finite), minute) = ((f64::INFINITY, 4.0), Window::OneMinute);
    let both = |count, sum| [histogram([0, 0, count], sum), native(0, 2, &[count], sum)];
    let means = |watch: &Watch| ["h", "n"].map(|name| watch.windows.mean(name, &[], minute));
    for (count, sum) in [(1, finite), (2, infinite)] {
        watch.tick(5.0, both(count, sum));
    }
    assert_eq!(means(&watch), [None; 2]);
    for count in 1..=20 {
        watch.tick(5.0, both(count, finite * count as f64));
    }
    assert_eq!(means(&watch), [Some(finite); 2]);
}

#[test]
fn a_counter_that_becomes_a_gauge_counts_no_more() {
    let mut watch = Watch::new();
    let as_gauge = |value| Family::new("c", Kind::Gauge).with([("l", "x")], Value::Gauge(value));
    watch.tick(5.0, [counter(100)]);
    watch.tick(5.0, [counter(110)]);
    watch.tick(5.0, [as_gauge(500.0)]);
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), None);
    assert_eq!(watch.windows.mean("c", &[], Window::OneMinute), Some(500.0));
    watch.tick(5.0, [counter(3)]);
    assert_eq!(watch.windows.mean("c", &[], Window::OneMinute), None);
    assert_eq!(watch.windows.increase("c", &[], Window::OneMinute), Some(3.0));
}

/// A source whose first answer waits, once it is found, until it may go.
struct Slow {
    value: Mutex<u64>,
    found: Mutex<Option<mpsc::Sender<()>>>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Source for Slow {
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(counter(*self.value.lock().unwrap()));
        let found = self.found.lock().unwrap().take();
        if let Some(found) = found {
            found.send(()).unwrap();
            self.go.lock().unwrap().recv_timeout(Duration::from_secs(60)).expect("nobody waits for a tick");
        }
    }
}

#[test]
fn two_that_tick_remember_what_they_saw_in_its_order_and_no_question_waits() {
    let ((found, is_found), (go, may_go)) = (mpsc::channel(), mpsc::channel());
    let (value, go_on) = (Mutex::new(1_000_000), Mutex::new(may_go));
    let slow = Arc::new(Slow { value, found: Mutex::default(), go: go_on });
    let registry = Registry::new();
    registry.add_source(&slow);
    let (windows, start) = (Windows::new(&registry), Instant::now());
    let tick = |seconds| windows.tick(start + Duration::from_secs(seconds));
    tick(0);
    *slow.found.lock().unwrap() = Some(found);
    thread::scope(|scope| {
        scope.spawn(|| tick(10));
        is_found.recv().unwrap();
        // This one looks later, and was asked to earlier.
        *slow.value.lock().unwrap() += 5;
        let (ended, has_ended) = mpsc::channel();
        scope.spawn(move || {
            tick(5);
            let _ = ended.send(());
        });
        // It should wait, so this is as long as it is given to do otherwise.
        let _ = has_ended.recv_timeout(Duration::from_millis(200));
        assert_eq!(windows.increase("c", &[], Window::OneMinute), None);
        go.send(()).unwrap();
    });
    tick(15);
    assert_eq!(windows.increase("c", &[], Window::OneMinute), Some(5.0));
}

#[test]
fn what_makes_no_sense_is_as_if_it_were_not_there() {
    let mut watch = Watch::new();
    let classic = |buckets: &[u64]| {
        let value = Histogram { bounds: Arc::new([1.0, 2.0]), buckets: buckets.to_vec(), sum: 1.0 };
        Family::new("h", Kind::Histogram).with([("l", "x")], Value::from(value))
    };
    let float = |value| Family::new("c", Kind::Counter).with([("l", "x")], Value::FloatCounter(value));
    watch.tick(5.0, [classic(&[1, 1, 1]), native(0, 1, &[3], 3.0), float(3.0)]);
    for nonsense in [
        [classic(&[9; 4]), native(0, i32::MAX, &[9], 9.0), float(f64::NAN)],
        [classic(&[9; 2]), native(0, i32::MIN, &[9], 9.0), float(f64::INFINITY)],
        [classic(&[]), native(127, 5, &[9], 9.0), float(f64::NEG_INFINITY)],
        [classic(&[9; 9]), native(-128, 1, &[9; 999], 9.0), float(f64::NAN)],
    ] {
        watch.tick(5.0, nonsense);
    }
    watch.tick(5.0, [classic(&[2, 1, 1]), native(0, 1, &[4], 4.0), float(4.0)]);
    let increase = |name| watch.windows.increase(name, &[], Window::OneMinute);
    assert_eq!(["h", "n", "c"].map(increase), [Some(1.0); 3]);
}

#[test]
fn what_is_far_apart_is_added_up_in_little_room() {
    let mut watch = Watch::new();
    // The least and the greatest number, in the finest buckets that OpenTelemetry has.
    let (least, greatest) = (-1_074 << 20, 1_024 << 20);
    for round in 1..=3 {
        watch.tick(5.0, [native(20, least, &[round], 0.0)]);
        watch.tick(5.0, [native(20, greatest, &[round], 0.0)]);
    }
    assert_eq!(watch.windows.increase("n", &[], Window::OneMinute), Some(11.0));
    assert_eq!(watch.windows.remembered().matching("n", &[]).count(), 1);
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
