//! The document's own tests, by their names, and the types and functions that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use eventflux::{
    Batch, EngineSettings, ErrorKind, Event, EventFlux, EventFluxMetrics, EventPipeline, HealthCheck,
    HealthMonitor, HealthStatus, MetricsCollector, MetricsRegistry, OfError, QueryMetrics, QueryRuntime,
    StreamMetrics, Value, gather_metrics, init_tracer, inject_trace_context, metrics_handler, process_event,
};
use spanwright::testing::Captured;
use spanwright::{Metrics, Tracer};
use tonic::metadata::MetadataMap;

use crate::built::without_telemetry;
use crate::collector::Collector;
use crate::process::http;
use crate::program::{Page, SEED, eventflux};
use crate::system::Running;
use crate::table::rows_of;

#[test]
fn test_metrics_registration() {
    let registry = MetricsRegistry::new();
    assert!(registry.get_metric("events_processed_total").is_some());
    assert!(registry.get_metric("events_processed").is_none());
}

#[test]
fn test_health_check() {
    let pipeline = EventPipeline::new(1024);
    let health = pipeline.check_health();
    assert_eq!(health, HealthStatus::Healthy);
}

/// At a port that is free: who says nothing has the document's.
fn start_test_app() -> Running {
    Running::start(&mut eventflux(&["--load"]))
}

#[test]
fn test_prometheus_endpoint() {
    let app = start_test_app();
    let mut response = http().get(format!("{}/metrics", app.admin)).call().expect("it answers");
    assert_eq!(response.status(), 200);
    let body = response.body_mut().read_to_string().expect("it is text");
    assert!(body.contains("events_processed_total"));
}

/// The document's `init_test_tracer`: spans of this test are kept, so that what is left is the tracer.
fn init_test_tracer() -> Tracer {
    Tracer::new("eventflux")
}

/// A query that hands each event on.
async fn test_query() -> (EventFlux, Arc<QueryRuntime>) {
    let engine = EventFlux::new(EngineSettings::default());
    let statements = "CREATE STREAM Theirs (price DOUBLE); CREATE SINK TheirSink TO memory;
         CREATE QUERY theirs AS SELECT * FROM Theirs INTO TheirSink;";
    engine.load(statements).await.expect("the statements are right");
    let query = engine.query("theirs").expect("it was made");
    (engine, query)
}

async fn process_test_event(query: &QueryRuntime) {
    let event = Event { timestamp: 1, values: [Value::Double(12.5)].into() };
    process_event(query, event).await.expect("it is an event of the stream");
}

#[spanwright::test]
async fn test_distributed_tracing(telemetry: Captured) {
    let tracer = init_test_tracer();
    let (engine, query) = test_query().await;
    // Create root span, and process event (should create child spans)
    tracer.span("test_query").follow(|_| process_test_event(&query)).await;
    // Verify span hierarchy
    let spans = telemetry.spans();
    assert_eq!(spans.len(), 5, "{}", telemetry.tree()); // Root + 4 child spans
    let tree =
        "test_query\n  process_event\n    Event Ingestion\n      Stream Junction Send\n    Output Emission\n";
    assert_eq!(telemetry.tree(), tree);
    assert_eq!(engine.rows("TheirSink").len(), 1);
}

#[test]
fn the_metric_types_of_the_document_are_there() {
    let types: Vec<_> = rows_of(SEED, "type").into_iter().map(|row| row.item).collect();
    let stated = |name: &str| {
        let found = types.iter().find(|item| item.starts_with(&format!("`{name}")));
        found.unwrap_or_else(|| panic!("no row of {name}")).clone()
    };
    // The names in braces are those of the families.
    let names: BTreeSet<_> = EventFluxMetrics::DESCRIPTORS.iter().map(|metric| metric.name).collect();
    let (_, fields) = stated("EventFluxMetrics")
        .split_once("{ ")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("fields");
    for field in fields.trim_end_matches(" }`").split(", ") {
        assert!(names.contains(field), "{field} in {names:?}");
    }
    let registry = MetricsRegistry::new();
    registry.events_processed().add(3);
    registry.queries_active().set(2.0);
    let labels = OfError { error_type: ErrorKind::Sink, query_id: "q".into() };
    registry.errors_total().with(labels).inc();
    for field in ["registry: prometheus::Registry", "events_processed", "queries_active", "errors_total"] {
        assert!(stated("MetricsRegistry").contains(field), "{field}");
    }
    let gathered = registry.prometheus().gather();
    let text = prometheus::TextEncoder::new().encode_to_string(&gathered).expect("it is text");
    for line in
        ["events_processed_total 3", "active_queries 2", "errors_total{error_type=\"sink\",query_id=\"q\"} 1"]
    {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    assert!(stated("QueryMetrics").contains("{ events_in, events_out, latency }"));
    let query = QueryMetrics::of(&"typed".into(), &"typed".into());
    query.events_in.add(2);
    query.events_out.inc();
    query.latency.observe(0.25);
    assert!(stated("StreamMetrics").contains("{ throughput, backpressure_events, subscribers_active }"));
    let stream = StreamMetrics::of(&"Typed".into());
    stream.throughput.add(5);
    stream.backpressure_events.inc();
    stream.subscribers_active.set(1.0);
    let page = Page::read(&gather_metrics());
    let (query, stream) = ([("query_id", "typed")], [("stream_name", "Typed")]);
    assert_eq!(page.sum("query_throughput_total", &query), 2.0);
    assert_eq!(page.sum("query_events_emitted_total", &query), 1.0);
    assert_eq!(page.sum("query_latency_seconds_sum", &query), 0.25);
    assert_eq!(page.sum("stream_throughput", &stream), 5.0);
    assert_eq!(page.sum("stream_backpressure_events_total", &stream), 1.0);
    assert_eq!(page.sum("stream_subscribers_active", &stream), 1.0);
    // The layer under queries and streams, which feeds all exporters: nothing is shown of what is sampled before it has run.
    assert!(stated("MetricsCollector").contains("Queries, Streams and Processors"));
    let before = Page::read(&gather_metrics()).sum("eventflux_collections_total", &[]);
    MetricsCollector::new(&EventFlux::new(EngineSettings::default())).collect();
    assert_eq!(Page::read(&gather_metrics()).sum("eventflux_collections_total", &[]), before + 1.0);
}

/// A check as the document writes one.
struct Failing;

impl HealthCheck for Failing {
    async fn check(&self) -> HealthStatus {
        HealthStatus::unhealthy("on purpose")
    }
}

#[tokio::test]
async fn the_health_types_of_the_document_are_there() {
    fn is_a_check<C: HealthCheck + Send + Sync>(_: &C) {}
    let pipeline = EventPipeline::named("checked", 4);
    is_a_check(&pipeline);
    assert_eq!(pipeline.check().await, HealthStatus::Healthy);
    let event = || Event { timestamp: 1, values: [].into() };
    pipeline.send(Batch::new([event(), event(), event(), event()])).await;
    // Full: its score is below 0.5.
    let metrics = pipeline.get_metrics();
    assert!(metrics.health_score < 0.5 && metrics.utilization > 0.99, "{metrics:?}");
    assert!(matches!(pipeline.check().await, HealthStatus::Degraded(reason) if reason.contains("checked")));
    assert!(pipeline.try_recv().is_some());
    assert_eq!(pipeline.check().await, HealthStatus::Healthy);
    assert_eq!(Failing.check().await, HealthStatus::Unhealthy("on purpose".to_owned()));
    let monitor = format!("{:?}", HealthMonitor::of(&EventFlux::new(EngineSettings::default())));
    for check in ["event_pipeline", "state_backend", "query_runtime"] {
        assert!(monitor.contains(check), "{monitor}");
    }
}

#[tokio::test]
async fn the_functions_of_the_document_are_there() {
    let counted = StreamMetrics::of(&"Handled".into());
    counted.throughput.inc();
    for text in [metrics_handler().await, gather_metrics()] {
        assert!(text.contains("stream_throughput{stream_name=\"Handled\"} 1"), "{text}");
    }
    for row in rows_of(SEED, "function") {
        let known = [
            "metrics_handler()",
            "init_tracer(service_name)",
            "inject_trace_context(metadata: &mut MetadataMap)",
        ];
        assert!(known.contains(&row.name()), "nothing is known of {}", row.item);
    }
}

/// Which of this program's tests is run in a process of its own.
const ALONE: &str = "EVENTFLUX_TEST_ALONE";

/// The telemetry of a process is started once, so that the tracer has one of its own: this test is run again in it.
#[test]
fn the_tracer_sends_the_services_spans_to_jaeger() {
    if std::env::var_os(ALONE).is_some() {
        let (telemetry, tracer) = init_tracer("eventflux").expect("nobody has started it yet");
        tracer.span("query_execution").in_scope(|_| {});
        telemetry.shutdown();
        return;
    }
    let jaeger = Collector::start();
    let mut alone = without_telemetry(std::env::current_exe().expect("it is this program"));
    alone.args(["--exact", "theirs::the_tracer_sends_the_services_spans_to_jaeger"]).env(ALONE, "1");
    // In place of Jaeger's own port, at which something may listen here.
    alone.env("OTEL_EXPORTER_OTLP_ENDPOINT", &jaeger.endpoint);
    let output = alone.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let spans = jaeger.spans();
    let sent: Vec<_> = spans.iter().map(|span| (span.service.as_str(), span.name.as_str())).collect();
    assert_eq!(sent, [("eventflux", "query_execution")]);
}

#[spanwright::test]
fn the_trace_context_is_injected_into_grpc_metadata(telemetry: Captured) {
    let mut metadata = MetadataMap::new();
    Tracer::new("eventflux").span("calling").in_scope(|_| inject_trace_context(&mut metadata));
    let header = metadata.get("traceparent").and_then(|value| value.to_str().ok()).expect("it is text");
    let span = telemetry.span("calling");
    let parts: Vec<_> = header.split('-').collect();
    let [version, trace, parent, _flags] = parts[..] else { panic!("{header}") };
    assert_eq!((version, trace, parent), ("00", &*span.trace_id.to_string(), &*span.span_id.to_string()));
}
