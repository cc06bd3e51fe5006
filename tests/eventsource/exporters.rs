//! The guide's exporters, processors and samplers: each is a variable or two.

use std::collections::BTreeSet;

use crate::backends::{OtlpReceiver, or_skip};
use crate::collector::{Collector, Reply};
use crate::guide::SEED;
use crate::process::{Process, free_port, until};
use crate::program::{eventsource, spans};
use crate::system::{Ended, Running};
use crate::table::{quoted, rows_of};

/// The row of an exporter that says this.
#[track_caller]
fn row(kind: &str, says: &str) -> String {
    let rows = rows_of(SEED, kind);
    rows.into_iter()
        .find(|row| row.item.contains(says))
        .unwrap_or_else(|| panic!("no {kind} with {says}"))
        .item
}

/// What is in force with these variables. Nobody is there to export to, and so its end waits for little.
#[track_caller]
fn explained(variables: &[(&str, &str)]) -> String {
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("EVENTSOURCE_EXPLAIN_CONFIG", "true").env("EVENTSOURCE_SHUTDOWN_TIMEOUT", "100");
    Ended::well(command.envs(variables.iter().copied())).stderr
}

/// Asserts that a key has a value.
#[track_caller]
fn assert_in_force(explained: &str, key: &str, value: &str) {
    let start = format!("spanwright: {key} = {value} ");
    assert!(explained.lines().any(|line| line.starts_with(&start)), "no `{start}` in {explained}");
}

#[test]
fn jaegers_agent_stands_for_its_receiver_of_otlp() {
    let item = row("exporter", "Jaeger agent");
    let [host, port] = quoted(&item)[..] else { panic!("{item}") };
    let value =
        |setting: &str| setting.split_once('=').expect("it is a setting").1.trim_matches('"').to_owned();
    let (host, port) = (value(host), value(port));
    let variables =
        [("OTEL_EXPORTER_JAEGER_AGENT_HOST", &*host), ("OTEL_EXPORTER_JAEGER_AGENT_PORT", &*port)];
    let explained = explained(&variables);
    // Its port is that of an old way, which Jaeger no longer takes.
    assert_in_force(&explained, "otlp.traces.endpoint", "http://localhost:4318/v1/traces");
    // Where Jaeger takes them, they arrive.
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "1"]);
    Ended::well(command.env("OTEL_EXPORTER_JAEGER_ENDPOINT", &collector.endpoint));
    assert!(collector.spans().iter().any(|span| span.name == "eventsource.repository.save"));
}

#[test]
fn spans_go_to_zipkin() {
    let item = row("exporter", "Zipkin");
    let url = quoted(&item)[0];
    assert_in_force(&explained(&[("OTEL_TRACES_EXPORTER", "zipkin")]), "tracing.zipkin.endpoint", url);
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("OTEL_TRACES_EXPORTER", "zipkin");
    // The guide's, but for the host.
    let endpoint = url.replace("http://localhost:9411", &collector.endpoint);
    Ended::well(command.env("OTEL_EXPORTER_ZIPKIN_ENDPOINT", endpoint));
    let spans = collector.zipkin_spans();
    let names: BTreeSet<_> = spans.iter().filter_map(|span| span.name()).collect();
    assert!(names.contains("eventsource.repository.save"), "{names:?}");
    let append = spans.iter().find(|span| span.name() == Some("sqlite_event_store.append_events"));
    let append = append.unwrap_or_else(|| panic!("{names:?}"));
    assert_eq!(append.tags().get("db.system").map(String::as_str), Some("sqlite"));
}

#[test]
fn spans_go_to_tempo_and_metrics_to_a_collector_over_grpc() {
    let tempo = row("exporter", "Grafana Tempo");
    let endpoint = quoted(&tempo)[0];
    let grpc = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)];
    assert_in_force(&explained(&grpc), "otlp.traces.endpoint", endpoint);
    let metrics = row("exporter", "OTLP metrics over gRPC");
    let [endpoint, interval] = quoted(&metrics)[..] else { panic!("{metrics}") };
    let interval = interval.strip_prefix("export_interval_millis=").expect("it is the interval");
    let of_metrics = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", endpoint),
        ("OTEL_METRIC_EXPORT_INTERVAL", interval),
    ];
    let said = explained(&of_metrics);
    assert_in_force(&said, "otlp.metrics.endpoint", endpoint);
    assert_in_force(&said, "metrics.interval", interval);
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    Ended::well(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.grpc_endpoint));
    assert!(receiver.spans().iter().any(|span| span.name == "eventsource.repository.save"));
    let pushed = receiver.session("metrics").expect("it answers").to_string();
    assert!(pushed.contains("subscription.events.processed"), "{pushed}");
}

#[test]
fn a_key_for_honeycomb_is_a_header_and_is_never_shown() {
    let item = row("exporter", "Honeycomb");
    let [endpoint, header] = quoted(&item)[..] else { panic!("{item}") };
    let headers = format!("{header}=your_api_key_1234");
    let variables =
        [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_HEADERS", headers.as_str())];
    let said = explained(&variables);
    assert!(said.contains("otlp.traces.headers") && !said.contains("your_api_key_1234"), "{said}");
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    let ended = Ended::well(command.env("OTEL_EXPORTER_OTLP_HEADERS", &headers));
    let sent = collector.headers("/v1/traces", header);
    assert!(!sent.is_empty() && sent.iter().all(|value| value == "your_api_key_1234"), "{sent:?}");
    assert!(!ended.said().contains("your_api_key_1234"));
}

#[test]
fn traces_are_seen_on_the_console_of_who_develops() {
    assert!(row("exporter", "console").contains("development"));
    let mut command = eventsource(&["--once", "--orders", "1"]);
    let ended = Ended::well(command.env("OTEL_TRACES_EXPORTER", "console"));
    assert!(ended.stdout.contains("└─ sqlite_event_store.get_events "), "{}", ended.stdout);
    assert!(ended.stdout.contains("db.system=sqlite"), "{}", ended.stdout);
}

#[test]
fn metrics_are_served_where_prometheus_is_told_to_look() {
    let item = row("exporter", "Prometheus");
    let guides = quoted(&item)[0];
    let explained =
        explained(&[("EVENTSOURCE_METRICS_PORT", guides), ("EVENTSOURCE_METRICS_ENABLED", "false")]);
    assert_in_force(&explained, "metrics.port", guides);
    let port = free_port().to_string();
    let running = Running::start(eventsource(&[]).env("EVENTSOURCE_METRICS_PORT", &port));
    assert_eq!(running.admin, format!("http://127.0.0.1:{port}"));
    until("events that were processed", || {
        running.metrics().contains("subscription_events_processed_total").then_some(())
    });
}

#[test]
fn batches_are_exported_beside_the_program_and_single_spans_at_once() {
    let [batch, simple] = ["BatchSpanProcessor", "SimpleSpanProcessor"].map(|name| row("processor", name));
    assert!(batch.contains("asynchronously") && simple.contains("each span at once"), "{batch} {simple}");
    // Who is not answered goes on.
    let silent = Collector::holding(|_| Reply::Take);
    let mut command = eventsource(&["--once", "--orders", "20"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &silent.endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "10");
    let ended = Ended::well(command.env("EVENTSOURCE_SHUTDOWN_TIMEOUT", "300"));
    assert!(ended.stdout.contains("20 orders"), "{}", ended.stdout);
    // A batch takes all of them.
    let [together, single] = ["false", "true"].map(|immediate| {
        let collector = Collector::start();
        let mut command = eventsource(&["--once", "--orders", "1"]);
        command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", collector.endpoint));
        command.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
        Ended::well(command.env("EVENTSOURCE_TRACE_IMMEDIATE", immediate));
        (collector.spans().len(), collector.bodies("/v1/traces").len())
    });
    assert_eq!(together.0, single.0, "it does the same");
    assert!(together.1 == 1 && single.1 > 1, "{together:?} and {single:?}, as spans and requests");
}

#[test]
fn single_spans_do_not_wait_for_a_batch() {
    let collector = Collector::start();
    let mut command = eventsource(&[]);
    command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", collector.endpoint));
    command.env("EVENTSOURCE_TRACE_IMMEDIATE", "true").env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    let _process = Process::start(&mut command);
    until("a span long before its batch", || {
        collector.spans().iter().any(|span| span.name == "eventsource.repository.save").then_some(())
    });
}

#[test]
fn a_tenth_of_the_traces_is_kept() {
    let item = row("sampler", "TraceIdRatioBased");
    let ratio = quoted(&item)[0].trim_start_matches("TraceIdRatioBased(").trim_end_matches(')');
    let roots = |variables: &[(&str, &str)]| {
        let spans = spans(&["--orders", "400", "--store", "memory"], variables);
        spans.iter().filter(|span| span.parent.is_empty()).count()
    };
    let all = roots(&[]);
    let kept =
        roots(&[("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio)]);
    assert!(all >= 400, "{all}");
    // A tenth, give or take six standard deviations.
    let (expected, spread) = (all as f64 / 10.0, 6.0 * (all as f64 * 0.09).sqrt());
    assert!((kept as f64 - expected).abs() < spread, "{kept} of {all}");
}
