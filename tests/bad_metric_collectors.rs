//! Metrics to collectors that are down, slow, overloaded or broken: what was counted arrives with a later push, what does
//! not is counted and said, and neither the service nor the exporter of spans beside notices.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::backends::{OtlpReceiver, or_skip};
use crate::collector::{Collector, Head, Reply};
use crate::emitter::Emitter;
use crate::process::{free_port, until};
use crate::pushed::{Value, metrics};

/// The metric that is looked at.
const THINGS: &str = "emitter_things_total";

/// Starts a program that sends metrics here alone, when it is told.
fn start(endpoint: &str, variables: &[(&str, &str)]) -> Emitter {
    let url = format!("{endpoint}/v1/metrics");
    let own = [
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*url),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "20000"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    Emitter::start(&[&own, variables].concat())
}

const DELTA: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
/// Gives up soon.
const SOON: (&str, &str) = ("OTEL_EXPORTER_OTLP_TIMEOUT", "400");

/// How many points were exported and how many were dropped, by the program's own counters.
fn points(emitter: &mut Emitter) -> (usize, usize) {
    let counts = emitter.counts();
    (counts["metric_points_exported_total"], counts["metric_points_dropped_total"])
}

/// Pushes once to a collector that behaves like this; gives back whether all was delivered.
#[track_caller]
fn push_to(
    behave: impl Fn(&Head) -> Reply + Send + Sync + 'static,
    variables: &[(&str, &str)],
) -> (bool, Collector, Emitter) {
    let bad = Collector::holding(behave);
    bad.release();
    let mut emitter = start(&bad.endpoint, variables);
    emitter.ask("count 5");
    let delivered = emitter.ask("flush") == "flushed true";
    let (exported, dropped) = points(&mut emitter);
    assert_eq!(delivered, dropped == 0, "{exported} {dropped}");
    let said = emitter.process.stderr();
    let is_loss = |line: &str| line.contains("lost") && line.contains(&bad.endpoint);
    assert_eq!(said.lines().any(is_loss), !delivered, "losses are said, and where: {said}");
    (delivered, bad, emitter)
}

#[test]
fn what_may_be_taken_later_is_sent_again() {
    for first in [
        Reply::Refuse("429 Too Many Requests", "retry-after: 1\r\n"),
        Reply::Refuse("503 Service Unavailable", ""),
        Reply::CloseWithinRequest,
        Reply::CloseWithinAnswer,
    ] {
        let reply = first.clone();
        let behave = move |head: &Head| if head.number == 0 { reply.clone() } else { Reply::Take };
        let (delivered, bad, _emitter) = push_to(behave, &[]);
        assert!(delivered, "{first:?}");
        assert_eq!(bad.sums(THINGS)[""].last(), Some(&5.0), "{first:?}");
    }
}

#[test]
fn a_collector_that_takes_small_requests_only_gets_everything() {
    const MOST: usize = 1_000;
    let refused = [Reply::Refuse("413 Content Too Large", ""), Reply::RefuseUnread("413 Content Too Large")];
    for reply in refused {
        let behave = move |head: &Head| if head.length > MOST { reply.clone() } else { Reply::Take };
        let (delivered, bad, _emitter) = push_to(behave, &[]);
        assert!(delivered);
        assert!(bad.requests() > 3, "it refused some");
        assert_eq!(bad.sums("emitter_balls_total").len(), 3, "of each colour");
        assert_eq!(bad.sums(THINGS)[""], [5.0]);
    }
}

#[test]
fn what_fails_for_good_is_counted_and_said() {
    for reply in
        [Reply::Refuse("500 Internal Server Error", ""), Reply::Refuse("400 Bad Request", ""), Reply::Garbage]
    {
        let its = reply.clone();
        let (delivered, bad, mut emitter) = push_to(move |_| its.clone(), &[]);
        assert!(!delivered && bad.sums(THINGS).is_empty(), "{reply:?}");
        let (exported, dropped) = points(&mut emitter);
        assert!(exported == 0 && dropped > 10, "{exported} {dropped}");
    }
}

#[test]
fn what_a_collector_says_that_it_rejected_is_counted() {
    let (delivered, bad, mut emitter) = push_to(|_| Reply::Reject(3), &[]);
    assert!(!delivered);
    assert_eq!((points(&mut emitter).1, bad.requests()), (3, 1));
}

#[test]
fn a_receiver_that_takes_no_metrics_is_left_alone_and_said_what_to_do() {
    let (delivered, bad, mut emitter) = push_to(|_| Reply::Refuse("404 Not Found", ""), &[]);
    assert!(!delivered);
    assert_eq!(emitter.ask("flush"), "flushed false");
    assert_eq!(bad.requests(), 1);
    let said = emitter.process.stderr();
    assert!(said.contains("if it takes no metrics, set `OTEL_METRICS_EXPORTER=none`"), "{said}");
}

#[test]
fn a_collector_that_is_down_or_silent_takes_no_more_time_than_it_may() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let silent = format!("http://{}", silent.local_addr().expect("it is bound"));
    let away = format!("http://127.0.0.1:{}", free_port());
    for protocol in ["http/protobuf", "grpc"] {
        for endpoint in [&away, &silent] {
            let mut emitter = start(endpoint, &[SOON, ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
            emitter.ask("count 5");
            let started = Instant::now();
            assert_eq!(emitter.ask("flush"), "flushed false");
            assert_eq!(emitter.ask("shutdown"), "ended false");
            assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
            let said = emitter.process.stderr();
            assert!(
                said.contains("exporter `otlp_metrics`: data points: lost "),
                "{protocol} {endpoint}: {said}"
            );
            assert!(points(&mut emitter).1 > 10);
        }
    }
}

/// A collector that was away for two pushes has everything with the third.
#[track_caller]
fn comes_back(variables: &[(&str, &str)]) -> Collector {
    let address = format!("127.0.0.1:{}", free_port());
    let mut emitter = start(&format!("http://{address}"), &[&[SOON], variables].concat());
    for _ in 0..2 {
        emitter.ask("count 5");
        assert_eq!(emitter.ask("flush"), "flushed false");
    }
    let listener = TcpListener::bind(&address).expect("nobody took the port");
    let collector = Collector::holding_at(listener, |_| Reply::Take);
    collector.release();
    emitter.ask("count 5");
    assert_eq!(emitter.ask("flush"), "flushed true");
    emitter.ask("count 1");
    assert_eq!(emitter.ask("shutdown"), "ended true");
    collector
}

#[test]
fn a_collector_that_comes_back_has_all_that_was_counted() {
    assert_eq!(comes_back(&[]).sums(THINGS)[""], [15.0, 16.0]);
    assert_eq!(comes_back(&[DELTA]).sums(THINGS)[""], [15.0, 1.0]);
}

/// A receiver by others that is killed while it is connected to, and replaced.
#[track_caller]
fn is_replaced(protocol: &str, variables: &[(&str, &str)], expected: f64) {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let endpoint = if protocol == "grpc" { &receiver.grpc_endpoint } else { &receiver.endpoint };
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &**endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        SOON,
    ];
    let mut emitter = Emitter::start(&[&own, variables].concat());
    emitter.ask("count 5");
    assert_eq!(emitter.ask("flush"), "flushed true");
    let receiver = receiver.replace(|| {
        emitter.ask("count 7");
        assert_eq!(emitter.ask("flush"), "flushed false");
        emitter.ask("count 1");
    });
    // The first connection may take longer than the short timeout.
    until("a push to arrive", || (emitter.ask("flush") == "flushed true").then_some(()));
    assert_eq!(emitter.ask("shutdown"), "ended true");
    let things = &metrics(&receiver)[THINGS];
    let value = things.values().into_values().next();
    assert_eq!(value, Some(Value::Number(expected)), "{protocol} {things:?}");
}

#[test]
fn a_receiver_that_is_killed_and_replaced_has_all_that_was_counted() {
    for protocol in ["http/protobuf", "grpc"] {
        is_replaced(protocol, &[], 13.0);
        is_replaced(protocol, &[DELTA], 8.0);
    }
}

#[test]
fn a_delta_that_was_refused_is_not_sent_again() {
    let behave = |head: &Head| match head.number {
        1 => Reply::Refuse("400 Bad Request", ""),
        _ => Reply::Take,
    };
    let (delivered, bad, mut emitter) = push_to(behave, &[DELTA]);
    assert!(delivered);
    emitter.ask("count 7");
    assert_eq!(emitter.ask("flush"), "flushed false");
    emitter.ask("count 2");
    assert_eq!(emitter.ask("shutdown"), "ended true");
    assert_eq!(bad.sums(THINGS)[""], [5.0, 2.0]);
}

#[test]
fn a_stuck_collector_of_metrics_delays_neither_the_service_nor_its_spans() {
    let stuck = Collector::holding(|_| Reply::Take);
    let good = Collector::start();
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &format!("{}/v1/metrics", stuck.endpoint)),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", good.endpoint)),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("SPANWRIGHT_SHUTDOWN_TIMEOUT", "2000"),
    ]);
    until("a push to be stuck", || (stuck.requests() > 0).then_some(()));
    emitter.ask("call 100 9");
    until("all spans to have arrived", || (good.spans().len() == 100).then_some(()));
    let started = Instant::now();
    assert_eq!(emitter.ask("shutdown"), "ended false");
    assert!(started.elapsed() < Duration::from_secs(8), "the end waits 2 seconds: {:?}", started.elapsed());
    let said = emitter.process.stderr();
    assert!(
        said.contains("metrics are not delivered: the end waited 2s for the exporter `otlp_metrics`"),
        "{said}"
    );
    assert_eq!(stuck.requests(), 1, "one at a time");
}
