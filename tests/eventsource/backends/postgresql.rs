//! The stores in PostgreSQL.

use std::sync::Arc;

use eventsource::aggregates::{AggregateRepository, State};
use eventsource::snapshots::{PostgreSQLSnapshotStore, Snapshot, SnapshotStore};
use eventsource::stores::{EventStore, PostgreSQLEventStore};
use eventsource::{Event, EventSourceError, PostgreSQL};
use serde::{Deserialize, Serialize};
use serde_json::json;
use spanwright::span::Level;
use spanwright::testing::{Captured, CapturedSpan};

use crate::backends::or_skip;
use crate::buses::until;
use crate::guide::{AGGREGATE, OrderShipped, order_created, order_shipped, seen, spans_of};
use crate::servers::{ENCODED, PASSWORD, Postgres, Wire};

fn is_asked(span: &CapturedSpan, operation: &'static str) {
    span.has("db.system", "postgresql").has("db.name", "postgres").has("db.operation", operation);
    assert_eq!(span.kind.as_str(), "client");
}

#[spanwright::test]
async fn events_are_stored(telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    let store = PostgreSQLEventStore::connect(&*server.url()).await.expect("PostgreSQL is there");
    let events = vec![order_created(AGGREGATE), order_shipped(AGGREGATE, 2)];
    let stored = store.append_events(AGGREGATE, "Order", events.clone(), 0).await.expect("it is new");
    let positions: Vec<_> = stored.iter().map(|event| event.position).collect();
    assert_eq!(positions, [Some(1), Some(2)]);
    let read = store.get_events(AGGREGATE, "Order", 0).await.expect("PostgreSQL is there");
    assert_eq!(read, stored, "all of them as they were");
    assert_eq!(store.get_events(AGGREGATE, "Order", 1).await.expect("PostgreSQL is there"), stored[1..]);
    assert_eq!(seen(&telemetry), spans_of("PostgreSQLEventStore"));
    let append = telemetry.span("postgresql_event_store.append_events");
    is_asked(&append, "INSERT");
    append.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
    append
        .has("eventsource.event.count", 2)
        .has("eventsource.expected_version", 0)
        .has("eventsource.version", 2);
    append.has("eventsource.position", 2).has("eventsource.tenant.id", "tenant-123");
    let get =
        telemetry.spans().into_iter().find(|span| span.name.ends_with("get_events")).expect("it is there");
    is_asked(&get, "SELECT");
    get.has("eventsource.from_version", 0).has("eventsource.event.count", 2);
    get.has("eventsource.stream.id", format!("{AGGREGATE}:Order"));
    let logged = telemetry.event("Events appended");
    assert_eq!(logged.target, "eventsource.stores.postgresql");

    let another = order_created("another");
    store.append_events("another", "Order", vec![another], 0).await.expect("it is new");
    let all = store.read_all(1, 10).await.expect("PostgreSQL is there");
    assert_eq!(all.iter().map(|event| event.position).collect::<Vec<_>>(), [Some(2), Some(3)]);
    assert_eq!(store.read_all(0, 1).await.expect("PostgreSQL is there"), stored[..1]);
    assert_eq!(store.get_version(AGGREGATE, "Order").await.expect("PostgreSQL is there"), 2);
    assert_eq!(store.get_version("nobody", "Order").await.expect("PostgreSQL is there"), 0);
    assert_eq!(store.current_position().await.expect("PostgreSQL is there"), 3);
    let silent = store.enable_tracing(false);
    let before = telemetry.spans().len();
    silent.get_events(AGGREGATE, "Order", 0).await.expect("PostgreSQL is there");
    assert_eq!(telemetry.spans().len(), before, "an instance has a switch");
}

#[spanwright::test]
async fn of_two_who_append_one_is_refused(telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    // Each with a connection of its own, and both make the tables.
    let url = server.url();
    let (one, other) =
        tokio::join!(PostgreSQLEventStore::connect(&*url), PostgreSQLEventStore::connect(&*url));
    let (one, other) = (one.expect("PostgreSQL is there"), other.expect("PostgreSQL is there"));
    for version in 1..=10 {
        let events = || vec![order_shipped(AGGREGATE, version)];
        let (mine, theirs) = tokio::join!(
            one.append_events(AGGREGATE, "Order", events(), version - 1),
            other.append_events(AGGREGATE, "Order", events(), version - 1)
        );
        let refused = match (mine, theirs) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("{both:?}"),
        };
        let expected = format!("Order {AGGREGATE} is at version {version}, and not at {}", version - 1);
        assert_eq!(refused.to_string(), expected);
    }
    let stored = one.get_events(AGGREGATE, "Order", 0).await.expect("PostgreSQL is there");
    assert!(stored.is_sorted_by(|one, other| one.position < other.position && one.version < other.version));
    let refused: Vec<_> =
        telemetry.spans().into_iter().filter(|span| span.attribute("error.type").is_some()).collect();
    for span in &refused {
        span.failed().has("error.type", "OptimisticLockError");
    }
    assert_eq!(refused.len(), 10);
    let logged = telemetry.events().into_iter().find(|event| event.message == "Optimistic lock failed");
    logged.expect("it is told").is_at(Level::WARN);
}

fn snapshot(aggregate_id: &str, version: u64) -> Snapshot {
    let state = json!({"items": ["a", 1, null], "of": version});
    let (aggregate_id, aggregate_type) = (aggregate_id.to_owned(), "Order".to_owned());
    Snapshot { aggregate_id, aggregate_type, version, state, created_at: 1_700_000_000_000 }
}

#[spanwright::test]
async fn snapshots_are_kept(telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    let store = PostgreSQLSnapshotStore::connect(&*server.url()).await.expect("PostgreSQL is there");
    let it = "PostgreSQL is there";
    assert_eq!(store.get(AGGREGATE, "Order").await.expect(it), None);
    for (id, version) in [(AGGREGATE, 100), ("another", 3), (AGGREGATE, 99)] {
        store.save(snapshot(id, version)).await.expect(it);
    }
    assert_eq!(
        store.get(AGGREGATE, "Order").await.expect(it),
        Some(snapshot(AGGREGATE, 100)),
        "the newest one"
    );
    assert!(store.exists(AGGREGATE, "Order").await.expect(it));
    assert!(!store.exists(AGGREGATE, "Customer").await.expect(it));
    assert!(store.delete(AGGREGATE, "Order").await.expect(it));
    assert!(!store.delete(AGGREGATE, "Order").await.expect(it));
    assert_eq!(store.delete_by_type("Order").await.expect(it), 1);
    assert_eq!(seen(&telemetry), spans_of("PostgreSQLSnapshotStore"));
    for span in telemetry.spans() {
        let operation = match &*span.name {
            "eventsource.snapshot.save" => "INSERT",
            "eventsource.snapshot.get" | "eventsource.snapshot.exists" => "SELECT",
            _ => "DELETE",
        };
        is_asked(&span, operation);
        if !span.name.ends_with("delete_by_type") {
            span.has(
                "eventsource.aggregate.type",
                span.attribute("eventsource.aggregate.type").expect("it has").clone(),
            );
        }
    }
}

/// How often an order was shipped.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    shipped: u64,
}

impl State for Order {
    fn apply(&mut self, event: &Event) -> Result<(), EventSourceError> {
        self.shipped += u64::from(event.payload::<OrderShipped>()?.is_some());
        Ok(())
    }
}

#[spanwright::test]
async fn a_load_with_a_snapshot_is_the_guides_trace(telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    let database = PostgreSQL::connect(&*server.url()).await.expect("PostgreSQL is there");
    let events = PostgreSQLEventStore::new(&database).await.expect("PostgreSQL is there");
    let snapshots = PostgreSQLSnapshotStore::new(&database).await.expect("PostgreSQL is there");
    let repository = AggregateRepository::new(Arc::new(events), Order::default, "Order");
    let repository = repository.with_snapshots(Arc::new(snapshots), 100);
    let mut order = repository.create(AGGREGATE);
    for events in [100, 15] {
        (0..events).for_each(|_| order.raise(&OrderShipped {}).expect("it can be shipped"));
        repository.save(&mut order).await.expect("it can be saved");
    }
    let loaded = repository.load(AGGREGATE).await.expect("it is there");
    assert_eq!((loaded.version(), loaded.state()), (115, &Order { shipped: 115 }));
    let trace =
        "eventsource.repository.load\n  eventsource.snapshot.get\n  postgresql_event_store.get_events\n";
    assert!(telemetry.tree().contains(trace), "{}", telemetry.tree());
    let load = telemetry.span("eventsource.repository.load");
    load.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
    load.has("snapshot.used", true).has("events.replayed", 15).has("eventsource.version", 115);
    telemetry.span("eventsource.snapshot.get").has("db.system", "postgresql");
    let get = telemetry.span("postgresql_event_store.get_events");
    get.has("db.system", "postgresql").has("eventsource.from_version", 100);
}

#[spanwright::test]
async fn a_connection_that_is_lost_is_made_again(telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    let wire = Wire::to(server.port);
    let url = server.url().replace(&server.port.to_string(), &wire.port.to_string());
    let store = PostgreSQLEventStore::connect(&*url).await.expect("PostgreSQL is there");
    wire.cut();
    let lost = || telemetry.events().iter().any(|event| event.message == "The connection is lost");
    until("the loss", lost).await;
    let refused = store.get_events(AGGREGATE, "Order", 0).await.expect_err("it is gone").to_string();
    assert!(refused.starts_with("postgresql: "), "{refused}");
    telemetry.span("postgresql_event_store.get_events").failed().has("error.type", "DatabaseError");
    wire.mend();
    let events = vec![order_created(AGGREGATE)];
    store.append_events(AGGREGATE, "Order", events, 0).await.expect("PostgreSQL is back");
}

#[spanwright::test]
async fn a_wrong_password_is_refused_without_being_told(_telemetry: Captured) {
    let Some(server) = or_skip(Postgres::start()) else { return };
    for (url, expected) in [
        (server.url().replace(ENCODED, "of-another"), "postgresql: "),
        (
            format!("postgresql://orders:{ENCODED}@127.0.0.1:none/"),
            "the address of PostgreSQL` is no address",
        ),
    ] {
        let refused = PostgreSQLEventStore::connect(&*url).await.expect_err("it is refused");
        assert!(refused.to_string().contains(expected), "{refused}");
        for secret in ["of-another", PASSWORD, ENCODED] {
            assert!(!format!("{refused} {refused:?}").contains(secret), "{refused:?}");
        }
    }
}
