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
