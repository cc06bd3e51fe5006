//! Traces through message brokers: the span of who takes a message is a child of the span of who published it.

use std::process::Command;

use crate::backends::or_skip;
use crate::broker::{Broker, start_nats, start_rabbitmq};
use crate::collector::Collector;
use crate::process::{Process, until};

fn messenger(role: &str, broker: &Broker, collector: &Collector) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_messenger"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OTEL_") || text.starts_with("SPANWRIGHT_") {
            command.env_remove(&name);
        }
    }
    command.args([role, broker.name, &broker.address]);
    command
        .env("SPANWRIGHT_METRICS_ENABLED", "false")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    Process::start(&mut command)
}

#[track_caller]
fn a_trace_goes_through(broker: &Broker) {
    let collector = Collector::start();
    let mut consumer = messenger("consume", broker, &collector);
    until("the consumer", || consumer.stdout().contains("> ready").then_some(()));
    let mut publisher = messenger("publish", broker, &collector);
    assert!(publisher.wait().success());
    assert!(consumer.wait().success());
    assert!(consumer.stdout().contains("> an order of acme"), "{}", consumer.stdout());
    let spans = collector.spans();
    let of_kind = |kind: &str| {
        let mut spans = spans.iter().filter(|span| span.kind == kind);
        let found = spans.next().unwrap_or_else(|| panic!("no {kind}"));
        assert!(spans.next().is_none(), "one {kind}");
        found
    };
    let (published, taken) = (of_kind("SPAN_KIND_PRODUCER"), of_kind("SPAN_KIND_CONSUMER"));
    assert_eq!(taken.trace_id, published.trace_id);
    assert_eq!(taken.parent, published.span_id);
    assert_eq!((&*published.parent, published.is_error), ("", false));
}

#[test]
fn a_trace_goes_through_nats() {
    if let Some(broker) = or_skip(start_nats()) {
        a_trace_goes_through(&broker);
    }
}

#[test]
fn a_trace_goes_through_rabbitmq() {
    if let Some(broker) = or_skip(start_rabbitmq()) {
        a_trace_goes_through(&broker);
    }
}
