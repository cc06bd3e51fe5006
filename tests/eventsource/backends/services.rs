//! The example as two services, one that publishes and one that consumes, in processes of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use eventsource::bus::kafka::MockKafka;

use crate::backends::{Span, or_skip, workspace};
use crate::built::{example, without_telemetry};
use crate::collector::Collector;
use crate::guide::spans_of;
use crate::process::{Process, until};
use crate::rabbitmq::EVENTS;
use crate::servers::{ENCODED, PASSWORD, Postgres, Redis, rabbitmq};

/// The program, built with all that it can reach: what other tests have left there may be without.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = example("eventsource");
        let mut try_it = without_telemetry(&program);
        // Nobody is there.
        try_it.args(["--once", "--store", "postgresql", "postgresql://127.0.0.1:1/"]);
        let tried = try_it.env("EVENTSOURCE_METRICS_PORT", "0").output().expect("it starts");
        if String::from_utf8_lossy(&tried.stderr).contains("built without") {
            let target = program.ancestors().nth(3).expect("it is in <target>/<profile>/examples");
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--package", "spanwright-examples", "--example", "eventsource"]);
            build
                .args(["--features", "eventsource_backends", "--target-dir"])
                .arg(target)
                .current_dir(workspace());
            assert!(build.status().expect("cargo runs").success(), "it does not build");
        }
        program
    })
}

/// A service that ends by itself, with its log lines as JSON and at the level that says the most.
fn service(service: &str, arguments: &[&str], collector: &Collector) -> Process {
    let mut command = without_telemetry(program());
    command.args(["--once", "--orders", "1"]).args(arguments);
    command
        .env("EVENTSOURCE_METRICS_PORT", "0")
        .env("EVENTSOURCE_DRAIN_PERIOD", "0")
        .env("RUST_LOG", "trace");
    command.env("OTEL_SERVICE_NAME", service).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    Process::start(&mut command)
}

/// What both services have exported once they have ended well.
fn spans(bus: &str, address: &str) -> Vec<Span> {
    let collector = Collector::start();
    let mut consumer = service("consumer", &["--consumer", "--bus", bus, address], &collector);
    let is_ready = |said: &str| match bus {
        // Its consumer reads from the beginning, whenever it comes.
        "kafka" => said.contains("The partitions are shared"),
        _ => said.contains("Connected to consume"),
    };
    until("the consumer", || is_ready(&format!("{}{}", consumer.stdout(), consumer.stderr())).then_some(()));
    let mut publisher = service("publisher", &["--publisher", "--direct", "--bus", bus, address], &collector);
    for process in [&mut publisher, &mut consumer] {
        assert!(process.wait().success(), "{}{}", process.stdout(), process.stderr());
        keeps_secrets(&format!("{}{}", process.stdout(), process.stderr()));
    }
    let spans = collector.spans();
    spans.iter().for_each(|span| keeps_secrets(&format!("{:?} {}", span.attributes, span.status_message)));
    spans
}

#[track_caller]
fn keeps_secrets(said: &str) {
    for secret in [PASSWORD, ENCODED, "guest:guest"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

/// The only span of a service with that name, about an order's first event.
#[track_caller]
fn only<'s>(spans: &'s [Span], service: &str, name: &str) -> &'s Span {
    let is_it = |span: &&Span| {
        let event_type = span.text("eventsource.event.type");
        span.service == service && span.name == name && event_type == Some("OrderCreated")
    };
    let found: Vec<_> = spans.iter().filter(is_it).collect();
    let names: Vec<_> = spans.iter().map(|span| (&span.service, &span.name)).collect();
    assert_eq!(found.len(), 1, "`{name}` of {service} among {names:?}");
    found[0]
}

/// The children of a span.
fn children<'s>(spans: &'s [Span], parent: &Span) -> Vec<&'s Span> {
    spans.iter().filter(|span| span.parent == parent.span_id).collect()
}

/// Asserts that a publisher's span has its consumer's as a child, and what is within that.
fn is_one_trace<'s>(spans: &'s [Span], publish: &str, take: &str) -> &'s Span {
    let (published, taken) = (only(spans, "publisher", publish), only(spans, "consumer", take));
    assert_eq!((&taken.trace_id, &taken.parent), (&published.trace_id, &published.span_id));
    assert_eq!((&*published.kind, &*taken.kind), ("SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"));
    let save = spans.iter().find(|span| span.span_id == published.parent).expect("it is there");
    assert_eq!((&*save.name, &*save.service), ("eventsource.repository.save", "publisher"));
    taken
}

/// The names of the handlers that are told of.
fn handlers(spans: &[&Span]) -> Vec<String> {
    let name = |span: &&Span| span.text("eventsource.handler.name").map(str::to_owned);
    spans.iter().filter_map(name).collect()
}

/// As in the guide.
const HANDLERS: [&str; 2] = ["OrderProjection", "NotificationService"];

/// What RabbitMQ and Redis have in common.
fn is_dispatched(spans: &[Span], taken: &Span) {
    let within = children(spans, taken);
    assert_eq!(within.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["eventsource.event_bus.dispatch"]);
    let handled = children(spans, within[0]);
    assert_eq!(handlers(&handled), HANDLERS);
    assert!(
        handled.iter().all(|span| span.name == "eventsource.event_bus.handle" && span.service == "consumer")
    );
}

#[test]
fn a_trace_goes_through_rabbitmq() {
    let Some(broker) = or_skip(rabbitmq()) else { return };
    let _turn = EVENTS.blocking_lock();
    let spans = spans("rabbitmq", &broker.address);
    let taken = is_one_trace(&spans, "eventsource.event_bus.publish", "eventsource.event_bus.consume");
    is_dispatched(&spans, taken);
}

#[test]
fn a_trace_goes_through_redis() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let spans = spans("redis", &redis.url());
    let taken = is_one_trace(&spans, "eventsource.event_bus.publish", "eventsource.event_bus.process");
    is_dispatched(&spans, taken);
}

#[test]
fn a_trace_goes_through_kafka() {
    let kafka = MockKafka::start().expect("loopback has free ports");
    let spans = spans("kafka", &kafka.bootstrap_servers());
    let [publish, take] =
        ["publish", "consume"].map(|what| format!("eventsource.event_bus.{what} OrderCreated"));
    let taken = is_one_trace(&spans, &publish, &take);
    let within = children(&spans, taken);
    assert_eq!(handlers(&within), HANDLERS);
    let names: Vec<_> = within.iter().map(|span| &*span.name).collect();
    assert_eq!(names, HANDLERS.map(|handler| format!("eventsource.event_bus.dispatch {handler}")));
}

#[test]
fn orders_are_kept_in_postgresql() {
    let Some(server) = or_skip(Postgres::start()) else { return };
    let collector = Collector::start();
    let mut process = service("orders", &["--store", "postgresql", &server.url()], &collector);
    assert!(process.wait().success(), "{}{}", process.stdout(), process.stderr());
    keeps_secrets(&format!("{}{}", process.stdout(), process.stderr()));
    let spans = collector.spans();
    for name in spans_of("PostgreSQLEventStore") {
        assert!(spans.iter().any(|span| span.name == name), "{name}");
    }
}
