//! Collectors that are down, slow, overloaded or broken: what can be kept arrives, the rest is counted to the last span,
//! and neither the service nor the exporter beside notices.
//!
//! The `emitter` sends to the bad one over OTLP and to a good one as Zipkin's JSON, or the other way round. A bad one does not reply before the
//! calls are over and the good one has everything: a test in which one waits for the other never ends.

use std::collections::BTreeSet;
use std::net::TcpListener;

use crate::backends::{OtlpReceiver, or_skip};
use crate::collector::{Collector, Head, Reply};
use crate::emitter::Emitter;
use crate::process::{free_port, until};

const CALLS: usize = 1000;
/// The length of a text in each span: requests are so long that they do not fit into what systems buffer.
const TEXT: usize = 1000;

/// What became of what was sent to the bad collector, by the program's own counters.
#[derive(Debug, PartialEq, Eq)]
struct Fate {
    spans: usize,
    lost_spans: usize,
    logs: usize,
    lost_logs: usize,
}

const EVERYTHING_ARRIVES: Fate = Fate { spans: CALLS, lost_spans: 0, logs: CALLS, lost_logs: 0 };
const EVERYTHING_IS_LOST: Fate = Fate { spans: 0, lost_spans: CALLS, logs: 0, lost_logs: CALLS };

/// How the bad collector is sent to; the good one gets what is sent the other way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bad {
    Otlp,
    Zipkin,
}

/// Runs the program against a bad collector at this endpoint, and does `then` once the calls are over and the good
/// collector has all of their spans.
#[track_caller]
fn run(bad: Bad, endpoint: &str, variables: &[(&str, &str)], then: impl FnOnce()) -> Fate {
    let good = Collector::start();
    let (otlp, zipkin) = match bad {
        Bad::Otlp => (endpoint, &*good.endpoint),
        Bad::Zipkin => (&*good.endpoint, endpoint),
    };
    let zipkin = format!("{zipkin}/api/v2/spans");
    let own = [
        ("OTEL_TRACES_EXPORTER", "otlp,zipkin"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", otlp),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &zipkin),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "25000"),
        ("OTEL_EXPORTER_ZIPKIN_TIMEOUT", "25000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
    ];
    let mut emitter = Emitter::start(&[&own, variables].concat());
    assert_eq!(emitter.ask(&format!("call {CALLS} {TEXT}")), "called");
    let good_has = || good.zipkin_spans().len() + good.spans().len();
    until("the good collector to have everything", || (good_has() >= CALLS).then_some(()));
    then();
    let ended = emitter.ask("shutdown");
    let counts = emitter.counts();
    assert_eq!(good_has(), CALLS, "the good collector has each span once");
    let fate = Fate {
        spans: counts["spans_exported_total"] - CALLS,
        lost_spans: counts["spans_dropped_total{reason=\"export\"}"],
        logs: counts["log_records_exported_total"],
        lost_logs: counts["log_records_dropped_total{reason=\"export\"}"],
    };
    let full: usize = counts.iter().filter(|(name, _)| name.contains("_full")).map(|(_, count)| count).sum();
    assert_eq!(full, 0, "there was room: {counts:?}");
    assert_eq!((fate.spans + fate.lost_spans, fate.logs + fate.lost_logs), (CALLS, CALLS), "{counts:?}");
    let lost = fate.lost_spans + fate.lost_logs > 0;
    assert_eq!(ended, if lost { "ended false" } else { "ended true" });
    let said = emitter.process.stderr();
    let is_loss = |line: &str| line.contains(": lost ") && line.contains(endpoint);
    assert_eq!(lost, said.lines().any(is_loss), "losses are said, and where: {said}");
    fate
}

/// The same with a bad collector that behaves like this, which has what the program counts.
#[track_caller]
fn run_against(behave: impl Fn(&Head) -> Reply + Send + Sync + 'static) -> (Fate, Collector) {
    let bad = Collector::holding(behave);
    let fate = run(Bad::Otlp, &bad.endpoint, &[], || bad.release());
    assert_eq!(distinct(&bad), (fate.spans, fate.logs), "what arrived is what was counted");
    (fate, bad)
}

/// The spans and log records that arrived, without repetitions.
fn distinct(collector: &Collector) -> (usize, usize) {
    let spans: BTreeSet<_> = collector.spans().into_iter().map(|span| span.span_id).collect();
    let logs: BTreeSet<_> = collector.logs().into_iter().map(|log| log.span_id).collect();
    (spans.len(), logs.len())
}

/// All spans and log records, each once.
const EACH_ONCE: (usize, usize) = (CALLS, CALLS);

/// The spans and log records that arrived, with repetitions.
fn all(collector: &Collector) -> (usize, usize) {
    (collector.spans().len(), collector.logs().len())
}

/// Gives up soon.
const SOON: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_TIMEOUT", "400")];

#[test]
fn a_slow_collector_gets_everything() {
    let (fate, bad) = run_against(|_| Reply::Take);
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&bad), EACH_ONCE);
}

#[test]
fn a_collector_that_is_down_loses_everything_counted() {
    let away = format!("http://127.0.0.1:{}", free_port());
    assert_eq!(run(Bad::Otlp, &away, &SOON, || {}), EVERYTHING_IS_LOST);
}

#[test]
fn a_collector_that_comes_back_gets_everything() {
    let address = format!("127.0.0.1:{}", free_port());
    let mut back = None;
    let fate = run(Bad::Otlp, &format!("http://{address}"), &[], || {
        let listener = TcpListener::bind(&address).expect("nobody took the port");
        let collector = Collector::holding_at(listener, |_| Reply::Take);
        collector.release();
        back = Some(collector);
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&back.expect("it came back")), EACH_ONCE);
}

#[test]
fn a_collector_that_never_answers_loses_everything_counted() {
    let silent = Collector::holding(|_| Reply::Take);
    assert_eq!(run(Bad::Otlp, &silent.endpoint, &SOON, || {}), EVERYTHING_IS_LOST);
    assert!(silent.requests() > 0, "it was asked");
    // Connections are made, and nobody takes them.
    let untaken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let untaken_at = format!("http://{}", untaken.local_addr().expect("it is bound"));
    assert_eq!(run(Bad::Otlp, &untaken_at, &SOON, || {}), EVERYTHING_IS_LOST);
}

#[test]
fn a_collector_that_takes_small_requests_only_gets_everything() {
    const MOST: usize = 20_000;
    let (fate, bad) = run_against(|head| {
        if head.length > MOST { Reply::Refuse("413 Content Too Large", "") } else { Reply::Take }
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&bad), EACH_ONCE);
    assert!(bad.requests() > CALLS * TEXT / MOST, "it refused some");
    assert!(bad.spans().iter().all(|span| span.text("text").is_some_and(|text| text.len() == TEXT)));
}

#[test]
fn a_collector_that_refuses_large_requests_unread_gets_everything() {
    const MOST: usize = 20_000;
    let (fate, bad) = run_against(|head| {
        if head.length > MOST { Reply::RefuseUnread("413 Content Too Large") } else { Reply::Take }
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&bad), EACH_ONCE);
}

#[test]
fn what_a_collector_says_that_it_rejected_is_counted() {
    let bad = Collector::holding(|_| Reply::Reject(3));
    let fate = run(Bad::Otlp, &bad.endpoint, &[], || bad.release());
    assert_eq!(fate.lost_spans + fate.lost_logs, 3 * bad.requests());
    assert_eq!(all(&bad), EACH_ONCE, "none of them is sent again");
}

#[test]
fn an_overloaded_collector_gets_everything_later() {
    let (fate, bad) = run_against(|head| match head.number {
        0..3 => Reply::Refuse("429 Too Many Requests", "retry-after: 1\r\n"),
        _ => Reply::Take,
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&bad), EACH_ONCE);
}

#[test]
fn a_failing_collector_loses_everything_counted() {
    let (fate, bad) = run_against(|_| Reply::Refuse("500 Internal Server Error", ""));
    assert_eq!(fate, EVERYTHING_IS_LOST);
    assert!(bad.requests() > 0, "it was asked");
}

#[test]
fn a_collector_that_fails_once_loses_that_request_alone() {
    let (fate, _) = run_against(|head| match head.number {
        0 => Reply::Refuse("500 Internal Server Error", ""),
        _ => Reply::Take,
    });
    assert!(fate.lost_spans + fate.lost_logs > 0, "{fate:?}");
    assert!(fate.lost_spans == 0 || fate.lost_logs == 0, "one request has one signal: {fate:?}");
}

#[test]
fn what_is_no_collector_loses_everything_counted() {
    assert_eq!(run_against(|_| Reply::Garbage).0, EVERYTHING_IS_LOST);
}

#[test]
fn a_collector_that_closes_within_requests_gets_everything_at_last() {
    let (fate, bad) = run_against(|head| match head.number {
        0..3 => Reply::CloseWithinRequest,
        _ => Reply::Take,
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!(all(&bad), EACH_ONCE);
}

#[test]
fn a_collector_that_closes_within_answers_gets_everything_at_last() {
    let (fate, bad) = run_against(|head| match head.number {
        0..3 => Reply::CloseWithinAnswer,
        _ => Reply::Take,
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert!(bad.spans().len() + bad.logs().len() > 2 * CALLS, "what may not have been taken is sent again");
}

#[test]
fn over_grpc_what_is_down_silent_or_something_else_loses_everything_counted() {
    let away = format!("http://127.0.0.1:{}", free_port());
    // Connections are made, and nobody takes them.
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let silent_at = format!("http://{}", silent.local_addr().expect("it is bound"));
    // Knows HTTP/1 alone, and closes when it hears anything else.
    let other = Collector::start();
    let grpc = [SOON[0], ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    for endpoint in [&away, &silent_at, &other.endpoint] {
        assert_eq!(run(Bad::Otlp, endpoint, &grpc, || {}), EVERYTHING_IS_LOST, "{endpoint}");
    }
}

/// A receiver by others that ends while it is connected to, and is replaced.
#[track_caller]
fn a_replaced_receiver_gets_everything(protocol: &str) {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let endpoint = if protocol == "grpc" { &receiver.grpc_endpoint } else { &receiver.endpoint };
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "25000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
    ]);
    emitter.ask("call 10");
    assert_eq!(emitter.ask("flush"), "flushed true");
    assert_eq!((receiver.spans().len(), receiver.logs().len()), (10, 10));
    let receiver = receiver.replace(|| assert_eq!(emitter.ask(&format!("call {CALLS}")), "called"));
    assert_eq!(emitter.ask("shutdown"), "ended true");
    assert_eq!((receiver.spans().len(), receiver.logs().len()), EACH_ONCE);
    let counts = emitter.counts();
    assert_eq!(
        (counts["spans_exported_total"], counts["log_records_exported_total"]),
        (CALLS + 10, CALLS + 10)
    );
}

#[test]
fn a_receiver_that_is_replaced_gets_everything_over_http() {
    a_replaced_receiver_gets_everything("http/protobuf");
}

#[test]
fn a_receiver_that_is_replaced_gets_everything_over_grpc() {
    a_replaced_receiver_gets_everything("grpc");
}

#[test]
fn a_bad_zipkin_is_no_different() {
    const LOST: Fate = Fate { spans: 0, lost_spans: CALLS, ..EVERYTHING_ARRIVES };
    type Behave = fn(&Head) -> Reply;
    let cases: [(&str, Behave, Fate); 7] = [
        ("slow", |_| Reply::Take, EVERYTHING_ARRIVES),
        (
            "small requests only",
            |head| {
                if head.length > 50_000 { Reply::Refuse("413 Content Too Large", "") } else { Reply::Take }
            },
            EVERYTHING_ARRIVES,
        ),
        (
            "overloaded",
            |head| match head.number {
                0 => Reply::Refuse("429 Too Many Requests", "retry-after: 1\r\n"),
                _ => Reply::Take,
            },
            EVERYTHING_ARRIVES,
        ),
        ("failing", |_| Reply::Refuse("500 Internal Server Error", ""), LOST),
        ("no collector", |_| Reply::Garbage, LOST),
        (
            "closes within a request",
            |head| if head.number == 0 { Reply::CloseWithinRequest } else { Reply::Take },
            EVERYTHING_ARRIVES,
        ),
        (
            "closes within an answer",
            |head| if head.number == 0 { Reply::CloseWithinAnswer } else { Reply::Take },
            EVERYTHING_ARRIVES,
        ),
    ];
    for (what, behave, expected) in cases {
        let bad = Collector::holding(behave);
        let fate = run(Bad::Zipkin, &bad.endpoint, &[], || bad.release());
        let arrived: BTreeSet<_> = bad.zipkin_spans().iter().map(|span| span.id().to_string()).collect();
        assert_eq!((&fate, arrived.len()), (&expected, expected.spans), "{what}");
    }
    let silent = Collector::holding(|_| Reply::Take);
    let soon = [("OTEL_EXPORTER_ZIPKIN_TIMEOUT", "400")];
    assert_eq!(run(Bad::Zipkin, &silent.endpoint, &soon, || {}), LOST, "silent");
}

/// `OTEL_EXPORTER_OTLP_TIMEOUT` ends with a batch that is lost, however much room there is in the queue.
#[test]

fn a_collector_that_comes_back_after_the_timeout_gets_what_the_queue_can_hold() {
    let address = format!("127.0.0.1:{}", free_port());
    let mut back = None;
    let fate = run(Bad::Otlp, &format!("http://{address}"), &SOON, || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        let listener = TcpListener::bind(&address).expect("nobody took the port");
        let collector = Collector::holding_at(listener, |_| Reply::Take);
        collector.release();
        back = Some(collector);
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
}

#[test]
fn a_full_queue_keeps_what_it_holds_and_counts_the_rest() {
    let stuck = Collector::holding(|_| Reply::Take);
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", stuck.endpoint)),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "25000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
        // Batches go when they are full, which is at 10.
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ]);
    emitter.ask("call 10");
    until("the first batch to be on its way", || (stuck.requests() == 1).then_some(()));
    emitter.ask(&format!("call {CALLS}"));
    until("the rest to be counted", || {
        (emitter.counts()["spans_dropped_total{reason=\"queue_full\"}"] == CALLS - 10).then_some(())
    });
    stuck.release();
    assert_eq!(emitter.ask("shutdown"), "ended false");
    let counts = emitter.counts();
    assert_eq!(counts["spans_exported_total"], 20, "{counts:?}");
    assert_eq!(counts["spans_dropped_total{reason=\"queue_full\"}"], CALLS - 10, "{counts:?}");
    assert_eq!(counts["spans_dropped_total{reason=\"export\"}"], 0, "{counts:?}");
    assert_eq!(stuck.spans().len(), 20);
    let said = emitter.process.stderr();
    assert!(
        said.contains("were dropped, since the queue of 10 before the exporter `otlp` was full"),
        "{said}"
    );
}

#[test]
fn an_end_that_does_not_wait_says_exactly_what_it_leaves() {
    let stuck = Collector::holding(|_| Reply::Take);
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", stuck.endpoint)),
        ("SPANWRIGHT_SHUTDOWN_TIMEOUT", "2000"),
    ]);
    emitter.ask(&format!("call {CALLS}"));
    assert_eq!(emitter.ask("shutdown"), "ended false");
    let said = emitter.process.stderr();
    assert!(said.contains(&format!("{CALLS} spans are not delivered")), "{said}");
}
