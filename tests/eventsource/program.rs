//! The program, and what it writes.

use std::collections::BTreeSet;
use std::process::Command;

use crate::backends::Span;
use crate::built::example;
use crate::collector::Collector;
use crate::guide::{SEED, spans_of};
use crate::process::{TempDir, until};
use crate::system::{Ended, Running, command};
use crate::table::{quoted, rows_of};

/// The program's command: its lines are JSON.
pub(crate) fn eventsource(arguments: &[&str]) -> Command {
    let mut command = command(&example("eventsource"), "EVENTSOURCE", arguments);
    command.env_remove("ENVIRONMENT");
    command
}

/// The spans that it exports in its only round.
#[track_caller]
pub(crate) fn spans(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<Span> {
    let collector = Collector::start();
    let mut command = eventsource(&[&["--once"], arguments].concat());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_BSP_MAX_QUEUE_SIZE", "100000");
    Ended::well(command.envs(variables.iter().copied()));
    let mut spans = collector.spans();
    spans.sort_by_key(|span| span.start);
    spans
}

/// A run of so many orders, in the text of its summary.
#[track_caller]
fn summary(arguments: &[&str]) -> String {
    Ended::well(&mut eventsource(&[&["--once"], arguments].concat())).stdout
}

#[test]
fn it_needs_no_configuration_and_no_server() {
    for store in [&["--store", "sqlite"][..], &["--store", "memory"], &["--direct"]] {
        let said = summary(&[&["--orders", "10"], store].concat());
        for line in [
            "10 orders were taken",
            "50 events are in the store",
            "10 orders were shipped, for 289.00",
            "10 shipments, 10 customers notified",
            "0 dead letters, and 2 that were mended",
            "OrderProjection: 50 events processed, 0 failed, 0 to come",
            "ShippingProjection: 8 events processed, 2 failed, 0 to come",
        ] {
            assert!(said.lines().any(|other| other == line), "{line} in {said}");
        }
    }
}

#[test]
fn what_is_stored_is_there_the_next_time() {
    let folder = TempDir::new();
    let file = folder.path().join("orders.db").display().to_string();
    for (events, shipped) in [(15, 3), (30, 6)] {
        let said = summary(&["--orders", "3", "--store", "sqlite", &file]);
        assert!(said.contains(&format!("\n{events} events are in the store\n")), "{said}");
        assert!(said.contains(&format!("\n{shipped} orders were shipped, for ")), "{said}");
    }
}

#[test]
fn all_three_pillars_leave_the_program() {
    for pillar in ["Tracing", "Metrics", "Logging"] {
        assert!(rows_of(SEED, "pillar").iter().any(|row| row.item.starts_with(pillar)), "{pillar}");
    }
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "3"]);
    Ended::well(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint));
    let (spans, records) = (collector.spans(), collector.logs());
    // A request can be followed, with how long each part took; a line leads to it.
    let saved = records.iter().find(|record| record.body == "Aggregate saved").expect("it is logged");
    let trace: Vec<_> = spans.iter().filter(|span| span.trace_id == saved.trace_id).collect();
    let save = trace.iter().find(|span| span.span_id == saved.span_id).expect("the line's span is there");
    assert_eq!(
        (&*save.name, &*saved.scope),
        ("eventsource.repository.save", "eventsource.aggregates.repository")
    );
    let append =
        trace.iter().find(|span| span.parent == save.span_id && span.name.ends_with("append_events"));
    let append = append.expect("it appends");
    assert!(save.start <= append.start && append.end <= save.end && append.start < append.end);
    // Throughput, errors and lag are counted.
    let names: Vec<_> = collector.metrics().into_iter().map(|metric| metric.name).collect();
    for name in ["subscription.events.processed", "subscription.events.failed", "subscription.lag"] {
        assert!(names.iter().any(|other| other == name), "{name} in {names:?}");
    }
}

#[test]
fn all_components_but_projections_have_spans() {
    let spans = spans(&["--orders", "10"], &[]);
    let seen: BTreeSet<_> = spans.iter().map(|span| span.name.as_str()).collect();
    // Nobody here resets a checkpoint or asks for one letter; a store in memory, brokers and PostgreSQL are elsewhere.
    let components = [
        "SQLiteEventStore",
        "InMemoryEventBus",
        "AggregateRepository",
        "SubscriptionManager",
        "TransitionCoordinator",
        "LiveRunner",
        "PauseResumeController",
        "SubscriptionLifecycleManager",
    ];
    for name in components.into_iter().flat_map(spans_of) {
        assert!(seen.contains(name.as_str()), "no `{name}` in {seen:?}");
    }
    assert!(!seen.iter().any(|name| name.starts_with("eventsource.projection.")), "{seen:?}");
}

#[test]
fn the_environment_decides_on_the_spans_of_projections() {
    let row = rows_of(SEED, "switch").into_iter().find(|row| row.item.contains("`ENVIRONMENT`"));
    let row = row.expect("the guide has it").item;
    let [_, _, on @ .., off] = &quoted(&row)[..] else { panic!("{row}") };
    assert_eq!((on, *off), (&["development", "staging"][..], "production"));
    let traced = |environment: Option<&str>| {
        let variables: Vec<_> = environment.map(|value| ("ENVIRONMENT", value)).into_iter().collect();
        let spans = spans(&["--orders", "3"], &variables);
        assert!(spans.iter().any(|span| span.name == "eventsource.repository.save"), "all else is as ever");
        let of_projections = spans.iter().filter(|span| span.name.starts_with("eventsource.projection."));
        of_projections.map(|span| span.name.clone()).collect::<BTreeSet<_>>()
    };
    for environment in on {
        // Those of both projections, and of what handles dead letters once more.
        let expected: BTreeSet<_> =
            ["DeclarativeProjection", "ProjectionCoordinator"].into_iter().flat_map(spans_of).collect();
        assert_eq!(traced(Some(environment)), expected, "{environment}");
    }
    for environment in [Some(*off), None] {
        assert_eq!(traced(environment), BTreeSet::new(), "{environment:?}");
    }
}

#[test]
fn an_event_is_handled_in_the_trace_that_it_comes_from() {
    let spans = spans(&["--orders", "1"], &[("ENVIRONMENT", "development")]);
    let by_id = |id: &str| spans.iter().find(|span| span.span_id == id);
    let handled: Vec<_> =
        spans.iter().filter(|span| span.name == "eventsource.live_runner.process_event").collect();
    assert!(!handled.is_empty());
    for span in handled {
        let mut path = vec![span.name.as_str()];
        let mut next = by_id(&span.parent);
        while let Some(parent) = next {
            path.push(&parent.name);
            next = by_id(&parent.parent);
        }
        // By way of the outbox, which remembers where an event was added.
        let expected = [
            "eventsource.live_runner.process_event",
            "eventsource.event_bus.handle",
            "eventsource.event_bus.dispatch",
            "eventsource.outbox.add",
            "sqlite_event_store.append_events",
            "eventsource.repository.save",
        ];
        assert!(path.starts_with(&expected) && path.last() == Some(&"take_order"), "{path:?}");
    }
}

#[test]
fn who_sees_no_spans_is_told_why() {
    // The provider that does nothing, as the guide calls it.
    let collector = Collector::start();
    let mut command = eventsource(&["--once", "--orders", "1"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_SDK_DISABLED", "true");
    let ended = Ended::well(command.env("EVENTSOURCE_EXPLAIN_CONFIG", "true"));
    assert_eq!(collector.spans().len(), 0);
    assert!(ended.said().contains("disabled = true"), "{}", ended.said());
    // A component that is off, from outside too.
    let without = spans(&["--orders", "1"], &[("EVENTSOURCE_COMPONENTS", "eventsource.stores.sqlite=off")]);
    assert!(without.iter().any(|span| span.name == "eventsource.repository.save"));
    assert!(!without.iter().any(|span| span.name.starts_with("sqlite_event_store.")));
}

#[test]
fn it_goes_on_until_it_is_told_to_end() {
    let mut running = Running::start(&mut eventsource(&[]));
    until("an order", || running.process.stdout().contains("Order shipped").then_some(()));
    running.process.signal("TERM");
    assert!(running.process.wait().success());
    let said = running.process.stdout();
    assert!(said.contains("orders were taken\n") && said.contains("0 to come\n"), "{said}");
}

#[test]
fn wrong_options_are_named_with_a_remedy() {
    for (arguments, says) in [
        (
            &["--bus", "rabbit"][..],
            "`--bus rabbit` is not known: there are `memory`, `rabbitmq`, `redis`, `kafka`",
        ),
        (&["--bus", "rabbitmq"], "write something like `--bus rabbitmq amqp://localhost:5672/`"),
        (
            &["--bus", "rabbitmq://me:hunter22@h/"],
            "write something like `--bus rabbitmq amqp://localhost:5672/`",
        ),
        (&["--store", "memory", "hunter22"], "`--store memory` is in this process"),
        (&["--store", "mysql://root:hunter22@db/orders"], "`--store mysql` is not known"),
        (&["--consumer"], "write `--bus rabbitmq amqp://localhost:5672/`"),
        (
            &["--store", "sqlite", "/nowhere/at/all/orders.db"],
            "the database `/nowhere/at/all/orders.db` can't be opened",
        ),
        (&["--ordres", "3"], "--orders"),
    ] {
        let ended = Ended::of(&mut eventsource(&[&["--once"], arguments].concat()));
        assert!(!ended.succeeded && ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("hunter22") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    let ended = Ended::of(&mut eventsource(&["--orders", "3"]));
    assert!(!ended.succeeded && ended.stderr.contains("--once"), "{}", ended.stderr);
    let help = Ended::well(&mut eventsource(&["--help"])).stdout;
    for option in ["--once", "--store", "--bus", "--publisher", "--consumer", "ENVIRONMENT", "RUST_LOG"] {
        assert!(help.contains(option), "{option} in {help}");
    }
}
