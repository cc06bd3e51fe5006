//! Registries and the metrics in them, as a user of the derives sees them.

mod comings;
mod kinds;
mod leaving;
mod names;
mod scopes;

use super::*;
use std::time::Duration;

use spanwright_core::context::SAMPLED;
use spanwright_core::ids::{SpanId, TraceId};

use crate::{Counter, Gauge, Histogram as Observations, Label, Labels, Metrics, Shared, UpDownCounter};

#[derive(Clone, Copy, Label)]
#[label(crate = crate)]
enum Method {
    Get,
    Put,
}

#[derive(Clone, Copy, Labels)]
#[labels(crate = crate)]
struct Request<'a> {
    method: Method,
    cached: bool,
    #[label(max = 2)]
    tenant: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "test", crate = crate)]
struct All {
    /// Requests that came in.
    requests_total: Counter<Method>,
    /// Requests by tenant.
    tenant_requests_total: Counter<Request<'static>>,
    /// Items in the queue.
    queue_items: UpDownCounter,
    /// How warm it is.
    temperature_celsius: Gauge,
    /// How large bodies are.
    #[metric(buckets = [10.0, 100.0])]
    body_bytes: Observations<Method>,
}

fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<Value> {
    let snapshot = registry.snapshot();
    snapshot.family(name)?.series(labels).map(|series| series.value.clone())
}

#[test]
fn series_of_enumerable_labels_exist_at_zero_from_the_start() {
    let registry = Registry::new();
    let _all = All::register(&registry);
    assert_eq!(value(&registry, "test_requests_total", &[("method", "get")]), Some(Value::Counter(0)));
    assert_eq!(value(&registry, "test_requests_total", &[("method", "put")]), Some(Value::Counter(0)));
    assert_eq!(value(&registry, "test_queue_items", &[]), Some(Value::Gauge(0.0)));
    let Some(Value::Histogram(bodies)) = value(&registry, "test_body_bytes", &[("method", "put")]) else {
        panic!("no histogram")
    };
    assert_eq!(bodies.buckets, [0, 0, 0]);
    let snapshot = registry.snapshot();
    assert!(
        snapshot.family("test_tenant_requests_total").unwrap().series.is_empty(),
        "texts are not known before"
    );
}

#[test]
fn every_kind_reads_back_what_was_written() {
    let registry = Registry::new();
    let all = All::register(&registry);
    all.requests_total.with(Method::Put).add(3);
    all.queue_items.add(5);
    std::thread::scope(|scope| scope.spawn(|| all.queue_items.add(-7)).join().unwrap());
    all.temperature_celsius.set(20.5);
    all.temperature_celsius.add(-0.5);
    for size in [10.0, 10.1, 1e9, f64::NAN] {
        all.body_bytes.with(Method::Get).observe(size);
    }
    assert_eq!(value(&registry, "test_requests_total", &[("method", "put")]), Some(Value::Counter(3)));
    assert_eq!(value(&registry, "test_requests_total", &[("method", "get")]), Some(Value::Counter(0)));
    assert_eq!(value(&registry, "test_queue_items", &[]), Some(Value::Gauge(-2.0)));
    assert_eq!(value(&registry, "test_temperature_celsius", &[]), Some(Value::Gauge(20.0)));
    let Some(Value::Histogram(bodies)) = value(&registry, "test_body_bytes", &[("method", "get")]) else {
        panic!("no histogram")
    };
    assert_eq!(bodies.buckets, [1, 1, 1], "bounds are inclusive, what is not a number is ignored");
    assert_eq!((bodies.sum, bodies.count()), (1e9 + 20.1, 3));
}

#[test]
fn texts_beyond_their_bound_share_the_overflow_series() {
    let registry = Registry::new();
    let all = All::register(&registry);
    for tenant in ["a", "b", "c", "d", "a"] {
        // Labels may borrow for the moment of the call.
        let tenant = &tenant.to_owned();
        all.tenant_requests_total.with(Request { method: Method::Put, cached: true, tenant }).inc();
    }
    let of = |tenant: &str| {
        let labels = [("method", "put"), ("cached", "true"), ("tenant", tenant)];
        value(&registry, "test_tenant_requests_total", &labels)
    };
    assert_eq!(of("a"), Some(Value::Counter(2)));
    assert_eq!(of("b"), Some(Value::Counter(1)));
    assert_eq!(of("other"), Some(Value::Counter(2)));
    assert_eq!(of("c"), None);
}

#[test]
fn instances_of_one_struct_add_up_and_leave_when_dropped() {
    let registry = Registry::new();
    let (one, other) = (All::register(&registry), All::register(&registry));
    one.requests_total.with(Method::Get).inc();
    other.requests_total.with(Method::Get).add(2);
    other.body_bytes.with(Method::Get).observe(1.0);
    let get = || value(&registry, "test_requests_total", &[("method", "get")]);
    assert_eq!(get(), Some(Value::Counter(3)));
    assert_eq!(registry.snapshot().family("test_requests_total").unwrap().series.len(), 2);
    other.queue_items.add(7);
    drop(other);
    assert_eq!(get(), Some(Value::Counter(3)), "what is counted never falls");
    let third = All::register(&registry);
    third.requests_total.with(Method::Get).inc();
    drop(third);
    assert_eq!(get(), Some(Value::Counter(4)));
    let Some(Value::Histogram(bodies)) = value(&registry, "test_body_bytes", &[("method", "get")]) else {
        panic!("no histogram")
    };
    assert_eq!(bodies.count(), 1);
    assert_eq!(value(&registry, "test_queue_items", &[]), Some(Value::Gauge(0.0)), "what it held has gone");
    drop(one);
    assert!(registry.snapshot().families.is_empty());
    assert!(registry.conflicts().is_empty());
}

#[test]
fn an_instance_tells_what_it_holds_itself() {
    let registry = Registry::new();
    let (one, other) = (All::register(&registry), All::register(&registry));
    one.requests_total.with(Method::Get).add(2);
    other.requests_total.with(Method::Get).add(40);
    let snapshot = one.snapshot();
    let get = snapshot.family("test_requests_total").unwrap().series(&[("method", "get")]).unwrap();
    assert_eq!(get.value, Value::Counter(2));
    assert_eq!(snapshot.families.len(), 5, "all of its metrics, and no others");
    let text = one.gather_metrics().unwrap();
    assert!(text.contains("\ntest_requests_total{method=\"get\"} 2\n"), "{text}");
    assert_eq!((one.gather_debug_info().metrics, one.gather_debug_info().families.len()), (5, 5));
}

#[test]
fn registries_are_apart() {
    let (one, other) = (Registry::new(), Registry::new());
    let (ones, _others) = (All::register(&one), All::register(&other));
    ones.requests_total.with(Method::Get).inc();
    assert_eq!(value(&one, "test_requests_total", &[("method", "get")]), Some(Value::Counter(1)));
    assert_eq!(value(&other, "test_requests_total", &[("method", "get")]), Some(Value::Counter(0)));
}

#[test]
fn of_two_families_with_one_name_the_first_stays() {
    // Generic, and so in no registry but the one it is put into.
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Different<L: Labels> {
        /// Requests that came in.
        requests_total: Counter<L>,
    }
    let registry = Registry::new();
    let all = All::register(&registry);
    let different = Different::<()>::register(&registry);
    all.requests_total.with(Method::Get).inc();
    different.requests_total.add(7);
    assert_eq!(value(&registry, "test_requests_total", &[("method", "get")]), Some(Value::Counter(1)));
    assert_eq!(value(&registry, "test_requests_total", &[]), None);
    drop(Different::<()>::register(&registry));
    let [conflict] = &registry.conflicts()[..] else { panic!("one conflict, however often it is met") };
    assert_eq!(conflict.name, "test_requests_total");
    let message = conflict.to_string();
    assert!(message.starts_with("metric `test_requests_total` (runtime/src/registry/tests.rs:"), "{message}");
    let remedy = "has the same name and different label names; rename one of them";
    assert!(message.ends_with(remedy), "{message}");
}

#[test]
fn a_metric_named_like_a_histograms_sample_is_refused() {
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Clash<L: Labels> {
        /// Not what it seems.
        body_bytes_count: Gauge<L>,
    }
    let registry = Registry::new();
    let _all = All::register(&registry);
    Clash::<()>::register(&registry).body_bytes_count.set(1.0);
    assert!(registry.snapshot().family("test_body_bytes_count").is_none());
    let [conflict] = &registry.conflicts()[..] else { panic!("one conflict") };
    assert!(
        conflict.to_string().contains("shares the name of a sample with `test_body_bytes`"),
        "{conflict}"
    );
}

#[test]
fn a_gauge_of_many_labels_shows_what_was_set_to_zero() {
    #[derive(Clone, Copy, Labels)]
    #[labels(crate = crate)]
    struct Place {
        #[label(max = 100)]
        city: &'static str,
    }
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Weather {
        /// How warm it is.
        city_celsius: Gauge<Place>,
    }
    let registry = Registry::new();
    let weather = Weather::register(&registry);
    weather.city_celsius.with(Place { city: "Oslo" }).set(0.0);
    assert_eq!(value(&registry, "test_city_celsius", &[("city", "Oslo")]), Some(Value::Gauge(0.0)));
}

#[test]
fn the_family_stays_itself_when_its_first_instance_goes() {
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Different<L: Labels> {
        /// Not what it was.
        queue_items: Gauge<L>,
    }
    let registry = Registry::new();
    let (first, _second) = (All::register(&registry), All::register(&registry));
    drop(first);
    Different::<()>::register(&registry).queue_items.set(5.0);
    assert_eq!(value(&registry, "test_queue_items", &[]), Some(Value::Gauge(0.0)));
    assert_eq!(registry.conflicts().len(), 1);
}

#[test]
fn what_there_is_no_room_for_is_said() {
    #[derive(Clone, Copy, Labels)]
    #[labels(crate = crate, budget = 100000000)]
    struct Huge {
        #[label(max = 50000000)]
        id: &'static str,
    }
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct TooMany<L: Labels> {
        /// More series than there are cells.
        ids_total: Counter<L>,
    }
    let registry = Registry::new();
    let too_many = TooMany::<Huge>::register(&registry);
    too_many.ids_total.with(Huge { id: "a" }).inc();
    assert!(registry.snapshot().families.is_empty());
    let [conflict] = &registry.conflicts()[..] else { panic!("one conflict") };
    assert!(conflict.to_string().contains("there is no room for its series"), "{conflict}");
}

/// The value of one of the telemetry's own counters.
fn own(name: &str) -> u64 {
    crate::own_metrics::OwnMetrics::global();
    match value(Registry::global(), name, &[]) {
        Some(Value::Counter(count)) => count,
        other => panic!("{other:?}"),
    }
}

fn within(span: u64) -> Context {
    let trace_id = TraceId { high: 1, low: 2 };
    Context { trace_id, span_id: SpanId(span), flags: SAMPLED, ..Context::here() }
}

#[test]
fn exemplars_are_of_their_buckets_and_of_sampled_spans() {
    let registry = Registry::new();
    let (all, other) = (All::register(&registry), All::register(&registry));
    let of = |name: &str, labels: &[(&str, &str)]| {
        let snapshot = registry.snapshot();
        let exemplars = snapshot.family(name).unwrap().series(labels).unwrap().exemplars.clone();
        exemplars.iter().map(|one| (one.span_id.0, one.value)).collect::<Vec<_>>()
    };
    let bytes = |all: &All, span, size| {
        let _within = within(span).attach();
        all.body_bytes.with(Method::Get).observe(size);
    };
    bytes(&all, 10, 5.0);
    bytes(&all, 11, 1e6);
    all.body_bytes.with(Method::Get).observe(50.0);
    let get = [("method", "get")];
    assert_eq!(of("test_body_bytes", &get), [(10, 5.0), (11, 1e6)]);
    bytes(&other, 12, 6.0);
    bytes(&other, 13, 60.0);
    assert_eq!(of("test_body_bytes", &get), [(12, 6.0), (13, 60.0), (11, 1e6)], "the latest of each bucket");
    {
        let _within = within(14).attach();
        all.requests_total.with(Method::Get).add(3);
        all.queue_items.inc();
        all.temperature_celsius.set(1.0);
    }
    assert_eq!(of("test_requests_total", &get), [(14, 3.0)]);
    assert!(of("test_queue_items", &[]).is_empty() && of("test_temperature_celsius", &[]).is_empty());
    drop((all, other));
    let all = All::register(&registry);
    all.body_bytes.with(Method::Get).observe(5.0);
    assert!(of("test_body_bytes", &get).is_empty(), "cells that are used again have no old exemplars");
}

#[test]
fn a_flood_of_label_values_leaves_memory_and_answers_bounded() {
    #[derive(Clone, Copy, Labels)]
    #[labels(crate = crate, budget = 2000)]
    struct Tenant<'a> {
        #[label(max = 1000)]
        tenant: &'a str,
    }
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Flooded<L: Labels> {
        /// Requests that came in.
        flooded_total: Counter<L>,
    }
    let registry = Registry::new();
    let flooded = Flooded::<Tenant<'static>>::register(&registry);
    let pages = spanwright_core::cells::own_pages();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let flooded = &flooded;
            scope.spawn(move || {
                for number in 0..250_000 {
                    let tenant = &format!("{thread} {number}");
                    flooded.flooded_total.with(Tenant { tenant }).inc();
                }
            });
        }
        // It answers meanwhile.
        for _ in 0..20 {
            assert!(registry.snapshot().families[0].series.len() <= 1_001);
        }
    });
    let family = registry.get_metric("test_flooded_total").unwrap();
    assert_eq!(family.series.len(), 1_001);
    let count = |series: &Series| if let Value::Counter(count) = series.value { count } else { 0 };
    assert_eq!(family.series.iter().map(count).sum::<u64>(), 1_000_000, "all are counted");
    assert_eq!(family.series(&[("tenant", "other")]).map(count), Some(999_000));
    // Three pages hold 1,001 cells; other tests run beside this one.
    assert!(spanwright_core::cells::own_pages() < pages + 100);
}

#[test]
fn a_text_that_is_the_overflows_name_is_in_its_series() {
    let registry = Registry::new();
    let all = All::register(&registry);
    for tenant in ["other", "a", "b", "c", "other"] {
        all.tenant_requests_total.with(Request { method: Method::Put, cached: true, tenant }).inc();
    }
    let family = registry.get_metric("test_tenant_requests_total").unwrap();
    assert_eq!(family.series.len(), 12, "each combination once");
    let other = [("method", "put"), ("cached", "true"), ("tenant", "other")];
    assert_eq!(family.series(&other).unwrap().value, Value::Counter(3));
}

#[test]
fn an_up_down_counter_of_many_labels_that_is_back_at_zero_stays() {
    #[derive(Clone, Copy, Labels)]
    #[labels(crate = crate)]
    struct Queue<'a> {
        #[label(max = 100)]
        queue: &'a str,
    }
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Depths<L: Labels> {
        /// Items that wait.
        queue_depth: UpDownCounter<L>,
    }
    let registry = Registry::new();
    let depths = Depths::<Queue<'static>>::register(&registry);
    let depth = |amount| depths.queue_depth.with(Queue { queue: "x" }).add(amount);
    let of = || value(&registry, "test_queue_depth", &[("queue", "x")]);
    depth(0);
    assert_eq!(of(), None);
    depth(5);
    assert_eq!(of(), Some(Value::Gauge(5.0)));
    depth(-5);
    assert_eq!(of(), Some(Value::Gauge(0.0)));
}

#[test]
fn durations_are_in_the_metrics_unit() {
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Slow<L: Labels> {
        /// How long it took.
        #[metric(unit = "milliseconds", buckets = [1, 10, 100])]
        wait_milliseconds: Observations<L>,
        /// How long the backup took.
        #[metric(unit = "minutes", buckets = [1, 3, 10])]
        backup_minutes: Observations<L>,
    }
    let registry = Registry::new();
    let slow = Slow::<()>::register(&registry);
    slow.wait_milliseconds.observe_duration(Duration::from_millis(30));
    let Some(Value::Histogram(waits)) = value(&registry, "test_wait_milliseconds", &[]) else {
        panic!("none")
    };
    assert_eq!((waits.buckets, waits.sum), (vec![0, 0, 1, 0], 30.0));
    slow.backup_minutes.observe_duration(Duration::from_secs(180));
    let Some(Value::Histogram(backups)) = value(&registry, "test_backup_minutes", &[]) else {
        panic!("none")
    };
    assert_eq!((backups.buckets, backups.sum), (vec![0, 1, 0, 0], 3.0));
}
