//! OpenTelemetry's names, from the field of a struct to what a receiver reads.

use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use spanwright_core::descriptor::{Dimension, Values};

use super::metrics::{decoded, written};
use crate::export::delta::Deltas;
use crate::export::exposition::to_text;
use crate::export::points::{self, Point};
use crate::registry::Snapshot;
use crate::{Counter, Gauge, Histogram, Interner, Labels, Metrics, Registry, UpDownCounter};

/// A label that stands for an attribute.
struct Subscription;

impl Labels for Subscription {
    const DIMENSIONS: &'static [Dimension] = &[Dimension {
        name: "subscription",
        attribute: "eventsource.subscription.name",
        help: "",
        values: Values::Static(&["orders"]),
    }];
    type AtEntry<'l> = Self;

    fn index(&self, _: &Interner) -> u32 {
        0
    }
}

/// The metrics of the eventsource guide.
#[derive(Metrics)]
#[metrics(prefix = "not_in_front", global = false, crate = crate)]
struct EventSource {
    /// Messages published.
    #[metric(name_exact = "kafka.eventbus.messages.published")]
    published: Counter,
    /// Messages consumed.
    #[metric(name_exact = "kafka.eventbus.messages.consumed", unit = "{message}")]
    consumed: Counter,
    /// Handler execution time.
    #[metric(name_exact = "kafka.eventbus.handler.duration", unit = "ms")]
    handler: Histogram,
    /// Consumer lag per partition.
    #[metric(name_exact = "kafka.eventbus.consumer.lag")]
    consumer_lag: Gauge,
    /// Events processed successfully.
    #[metric(name_exact = "subscription.events.processed")]
    processed: Counter<Subscription>,
    /// Events that failed processing.
    #[metric(name_exact = "subscription.events.failed")]
    failed: Counter<Subscription>,
    /// Processing time.
    #[metric(name_exact = "subscription.processing.duration", unit = "milliseconds")]
    processing: Histogram<Subscription>,
    /// Current event lag.
    #[metric(name_exact = "subscription.lag", unit = "{event}")]
    lag: Gauge<Subscription>,
    /// Current state.
    #[metric(name_exact = "subscription.state")]
    state: Gauge<Subscription>,
    /// A counter that is called as somebody else calls it.
    #[metric(name_exact = "legacy_requests")]
    requests: Counter,
    /// Prometheus calls it by the field.
    #[metric(otel_name = "eventsource.open")]
    open_bytes: UpDownCounter,
}

fn read(snapshot: &Snapshot) -> Vec<Metric> {
    sent(&points::all(snapshot).collect::<Vec<_>>())
}

fn sent(points: &[Point<'_>]) -> Vec<Metric> {
    let request = decoded(&written(&[], points));
    request
        .resource_metrics
        .into_iter()
        .flat_map(|all| all.scope_metrics)
        .flat_map(|all| all.metrics)
        .collect()
}

/// Names, units and whether a counter, in OTLP's order.
fn told(metrics: &[Metric]) -> Vec<(&str, &str, bool)> {
    let is_counter = |data: &Option<Data>| matches!(data, Some(Data::Sum(sum)) if sum.is_monotonic);
    let mut told: Vec<_> = metrics
        .iter()
        .map(|metric| (metric.name.as_str(), metric.unit.as_str(), is_counter(&metric.data)))
        .collect();
    told.sort_unstable();
    told
}

#[test]
fn otlp_keeps_the_names_that_others_chose_and_prometheus_gets_their_translation() {
    let registry = Registry::new();
    let metrics = EventSource::register(&registry);
    metrics.handler.observe_duration(std::time::Duration::from_millis(20));
    metrics.processed.with(Subscription).inc();
    metrics.lag.with(Subscription).set(3.0);
    let snapshot = registry.snapshot();
    let otlp = read(&snapshot);
    assert_eq!(
        told(&otlp),
        [
            ("eventsource.open", "By", false),
            ("kafka.eventbus.consumer.lag", "", false),
            ("kafka.eventbus.handler.duration", "ms", false),
            ("kafka.eventbus.messages.consumed", "{message}", true),
            ("kafka.eventbus.messages.published", "", true),
            ("legacy_requests", "", true),
            ("subscription.events.failed", "", true),
            ("subscription.events.processed", "", true),
            ("subscription.lag", "{event}", false),
            ("subscription.processing.duration", "ms", false),
            ("subscription.state", "", false),
        ]
    );
    let Some(Data::Histogram(handler)) = otlp
        .iter()
        .find(|one| one.name == "kafka.eventbus.handler.duration")
        .and_then(|one| one.data.as_ref())
    else {
        panic!("{otlp:?}")
    };
    assert_eq!(handler.data_points[0].sum, Some(20.0), "in milliseconds");
    let text = to_text(&snapshot);
    let types: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(
        types,
        [
            "kafka_eventbus_consumer_lag gauge",
            "kafka_eventbus_handler_duration_milliseconds histogram",
            "kafka_eventbus_messages_consumed_total counter",
            "kafka_eventbus_messages_published_total counter",
            "legacy_requests counter",
            "not_in_front_open_bytes gauge",
            "subscription_events_failed_total counter",
            "subscription_events_processed_total counter",
            "subscription_lag gauge",
            "subscription_processing_duration_milliseconds histogram",
            "subscription_state gauge",
        ]
    );
}

#[test]
fn otlp_has_the_attributes_that_labels_stand_for() {
    let registry = Registry::new();
    let metrics = EventSource::register(&registry.with_label("tenant", "a"));
    metrics.lag.with(Subscription).set(3.0);
    let snapshot = registry.snapshot();
    let otlp = read(&snapshot);
    let Some(Data::Gauge(lag)) =
        otlp.iter().find(|one| one.name == "subscription.lag").and_then(|one| one.data.as_ref())
    else {
        panic!("{otlp:?}")
    };
    let keys: Vec<&str> = lag.data_points[0].attributes.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["tenant", "eventsource.subscription.name"]);
    let line = "subscription_lag{tenant=\"a\",subscription=\"orders\"} 3.0";
    assert!(to_text(&snapshot).lines().any(|other| other == line));
}

#[test]
fn prefixes_are_in_front_of_what_is_ours() {
    let registry = Registry::new();
    let _metrics = EventSource::register(&registry.with_prefix("shop"));
    let otlp = read(&registry.snapshot());
    let names: Vec<&str> =
        told(&otlp).into_iter().map(|(name, ..)| name).filter(|name| name.contains("open")).collect();
    assert_eq!(names, ["shop.eventsource.open"]);
    assert!(otlp.iter().any(|one| one.name == "subscription.lag"));
}

#[test]
fn deltas_have_the_same_names() {
    let registry = Registry::new();
    let metrics = EventSource::register(&registry);
    metrics.failed.with(Subscription).inc();
    let snapshot = registry.snapshot();
    let changes = Deltas::new(snapshot.time).owed(&snapshot);
    let points = points::with_changes(&snapshot, &changes);
    assert_eq!(told(&sent(&points)), told(&read(&snapshot)));
}
