//! The crate's macros, as libraries use them.

use metrics::{counter, describe_counter, describe_histogram, gauge, histogram, with_local_recorder};

use super::*;
use crate::export::exposition;
use crate::registry::Value;

fn recorder() -> (Registry, MetricsRecorder) {
    let registry = Registry::new();
    let recorder = MetricsRecorder::new(&registry);
    (registry, recorder)
}

#[track_caller]
fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Value {
    let family = registry.get_metric(name).unwrap_or_else(|| panic!("no {name}"));
    family.series(labels).unwrap_or_else(|| panic!("no {labels:?} in {family:?}")).value.clone()
}

/// One of the telemetry's own counters.
fn own(name: &str) -> f64 {
    crate::own_metrics::OwnMetrics::global();
    let family = Registry::global().get_metric(name).unwrap_or_else(|| panic!("no {name}"));
    family.series.iter().filter_map(|series| series.value.number()).sum()
}

#[test]
fn the_macros_reach_the_registry() {
    let (registry, recorder) = recorder();
    with_local_recorder(&recorder, || {
        describe_counter!("http.requests", "Requests.");
        describe_histogram!("latency", Unit::Milliseconds, "How long it takes.");
        counter!("http.requests", "route" => "/", "code" => "200").increment(2);
        counter!("http.requests", "code" => "200", "route" => "/").increment(1);
        counter!("http.requests", "reason" => "teapot").absolute(7);
        counter!("http.requests", "reason" => "teapot").absolute(5);
        gauge!("queue").set(5.5);
        gauge!("queue").increment(1);
        gauge!("queue").decrement(2.0);
        histogram!("latency").record(0.3);
        histogram!("latency").record_many(1e9, 2);
    });
    assert_eq!(value(&registry, "http_requests", &[("route", "/"), ("code", "200")]), Value::Counter(3));
    assert_eq!(value(&registry, "http_requests", &[("reason", "teapot")]), Value::Counter(7));
    assert_eq!(value(&registry, "queue", &[]), Value::Gauge(4.5));
    let Value::Histogram(latency) = value(&registry, "latency", &[]) else { panic!("no histogram") };
    assert_eq!((latency.count(), latency.buckets[2], latency.bounds[2]), (3, 1, 0.5));
    let families = registry.snapshot();
    assert_eq!(families.family("http_requests").unwrap().help, "Requests.");
    assert_eq!(families.family("latency").unwrap().unit, "milliseconds");
    let text = exposition::to_text(&families);
    assert!(text.contains("http_requests{code=\"200\",route=\"/\"} 3\n"), "{text}");
}

#[test]
fn a_name_of_two_kinds_is_exported_as_the_first() {
    let (registry, recorder) = recorder();
    with_local_recorder(&recorder, || {
        gauge!("twice").set(1);
        counter!("twice").increment(1);
    });
    assert_eq!(registry.get_metric("twice").unwrap().kind, Kind::Gauge);
}

#[test]
fn the_name_of_a_sample_of_a_histogram_is_a_conflict() {
    let conflicts = || own("spanwright_metric_conflicts_total");
    let (registry, recorder) = recorder();
    let before = conflicts();
    with_local_recorder(&recorder, || {
        histogram!("x").record(1.0);
        counter!("x_count").increment(1);
        gauge!("y_sum").set(1);
        histogram!("y").record(1.0);
        counter!("z_count").increment(1);
    });
    let snapshot = registry.snapshot();
    let names: Vec<_> = snapshot.families.iter().map(|family| family.name.as_str()).collect();
    assert_eq!(names, ["x", "y_sum", "z_count"]);
    assert!(conflicts() >= before + 2.0);
}

#[test]
fn labels_that_prometheus_has_a_use_for_cost_no_series() {
    let (registry, recorder) = recorder();
    with_local_recorder(&recorder, || counter!("renamed", "__name__" => "x", "__y" => "z").increment(1));
    let text = exposition::to_text(&registry.snapshot());
    assert!(text.contains("renamed{_name__=\"x\",_y=\"z\"} 1\n"), "{text}");
}

#[test]
fn long_texts_are_not_kept_and_counted() {
    let overflows = || own("spanwright_label_overflows_total");
    let (registry, recorder) = recorder();
    let before = overflows();
    with_local_recorder(&recorder, || {
        counter!("long", "of" => "x".repeat(256)).increment(1);
        counter!("long", "of" => "x".repeat(257)).increment(2);
        counter!("long", "x".repeat(257) => "of").increment(4);
        counter!("x".repeat(257)).increment(8);
        describe_counter!("x".repeat(257), "It is not kept either.");
    });
    assert_eq!(value(&registry, "long", &[("of", &"x".repeat(256))]), Value::Counter(1));
    assert_eq!(value(&registry, "long", &[("otel_metric_overflow", "true")]), Value::Counter(6));
    assert_eq!(registry.snapshot().families.len(), 1);
    assert!(overflows() >= before + 3.0);
    assert!(recorder.0.described().is_empty());
}

#[test]
fn a_histogram_that_a_reader_waits_for_delays_no_new_series() {
    let (registry, recorder) = recorder();
    let key = Key::from_name("slow");
    let slow = with_local_recorder(&recorder, || {
        histogram!("slow").record(1.0);
        let Recorded { histograms, bounds, kinds, .. } = &*recorder.0;
        histograms.get(&key, bounds, kinds, |_| unreachable!("it is there")).unwrap()
    });
    let reader = slow.hold_readers();
    std::thread::scope(|scope| {
        let (done, is_done) = std::sync::mpsc::channel();
        scope.spawn(|| registry.snapshot());
        // Whenever that thread comes to wait.
        let recorder = &recorder;
        scope.spawn(move || {
            with_local_recorder(recorder, || {
                for name in 0..200 {
                    histogram!(format!("new_{name}")).record(1.0);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            });
            done.send(()).unwrap();
        });
        let result = is_done.recv_timeout(std::time::Duration::from_secs(60));
        drop(reader);
        result.expect("new series are made meanwhile");
    });
}

#[test]
fn names_that_become_one_are_one_series() {
    let (registry, recorder) = recorder();
    with_local_recorder(&recorder, || {
        counter!("a.b").increment(1);
        counter!("a-b").increment(1);
    });
    assert_eq!(value(&registry, "a_b", &[]), Value::Counter(2));
}

#[test]
fn a_flood_of_label_values_has_one_series_more_than_there_may_be() {
    const FLOOD: u64 = 1_000_000;
    let registry = Registry::new();
    let recorder = MetricsRecorder::with_max_series(&registry, 1_000);
    with_local_recorder(&recorder, || {
        counter!("before").increment(1);
        for user in 0..FLOOD {
            counter!("logins", "user" => user.to_string()).increment(1);
        }
        counter!("before").increment(1);
        histogram!("after", "any" => "label").record(1.0);
        for name in 0..2_000 {
            counter!(format!("name_{name}")).increment(1);
        }
    });
    let logins = registry.get_metric("logins").unwrap();
    assert_eq!(logins.series.len(), 1_000, "the first was taken before");
    let sum: f64 = logins.series.iter().filter_map(|series| series.value.number()).sum();
    assert_eq!(sum, FLOOD as f64);
    let overflow = Value::Counter(FLOOD - 999);
    assert_eq!(value(&registry, "logins", &[("otel_metric_overflow", "true")]), overflow);
    assert_eq!(value(&registry, "before", &[]), Value::Counter(2));
    let Value::Histogram(after) = value(&registry, "after", &[("otel_metric_overflow", "true")]) else {
        panic!("no histogram")
    };
    assert_eq!(after.count(), 1);
    let counters = registry.snapshot().families.into_iter().filter(|family| family.kind == Kind::Counter);
    assert_eq!(counters.count(), 1_000, "families have the same bound");
}

#[test]
fn threads_that_register_at_once_share_their_series() {
    let (registry, recorder) = recorder();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                with_local_recorder(&recorder, || {
                    for round in 0..2_000_u64 {
                        counter!("hits", "of" => (round % 500).to_string()).increment(1);
                        gauge!("level").increment(1);
                        histogram!("sizes").record(1.0);
                    }
                });
            });
        }
    });
    let hits = registry.get_metric("hits").unwrap();
    assert_eq!(hits.series.len(), 500);
    assert!(hits.series.iter().all(|series| series.value == Value::Counter(32)), "{hits:?}");
    assert_eq!(value(&registry, "level", &[]), Value::Gauge(16_000.0));
    let Value::Histogram(sizes) = value(&registry, "sizes", &[]) else { panic!("no histogram") };
    assert_eq!((sizes.count(), sizes.sum), (16_000, 16_000.0));
}

#[test]
fn a_recorder_that_is_gone_leaves_the_registry() {
    let (registry, recorder) = recorder();
    let held = with_local_recorder(&recorder, || counter!("gone"));
    drop(recorder);
    held.increment(1);
    assert!(registry.get_metric("gone").is_none());
}
