//! What comes and goes while a registry is read: instances, callbacks, sources.

use super::*;

#[test]
fn what_is_counted_by_instances_that_come_and_go_never_falls() {
    let (registry, kept) = (Registry::new(), std::sync::atomic::AtomicBool::new(true));
    let _first = All::register(&registry);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..300 {
                All::register(&registry).requests_total.with(Method::Get).add(7);
            }
            kept.store(false, std::sync::atomic::Ordering::Relaxed);
        });
        let mut last = 0;
        while kept.load(std::sync::atomic::Ordering::Relaxed) {
            let now = value(&registry, "test_requests_total", &[("method", "get")]);
            let Some(Value::Counter(now)) = now else { panic!("{now:?}") };
            assert!(now >= last && now % 7 == 0, "{now} after {last}");
            last = now;
        }
    });
    assert_eq!(value(&registry, "test_requests_total", &[("method", "get")]), Some(Value::Counter(2_100)));
}

/// A source that asks the registry that asks it.
struct Asks(Registry);

impl Source for Asks {
    fn collect(&self, families: &mut Vec<Family>) {
        let value = self.0.get_metric("test_queue_items").unwrap().series[0].value.clone();
        families.push(Family::new("asked", Kind::Gauge).with(LabelSet::default(), value));
    }
}

#[test]
fn callbacks_and_sources_may_read_the_registry_that_asks_them() {
    let registry = Registry::new();
    let (all, asks) = (All::register(&registry), Arc::new(Asks(registry.clone())));
    registry.add_source(&asks);
    all.queue_items.add(3);
    all.temperature_celsius.read_by({
        let registry = registry.clone();
        move || {
            registry.snapshot().family("test_queue_items").unwrap().series[0].value.number().unwrap() * 2.0
        }
    });
    let snapshot = registry.snapshot();
    let number = |name| snapshot.family(name).unwrap().series[0].value.number();
    assert_eq!((number("test_temperature_celsius"), number("asked")), (Some(6.0), Some(3.0)));
}

#[test]
fn what_a_callback_holds_is_dropped_without_a_lock() {
    struct Looks(Registry);
    impl Drop for Looks {
        fn drop(&mut self) {
            assert!(self.0.conflicts().is_empty() && !format!("{:?}", self.0).is_empty());
            let _snapshot = self.0.snapshot();
        }
    }
    let registry = Registry::new();
    let reads = || {
        let looks = Looks(registry.clone());
        move || f64::from(u8::from(looks.0.conflicts().is_empty()))
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let all = All::register(&registry);
                    all.temperature_celsius.read_by(reads());
                    all.temperature_celsius.read_by(reads());
                    let _snapshot = registry.snapshot();
                }
            });
        }
    });
}

/// A source that says what it was given.
struct Says(Vec<Family>);

impl Source for Says {
    fn collect(&self, families: &mut Vec<Family>) {
        families.extend_from_slice(&self.0);
    }
}

#[test]
fn what_sources_say_is_added_up_where_it_fits_and_else_left_out_and_counted() {
    let registry = Registry::new();
    let classic = |bounds: &[f64], buckets: &[u64]| {
        Value::from(Histogram { bounds: bounds.into(), buckets: buckets.to_vec(), sum: 1.0 })
    };
    let (ab, ba) = ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]);
    let one = Arc::new(Says(vec![
        Family::new("h", Kind::Histogram).with(ab, classic(&[1.0], &[1, 2])),
        Family::new("c", Kind::Counter).with(ab, Value::Counter(1)).with(ba, Value::Counter(2)),
        Family::new("k", Kind::Gauge).with(ab, Value::Gauge(1.0)),
    ]));
    let other = Arc::new(Says(vec![
        Family::new("h", Kind::Histogram)
            .with(ab, classic(&[1.0, 2.0], &[1, 2, 3]))
            .with(ba, classic(&[1.0], &[10, 20])),
        Family::new("c", Kind::Counter).with(ab, Value::FloatCounter(0.5)),
        Family::new("k", Kind::Counter).with(ab, Value::Counter(1)),
    ]));
    registry.add_source(&one);
    registry.add_source(&other);
    let before = own("spanwright_series_left_out_total");
    let snapshot = registry.snapshot();
    let of = |name| &snapshot.family(name).unwrap().series[..];
    let [histogram] = of("h") else { panic!("{:?}", of("h")) };
    assert_eq!(
        histogram.value,
        Value::from(Histogram { bounds: [1.0].into(), buckets: vec![11, 22], sum: 2.0 })
    );
    let [counter] = of("c") else { panic!("{:?}", of("c")) };
    assert_eq!(counter.value, Value::Counter(3));
    assert_eq!(of("k")[0].value, Value::Gauge(1.0));
    assert!(own("spanwright_series_left_out_total") >= before + 3);
}
