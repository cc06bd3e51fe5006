//! Metrics that are pushed, compared with a scrape of the same process, value by value.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::backends::{OtlpReceiver, StrictParser, or_skip};
use crate::emitter::{self, Emitter};
use crate::process::{Process, free_port, until};
use crate::pushed::{Metric, Metrics, Value, assert_same, metrics, scrape};

/// How the program pushes.
#[derive(Clone, Copy)]
struct Way {
    protocol: &'static str,
    compression: &'static str,
    temporality: &'static str,
}

const HTTP: Way = Way { protocol: "http/protobuf", compression: "none", temporality: "cumulative" };
const GRPC: Way = Way { protocol: "grpc", ..HTTP };

/// The variables of a program that pushes metrics and nothing else, and pushes when it is told.
fn variables(receiver: &OtlpReceiver, way: Way) -> Vec<(&'static str, &str)> {
    let endpoint = if way.protocol == "grpc" { &receiver.grpc_endpoint } else { &receiver.endpoint };
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", way.protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", way.compression),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", way.temporality),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]
}

/// Runs a program that counts, pushes, counts, is scraped, and ends.
#[track_caller]
fn compare(way: Way) {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let address = format!("127.0.0.1:{}", free_port());
    let server = [("SPANWRIGHT_METRICS_ENABLED", "true"), ("SPANWRIGHT_METRICS_ADDR", &address)];
    let mut emitter = Emitter::start(&[&variables(&receiver, way)[..], &server].concat());
    assert_eq!(emitter.ask("count 17"), "counted");
    assert_eq!(emitter.ask("flush"), "flushed true");
    assert_eq!(emitter.ask("count 40"), "counted");
    let scraped = scrape(&address, &parser);
    assert_eq!(emitter.ask("shutdown"), "ended true");
    let pushed = metrics(&receiver);
    assert_same(&pushed, &scraped);
    assert_metrics(&pushed, way);
    let said = emitter.process.stderr();
    assert!(!said.contains("spanwright:"), "{said}");
}

/// What a scrape does not tell.
#[track_caller]
fn assert_metrics(pushed: &Metrics, way: Way) {
    let is_delta = way.temporality != "cumulative";
    for (name, kind, is_monotonic, unit) in [
        ("emitter_things_total", "sum", true, ""),
        ("emitter_balls_total", "sum", true, ""),
        ("emitter_busy_seconds_total", "sum", true, "s"),
        ("emitter_fill_ratio", "gauge", false, "1"),
        ("emitter_open_things", "sum", false, ""),
        ("emitter_wait_seconds", "histogram", false, "s"),
        ("emitter_thing_bytes", "histogram", false, "By"),
        ("emitter_native_wait_seconds", "exponential_histogram", false, "s"),
    ] {
        let metric = &pushed[name];
        assert_eq!(
            (metric.kind.as_str(), metric.is_monotonic, metric.unit.as_str()),
            (kind, is_monotonic, unit)
        );
        assert!(!metric.help.is_empty(), "{metric:?}");
        let counts = is_monotonic || kind.ends_with("histogram");
        assert_eq!(metric.is_delta, is_delta && counts, "{name}");
        assert_times(name, metric);
    }
    for point in &pushed["emitter_busy_seconds_total"].points {
        let exemplar = ("0102030405060708090a0b0c0d0e0f10".to_owned(), "1112131415161718".to_owned(), 0.25);
        assert_eq!(point.exemplars, [exemplar]);
    }
    let things = pushed["emitter_things_total"].points.iter().map(|point| &point.value);
    let second = if is_delta { 40.0 } else { 57.0 };
    assert_eq!(things.cloned().collect::<Vec<_>>(), [Value::Number(17.0), Value::Number(second)]);
}

/// Cumulative values have one start, and deltas follow each other without a gap.
#[track_caller]
fn assert_times(name: &str, metric: &Metric) {
    let mut before = BTreeMap::new();
    for point in &metric.points {
        let day = 86_400_000_000_000;
        let now =
            std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later than 1970").as_nanos() as u64;
        assert!((now - day..=now).contains(&point.time) && point.start <= point.time, "{name}: {point:?}");
        // What others count says no start, but what came since the last push has one.
        let is_read = name.contains("busy") || name.contains("native");
        let has_none = metric.kind == "gauge" || is_read && !metric.is_delta;
        assert_eq!(point.start == 0, has_none, "{name}: {point:?}");
        if let Some((start, time)) = before.insert(&point.labels, (point.start, point.time)) {
            assert!(time < point.time, "{name}");
            let expected = if metric.is_delta { time } else { start };
            assert_eq!(point.start, expected, "{name}");
        }
    }
}

#[test]
fn every_value_is_that_of_the_scrape_over_http() {
    compare(HTTP);
}

#[test]
fn every_value_is_that_of_the_scrape_over_http_in_gzip() {
    compare(Way { compression: "gzip", ..HTTP });
}

#[test]
fn every_value_is_that_of_the_scrape_over_grpc() {
    compare(GRPC);
}

#[test]
fn every_value_is_that_of_the_scrape_over_grpc_in_gzip() {
    compare(Way { compression: "gzip", ..GRPC });
}

#[test]
fn deltas_add_up_to_the_scrape_over_http() {
    compare(Way { temporality: "delta", ..HTTP });
}

#[test]
fn deltas_add_up_to_the_scrape_over_grpc_in_gzip() {
    compare(Way { temporality: "lowmemory", compression: "gzip", ..GRPC });
}

/// The receiver takes 1.5 MiB at most, and 4 MiB over gRPC.
#[test]
fn more_series_than_fit_into_a_request_arrive_each_once() {
    const SERIES: usize = 40_000;
    for way in [HTTP, GRPC] {
        let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
        let mut emitter = Emitter::start(&variables(&receiver, way));
        emitter.ask(&format!("series {SERIES}"));
        assert_eq!(emitter.ask("flush"), "flushed true");
        let points = &metrics(&receiver)["emitter_series_total"].points;
        assert_eq!(points.len(), SERIES, "{}", way.protocol);
        for point in points {
            let number: f64 = point.labels["number"].parse().expect("a number");
            assert_eq!(point.value, Value::Number(number));
        }
    }
}

#[test]
fn a_program_of_milliseconds_loses_nothing() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let mut process = Process::start(emitter::command(&variables(&receiver, HTTP)).arg("once"));
    assert!(process.wait().success(), "{}", process.stderr());
    let pushed = metrics(&receiver);
    let [things] = &pushed["emitter_things_total"].points[..] else { panic!("{pushed:#?}") };
    assert_eq!(things.value, Value::Number(1.0));
    assert!(things.time - things.start < 5_000_000_000, "it was short: {things:?}");
}

#[test]
fn metrics_are_pushed_at_their_interval() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let started = Instant::now();
    let interval = [("OTEL_METRIC_EXPORT_INTERVAL", "300")];
    let mut emitter = Emitter::start(&[&variables(&receiver, HTTP)[..], &interval].concat());
    emitter.ask("count 3");
    let points = until("three pushes", || {
        let pushed = metrics(&receiver);
        let points = &pushed.get("emitter_things_total")?.points;
        (points.len() >= 3).then(|| points.clone())
    });
    assert!(started.elapsed() >= Duration::from_millis(900), "not more often: {points:?}");
    let gaps = points.windows(2).map(|two| two[1].time - two[0].time);
    assert!(gaps.clone().all(|gap| gap > 100_000_000), "{:?}", gaps.collect::<Vec<_>>());
    assert_eq!(points.last().map(|point| &point.value), Some(&Value::Number(3.0)));
}

#[test]
fn a_switch_turns_the_push_off() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    for off in [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")] {
        let mut process =
            Process::start(emitter::command(&[&variables(&receiver, HTTP)[..], &[off]].concat()).arg("once"));
        assert!(process.wait().success(), "{}", process.stderr());
        assert!(metrics(&receiver).is_empty(), "{off:?}");
    }
}

#[test]
fn metrics_are_printed_for_people_and_as_json() {
    let to = |exporter| {
        let mut process =
            Process::start(emitter::command(&[("OTEL_METRICS_EXPORTER", exporter)]).arg("once"));
        assert!(process.wait().success(), "{}", process.stderr());
        process.stdout()
    };
    let table = to("console");
    assert!(
        table.starts_with("metrics at 20") && table.contains("\nemitter_things_total counter  1\n"),
        "{table}"
    );
    let json = to("otlp/stdout");
    let request: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    assert!(json.contains(r#"{"name":"emitter_things_total","#), "{request:#}");
}
