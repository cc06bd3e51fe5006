//! Collectors that are down, slow, overloaded or broken: what can be kept arrives, the rest is counted to the last span,
//! and neither the service nor the exporter beside notices.
//!
//! The `emitter` sends to the bad one over OTLP and to a good one as Zipkin's JSON. A bad one does not reply before the
//! calls are over and the good one has everything: a test in which one waits for the other never ends.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::Command;

use crate::collector::{Collector, Reply};
use crate::process::{Process, free_port, until};

const CALLS: usize = 1000;

/// The program, under the test's control.
struct Emitter {
    process: Process,
    /// How many answers were read.
    answers: usize,
}

impl Emitter {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_emitter"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("OTEL_") || text.starts_with("SPANWRIGHT_") || text.starts_with("RUST_LOG") {
                command.env_remove(&name);
            }
        }
        command.env("SPANWRIGHT_METRICS_ENABLED", "false").env("SPANWRIGHT_SHUTDOWN_TIMEOUT", "25000");
        command.envs(variables.iter().copied());
        Self { process: Process::start_listening(&mut command), answers: 0 }
    }

    /// Gives a command, and waits for its answer.
    #[track_caller]
    fn ask(&mut self, command: &str) -> String {
        self.process.tell(command);
        let answer = until(&format!("an answer to `{command}`"), || {
            let stdout = self.process.stdout();
            stdout.lines().filter_map(|line| line.strip_prefix("> ")).nth(self.answers).map(str::to_owned)
        });
        self.answers += 1;
        answer
    }

    /// The telemetry's own counters.
    #[track_caller]
    fn counts(&mut self) -> BTreeMap<String, usize> {
        let answer = self.ask("counts");
        let count = |pair: &str| {
            let (name, value) = pair.rsplit_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        answer.split(' ').filter_map(count).collect()
    }
}

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

/// Runs the program against the bad collector at this endpoint, and does `then` once the calls are over and the good
/// collector has all of their spans.
#[track_caller]
fn run(endpoint: &str, variables: &[(&str, &str)], then: impl FnOnce()) -> Fate {
    let good = Collector::start();
    let zipkin = format!("{}/api/v2/spans", good.endpoint);
    let own = [
        ("OTEL_TRACES_EXPORTER", "otlp,zipkin"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &zipkin),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "25000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
    ];
    let mut emitter = Emitter::start(&[&own, variables].concat());
    assert_eq!(emitter.ask(&format!("call {CALLS}")), "called");
    until("the good collector to have everything", || (good.zipkin_spans().len() >= CALLS).then_some(()));
    then();
    let ended = emitter.ask("shutdown");
    let counts = emitter.counts();
    assert_eq!(good.zipkin_spans().len(), CALLS, "the good collector has each span once");
    let fate = Fate {
        spans: counts["spans_exported_total"] - CALLS,
        lost_spans: counts["spans_dropped_total{reason=\"export\"}"],
        logs: counts["log_records_exported_total"],
        lost_logs: counts["log_records_dropped_total{reason=\"export\"}"],
    };
    let queue_full: usize =
        counts.iter().filter(|(name, _)| name.contains("_full")).map(|(_, count)| count).sum();
    assert_eq!(queue_full, 0, "the queue could hold it: {counts:?}");
    assert_eq!((fate.spans + fate.lost_spans, fate.logs + fate.lost_logs), (CALLS, CALLS), "{counts:?}");
    let lost = fate.lost_spans + fate.lost_logs > 0;
    assert_eq!(ended, if lost { "ended false" } else { "ended true" });
    let said = emitter.process.stderr();
    assert_eq!(lost, said.contains(endpoint), "losses are said, and where: {said}");
    fate
}

/// The same with a bad collector that behaves like this, which has as many spans and log records as the program counts.
#[track_caller]
fn run_against(
    behave: impl Fn(&crate::collector::Head) -> Reply + Send + Sync + 'static,
) -> (Fate, Collector) {
    let bad = Collector::holding(behave);
    let fate = run(&bad.endpoint, &[], || bad.release());
    assert_got(&bad, &fate);
    (fate, bad)
}

#[track_caller]
fn assert_got(bad: &Collector, fate: &Fate) {
    let spans: BTreeSet<_> = bad.spans().into_iter().map(|span| span.span_id).collect();
    let logs: BTreeSet<_> = bad.logs().into_iter().map(|log| log.span_id).collect();
    assert_eq!((spans.len(), logs.len()), (fate.spans, fate.logs), "what arrived is what was counted");
}

/// Gives up soon.
const SOON: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_TIMEOUT", "400")];

#[test]
fn a_slow_collector_gets_everything() {
    let (fate, bad) = run_against(|_| Reply::Take);
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!((bad.spans().len(), bad.logs().len()), (CALLS, CALLS), "once");
}

#[test]
fn a_collector_that_is_down_loses_everything_counted() {
    let away = format!("http://127.0.0.1:{}", free_port());
    assert_eq!(run(&away, &SOON, || {}), EVERYTHING_IS_LOST);
}

#[test]
fn a_collector_that_comes_back_gets_everything() {
    let address = format!("127.0.0.1:{}", free_port());
    let mut back = None;
    let fate = run(&format!("http://{address}"), &[], || {
        let listener = TcpListener::bind(&address).expect("nobody took the port");
        let collector = Collector::holding_at(listener, |_| Reply::Take);
        collector.release();
        back = Some(collector);
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_got(&back.expect("it came back"), &fate);
}

#[test]
fn a_collector_that_never_answers_loses_everything_counted() {
    let silent = Collector::holding(|_| Reply::Take);
    assert_eq!(run(&silent.endpoint, &SOON, || {}), EVERYTHING_IS_LOST);
    assert!(silent.requests() > 0, "it was asked");
}

#[test]
fn a_collector_that_takes_small_requests_only_gets_everything() {
    const MOST: usize = 20_000;
    let (fate, bad) = run_against(|head| {
        if head.length > MOST { Reply::Refuse("413 Content Too Large", "") } else { Reply::Take }
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!((bad.spans().len(), bad.logs().len()), (CALLS, CALLS), "once");
    assert!(bad.requests() > 10, "it refused some");
}

#[test]
fn an_overloaded_collector_gets_everything_later() {
    let (fate, bad) = run_against(|head| match head.number {
        0..3 => Reply::Refuse("429 Too Many Requests", "retry-after: 1\r\n"),
        _ => Reply::Take,
    });
    assert_eq!(fate, EVERYTHING_ARRIVES);
    assert_eq!((bad.spans().len(), bad.logs().len()), (CALLS, CALLS), "once");
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
    assert_eq!((bad.spans().len(), bad.logs().len()), (CALLS, CALLS), "once");
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
        assert_eq!(run(endpoint, &grpc, || {}), EVERYTHING_IS_LOST, "{endpoint}");
    }
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
    assert!(said.contains(&format!("{} spans were dropped, since the queue of 10", CALLS - 10)), "{said}");
}

#[test]
fn an_end_that_does_not_wait_says_exactly_what_it_leaves() {
    let stuck = Collector::holding(|_| Reply::Take);
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", stuck.endpoint)),
        ("SPANWRIGHT_SHUTDOWN_TIMEOUT", "300"),
    ]);
    emitter.ask(&format!("call {CALLS}"));
    assert_eq!(emitter.ask("shutdown"), "ended false");
    let said = emitter.process.stderr();
    assert!(said.contains(&format!("{CALLS} spans are not delivered")), "{said}");
}
