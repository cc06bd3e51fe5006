//! The metrics of pipelines, and what windows and aggregators count.

use std::sync::Arc;
use std::time::Duration;

use eventflux::{
    Batch, EngineSettings, Event, EventFlux, EventPipeline, MetricsRegistry, Value, process_event,
};

use crate::program::{Page, SEED, eventflux};
use crate::system::Running;
use crate::table::rows_of;

fn batch(events: usize) -> Batch {
    Batch::new(vec![Event { timestamp: 1, values: [].into() }; events])
}

#[tokio::test]
async fn a_pipeline_says_how_it_does() {
    let pipeline = EventPipeline::named("said", 100);
    for _ in 0..20 {
        pipeline.send(batch(10)).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(pipeline.try_recv().is_some());
    }
    pipeline.send(batch(50)).await;
    let metrics = pipeline.get_metrics();
    for row in rows_of(SEED, "pipeline metric") {
        match row.name() {
            "pipeline.get_metrics()" => {}
            "metrics.throughput_per_sec" => {
                // Two hundred events in no less than 40 milliseconds.
                assert!(
                    (0.0..=5_000.0).contains(&metrics.throughput_per_sec) && metrics.throughput_per_sec > 0.0
                );
            }
            // Each has waited for 2 milliseconds at least.
            "metrics.latency_ms_p99" => assert!(metrics.latency_ms_p99 >= 1.0, "{metrics:?}"),
            "metrics.health_score" => assert!((0.0..=1.0).contains(&metrics.health_score)),
            item if item.starts_with("utilization") => {
                assert!((metrics.utilization - 0.5).abs() < 1e-9, "{metrics:?}");
            }
            item if item.starts_with("queue efficiency") => {
                assert_eq!(metrics.queue_efficiency, 1.0, "nobody has waited: {metrics:?}");
                assert!(metrics.health_score > 0.9, "{metrics:?}");
            }
            // Tests of their own.
            item if item.starts_with("producer")
                || item.starts_with("historical")
                || item.contains("exported") => {}
            other => panic!("nothing is known of {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn producers_and_consumers_are_seen_to_wait() {
    let pipeline = Arc::new(EventPipeline::named("coordinated", 10));
    pipeline.send(batch(10)).await;
    let producer = tokio::spawn({
        let pipeline = Arc::clone(&pipeline);
        async move { pipeline.send(batch(1)).await }
    });
    eventually(|| pipeline.get_metrics().producer_blocked == 1).await;
    assert_eq!(pipeline.get_metrics().producers_active, 1);
    let full = pipeline.get_metrics();
    assert!(full.queue_efficiency < 1.0 && full.health_score < 0.5, "{full:?}");
    assert!(pipeline.recv().await.is_some());
    assert!(producer.await.expect("it does not panic").is_some(), "it says how long it waited");
    assert!(pipeline.recv().await.is_some());
    let consumer = tokio::spawn({
        let pipeline = Arc::clone(&pipeline);
        async move { pipeline.recv().await }
    });
    eventually(|| pipeline.get_metrics().consumer_idle >= 1).await;
    pipeline.send(batch(1)).await;
    assert!(consumer.await.expect("it does not panic").is_some());
    assert_eq!(pipeline.get_metrics().producers_active, 0);
    pipeline.close();
    assert!(pipeline.recv().await.is_none());
}

/// Waits until it is so.
pub(crate) async fn eventually(is_so: impl Fn() -> bool) {
    let patience = tokio::time::Instant::now() + crate::process::PATIENCE;
    while !is_so() {
        assert!(tokio::time::Instant::now() < patience, "it is never so");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn pipeline_metrics_are_exported() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let page = running.page("a sampled pipeline", |page| page.sum("pipeline_throughput_per_sec", &[]) > 0.0);
    for name in [
        "pipeline_throughput_per_sec",
        "pipeline_latency_ms_p99",
        "pipeline_utilization",
        "pipeline_producers_active",
        "pipeline_consumers_waiting",
        "pipeline_producer_blocked_total",
        "pipeline_consumer_idle_total",
        "pipeline_queue_efficiency",
        "pipeline_health_score",
    ] {
        let series = page.with(name, &[]);
        assert!(!series.is_empty(), "{name}");
        assert!(series.iter().all(|series| series.value.is_finite() && series.value >= 0.0), "{series:?}");
    }
}

#[test]
fn trends_go_back_one_five_and_fifteen_minutes() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let row = rows_of(SEED, "pipeline metric").into_iter().find(|row| row.item.starts_with("historical"));
    let row = row.expect("the document has it");
    let (_, windows) = row.item.split_once(": ").expect("the windows");
    for window in windows.split(", ") {
        // `1 min` is `1m`.
        let label = window.replace(" min", "m");
        let labels = [("window", &*label)];
        running.page(&row.item, |page| page.sum("pipeline_throughput_trend", &labels) > 0.0);
    }
}

#[tokio::test]
async fn windows_and_aggregators_count_what_they_do() {
    let engine = EventFlux::new(EngineSettings::default());
    let statements = "CREATE STREAM Counted (symbol TEXT, price DOUBLE);
         CREATE SINK CountedSink TO memory;
         CREATE QUERY counted AS SELECT COUNT(*) AS trades, AVG(price) AS mean FROM Counted
           WINDOW TUMBLING 10 EVENTS INTO CountedSink;";
    engine.load(statements).await.expect("the statements are right");
    let query = engine.query("counted").expect("it was made");
    for number in 0..100 {
        let values = [Value::Text("ACME".into()), Value::Double(f64::from(number))].into();
        process_event(&query, Event { timestamp: 1, values }).await.expect("it is an event of the stream");
    }
    for row in rows_of(SEED, "counter") {
        match row.name() {
            "window.get_event_count()" => assert_eq!(query.get_event_count(), Some(100)),
            // Ten windows with two values each.
            "aggregator.get_computation_count()" => assert_eq!(query.get_computation_count(), Some(20)),
            other => panic!("nothing is known of {other}"),
        }
    }
    let page = Page::read(&eventflux::gather_metrics());
    assert_eq!(page.sum("query_aggregations_total", &[("query_id", "counted")]), 20.0);
    assert_eq!(page.sum("query_windows_closed_total", &[("query_id", "counted")]), 10.0);
}

#[test]
fn labels_are_limited() {
    let registry = MetricsRegistry::new();
    for query in 0..1_000 {
        let labels = eventflux::OfError {
            error_type: eventflux::ErrorKind::Sink,
            query_id: format!("q{query}").into(),
        };
        registry.errors_total().with(labels).inc();
    }
    let family = registry.get_metric("errors_total").expect("it is there");
    assert_eq!(family.series.len(), 129, "128 queries, and one series for all others");
    let others = family.series(&[("error_type", "sink"), ("query_id", spanwright::OVERFLOW)]);
    assert_eq!(others.and_then(|series| series.value.number()), Some(872.0));
}
