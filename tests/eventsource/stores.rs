//! Event stores: their spans, what those say, and what they are there for.

use std::collections::BTreeSet;

use eventsource::EventSourceError;
use eventsource::stores::{EventStore, InMemoryEventStore, SQLiteEventStore};
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::guide::{AGGREGATE, has_keys, order_created, order_shipped, seen, spans_of};
use crate::process::TempDir;

/// Appends two events and reads them: what all stores do.
async fn append_and_get(store: &dyn EventStore) {
    let events = vec![order_created(AGGREGATE), order_shipped(AGGREGATE, 2)];
    let appended = store.append_events(AGGREGATE, "Order", events, 0).await.expect("it is a new one");
    assert_eq!(appended.iter().map(|event| event.position).collect::<Vec<_>>(), [Some(1), Some(2)]);
    let read = store.get_events(AGGREGATE, "Order", 1).await.expect("it can be read");
    assert_eq!(read, appended[1..]);
}

/// The spans' attributes, without those of a database.
fn assert_spans(telemetry: &Captured, component: &str, prefix: &str, of_database: &[&str]) {
    assert_eq!(seen(telemetry), spans_of(component));
    let append = telemetry.span(&format!("{prefix}.append_events"));
    append.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
    append.has("eventsource.event.count", 2).has("eventsource.expected_version", 0);
    append.has("eventsource.version", 2).has("eventsource.position", 2);
    append.has("eventsource.tenant.id", "tenant-123").has("eventsource.actor.id", "user@example.com");
    let of_append = [
        "eventsource.aggregate.id",
        "eventsource.aggregate.type",
        "eventsource.event.count",
        "eventsource.expected_version",
        "eventsource.version",
        "eventsource.position",
        "eventsource.tenant.id",
        "eventsource.actor.id",
    ];
    has_keys(&append, &[&of_append, of_database].concat());
    let get = telemetry.span(&format!("{prefix}.get_events"));
    get.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
    get.has("eventsource.from_version", 1).has("eventsource.event.count", 1);
    get.has("eventsource.stream.id", format!("{AGGREGATE}:Order"));
    let of_get = [
        "eventsource.aggregate.id",
        "eventsource.aggregate.type",
        "eventsource.stream.id",
        "eventsource.from_version",
        "eventsource.event.count",
    ];
    has_keys(&get, &[&of_get, of_database].concat());
}

#[spanwright::test]
async fn in_memory(telemetry: Captured) {
    append_and_get(&InMemoryEventStore::new()).await;
    assert_spans(&telemetry, "InMemoryEventStore", "in_memory_event_store", &[]);
}

#[spanwright::test]
async fn in_sqlite(telemetry: Captured) {
    let folder = TempDir::new();
    append_and_get(&SQLiteEventStore::open(folder.path().join("events_db.sqlite")).expect("a database"))
        .await;
    let of_database = ["db.system", "db.name", "db.operation"];
    assert_spans(&telemetry, "SQLiteEventStore", "sqlite_event_store", &of_database);
    for (name, operation) in [("append_events", "INSERT"), ("get_events", "SELECT")] {
        let span = telemetry.span(&format!("sqlite_event_store.{name}"));
        span.has("db.system", "sqlite").has("db.name", "events_db").has("db.operation", operation);
        assert_eq!(span.target, "eventsource.stores.sqlite");
    }
}

#[spanwright::test]
async fn sqlite_keeps_what_was_appended(_telemetry: Captured) {
    let folder = TempDir::new();
    let path = folder.path().join("events.sqlite");
    append_and_get(&SQLiteEventStore::open(&path).expect("a database")).await;
    let reopened = SQLiteEventStore::open(&path).expect("the same one");
    assert_eq!(reopened.get_version(AGGREGATE, "Order").await.expect("it is there"), 2);
    assert_eq!(reopened.current_position().await.expect("it is there"), 2);
    let other = reopened.append_events("other", "Order", vec![order_created("other")], 0).await;
    assert_eq!(other.expect("it is another aggregate")[0].position, Some(3));
    let all = reopened.read_all(1, 10).await.expect("they can be read");
    let whose: Vec<_> = all.iter().map(|event| (&*event.aggregate_id, event.position)).collect();
    assert_eq!(whose, [(AGGREGATE, Some(2)), ("other", Some(3))]);
}

/// Two writers at once: one of them is told so.
async fn late(store: &dyn EventStore, telemetry: &Captured, name: &str) {
    let append = || store.append_events(AGGREGATE, "Order", vec![order_created(AGGREGATE)], 0);
    append().await.expect("it is a new one");
    let error = append().await.expect_err("there is one by now");
    let told = error.to_string();
    assert!(matches!(error, EventSourceError::OptimisticLock { expected: 0, actual: 1, .. }), "{told}");
    assert_eq!(told, format!("Order {AGGREGATE} is at version 1, and not at 0"));
    let failed =
        telemetry.spans().into_iter().filter(|span| span.name == name).nth(1).expect("it has a span");
    failed.failed().has("error.type", "OptimisticLockError").has("eventsource.expected_version", 0);
    assert_eq!(
        store.get_events(AGGREGATE, "Order", 0).await.expect("it can be read").len(),
        1,
        "none of it is kept"
    );
}

#[spanwright::test]
async fn who_is_late_gets_an_optimistic_lock_error(telemetry: Captured) {
    late(&InMemoryEventStore::new(), &telemetry, "in_memory_event_store.append_events").await;
    let store = SQLiteEventStore::open(":memory:").expect("a database");
    late(&store, &telemetry, "sqlite_event_store.append_events").await;
    telemetry.event("Optimistic lock failed").is_at(Level::WARN);
}

#[spanwright::test(worker_threads = 2)]
async fn of_writers_at_once_one_wins(_telemetry: Captured) {
    let store = std::sync::Arc::new(SQLiteEventStore::open(":memory:").expect("a database"));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.append_events(AGGREGATE, "Order", vec![order_created(AGGREGATE)], 0).await.is_ok()
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += usize::from(writer.await.expect("nobody panics"));
    }
    assert_eq!(won, 1);
}

#[spanwright::test]
async fn tracing_is_on_unless_an_instance_says_otherwise(telemetry: Captured) {
    append_and_get(&InMemoryEventStore::new().enable_tracing(false)).await;
    let silent = SQLiteEventStore::open(":memory:").expect("a database").enable_tracing(false);
    append_and_get(&silent).await;
    assert_eq!(seen(&telemetry), BTreeSet::new());
    append_and_get(&SQLiteEventStore::open(":memory:").expect("a database").enable_tracing(true)).await;
    assert_eq!(seen(&telemetry), spans_of("SQLiteEventStore"), "another instance has a switch of its own");
}
