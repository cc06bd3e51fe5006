//! Aggregates: how they are loaded and saved, and the traces of that.

use std::sync::Arc;

use eventsource::aggregates::{Aggregate, AggregateRepository, State};
use eventsource::bus::{EventBus, InMemoryEventBus, handler};
use eventsource::snapshots::{InMemorySnapshotStore, SQLiteSnapshotStore, Snapshot, SnapshotStore};
use eventsource::stores::{EventStore, InMemoryEventStore, SQLiteEventStore};
use eventsource::{Database, Event, EventSourceError};
use serde::{Deserialize, Serialize};
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::guide::{
    AGGREGATE, OrderCreated, OrderShipped, SEED, has_keys, named, order_shipped, seen, spans_of,
};
use crate::table::{quoted, rows_of};

/// How often an order was shipped.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    shipped: u64,
}

impl State for Order {
    fn apply(&mut self, event: &Event) -> Result<(), EventSourceError> {
        if event.payload::<OrderShipped>()?.is_some() {
            self.shipped += 1;
        }
        Ok(())
    }
}

fn orders(store: Arc<dyn EventStore>) -> AggregateRepository<Order> {
    AggregateRepository::new(store, Order::default, "Order")
}

/// An order that has had so many events.
async fn order_with(repository: &AggregateRepository<Order>, events: u64) -> Aggregate<Order> {
    let mut order = repository.create(AGGREGATE).for_tenant("tenant-123").by("user@example.com");
    order.raise(&OrderCreated { customer: "Ann".to_owned() }).expect("it can be placed");
    (1..events).for_each(|_| order.raise(&OrderShipped {}).expect("it can be shipped"));
    repository.save(&mut order).await.expect("it can be saved");
    order
}

/// Loads one as the guide's example does: 15 events after a snapshot at 100.
async fn load_with_snapshot(store: Arc<dyn EventStore>, snapshots: Arc<dyn SnapshotStore>) {
    // Who has no spans prepares it.
    let silent = orders(store.clone()).with_snapshots(snapshots.clone(), 100).enable_tracing(false);
    let mut order = order_with(&silent, 100).await;
    (0..15).for_each(|_| order.raise(&OrderShipped {}).expect("it can be shipped"));
    silent.save(&mut order).await.expect("it can be saved");
    let loaded = orders(store).with_snapshots(snapshots, 100).load(AGGREGATE).await.expect("it is there");
    assert_eq!((loaded.version(), loaded.state()), (115, &Order { shipped: 114 }));
}

/// The row of an example trace: the spans in it, each with its attributes.
fn example_trace(start: &str) -> Vec<(String, Vec<String>)> {
    let rows = rows_of(SEED, "example trace");
    let row = rows.iter().find(|row| row.item.starts_with(start)).expect("the guide has it");
    let (_, spans) = row.item.split_once(": ").expect("it names its spans");
    let span = |part: &str| {
        let mut names =
            quoted(part).into_iter().map(|name| name.split(':').next().unwrap_or(name).to_owned());
        let name = names.next().expect("a span has a name");
        (name, names.collect())
    };
    spans
        .replace("→", "},")
        .split("},")
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(span)
        .collect()
}

#[spanwright::test]
async fn loading_with_a_snapshot_is_the_trace_of_the_guide(telemetry: Captured) {
    let database = Database::in_memory().expect("there is memory");
    let store = SQLiteEventStore::new(&database).expect("a database");
    let snapshots = SQLiteSnapshotStore::new(&database).expect("a database");
    load_with_snapshot(Arc::new(store), Arc::new(snapshots)).await;
    let load = telemetry.span("eventsource.repository.load");
    load.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
    load.has("snapshot.used", true).has("events.replayed", 15).has("eventsource.version", 115).succeeded();
    let spans = telemetry.spans();
    let children: Vec<_> = spans.iter().filter(|span| span.parent == load.span_id).collect();
    let trace = example_trace("load with snapshot");
    assert_eq!(trace.len(), 3);
    // The guide's is of PostgreSQL, which has a test of its own.
    let names = trace[1..].iter().map(|(name, _)| name.replace("postgresql", "sqlite"));
    assert_eq!(children.iter().map(|span| &*span.name).collect::<Vec<_>>(), names.collect::<Vec<_>>());
    for (span, (_, attributes)) in [&load].into_iter().chain(children.iter().copied()).zip(&trace) {
        for attribute in attributes {
            assert!(span.attribute(attribute).is_some(), "`{}` has no {attribute}", span.name);
        }
    }
    children[0].has("db.system", "sqlite");
    children[1].has("db.system", "sqlite").has("eventsource.from_version", 100);
}

#[spanwright::test]
async fn the_trace_is_the_same_in_memory(telemetry: Captured) {
    load_with_snapshot(Arc::new(InMemoryEventStore::new()), Arc::new(InMemorySnapshotStore::new())).await;
    let tree = telemetry.tree();
    let load =
        "eventsource.repository.load\n  eventsource.snapshot.get\n  in_memory_event_store.get_events\n";
    assert!(tree.ends_with(load), "{tree}");
}

#[spanwright::test]
async fn the_repository(telemetry: Captured) {
    let snapshots = Arc::new(InMemorySnapshotStore::new());
    let repository = orders(Arc::new(InMemoryEventStore::new())).with_snapshots(snapshots, 0);
    assert!(!repository.exists(AGGREGATE).await.expect("it can be asked"));
    let order = order_with(&repository, 2).await;
    assert!(repository.exists(AGGREGATE).await.expect("it can be asked"));
    repository.create_snapshot(&order).await.expect("it can be taken");
    repository.load(AGGREGATE).await.expect("it is there");
    let of_repository =
        seen(&telemetry).into_iter().filter(|name| name.starts_with("eventsource.repository."));
    assert_eq!(of_repository.collect::<std::collections::BTreeSet<_>>(), spans_of("AggregateRepository"));
    let (id, its_type) = ("eventsource.aggregate.id", "eventsource.aggregate.type");
    for (name, more) in [
        ("exists", [].as_slice()),
        ("load", &["snapshot.used", "events.replayed", "eventsource.version"]),
        ("save", &["eventsource.event.count", "eventsource.expected_version", "eventsource.version"]),
        ("create_snapshot", &["eventsource.version"]),
    ] {
        let span = &named(&telemetry, &format!("eventsource.repository.{name}"))[0];
        span.has(id, AGGREGATE).has(its_type, "Order").succeeded();
        has_keys(span, &[&[id, its_type], more].concat());
        assert_eq!(span.target, "eventsource.aggregates.repository");
    }
    let save = telemetry.span("eventsource.repository.save");
    save.has("eventsource.event.count", 2)
        .has("eventsource.expected_version", 0)
        .has("eventsource.version", 2);
    telemetry.span("in_memory_event_store.append_events").is_in("eventsource.repository.save");
    telemetry.span("eventsource.snapshot.save").is_in("eventsource.repository.create_snapshot");
}

#[spanwright::test]
async fn saving_appends_and_publishes_in_one_trace(telemetry: Captured) {
    let bus = Arc::new(InMemoryEventBus::new());
    bus.subscribe("OrderCreated", handler("OrderProjection", |_| async { Ok(()) }));
    let store = Arc::new(SQLiteEventStore::open(":memory:").expect("a database"));
    order_with(&orders(store).with_event_publisher(bus), 2).await;
    let tree = "\
eventsource.repository.save
  sqlite_event_store.append_events
  eventsource.event_bus.dispatch
    eventsource.event_bus.handle
  eventsource.event_bus.dispatch
";
    assert_eq!(telemetry.tree(), tree);
    let saved = telemetry.event("Aggregate saved");
    saved.is_at(Level::INFO).has("aggregate_id", AGGREGATE).has("version", 2);
    assert_eq!(saved.target, "eventsource.aggregates.repository");
    assert_eq!(saved.span_id, telemetry.span("eventsource.repository.save").span_id);
}

#[spanwright::test]
async fn a_snapshot_is_taken_as_often_as_is_said(telemetry: Captured) {
    let snapshots = Arc::new(InMemorySnapshotStore::new());
    let repository = orders(Arc::new(InMemoryEventStore::new())).with_snapshots(snapshots.clone(), 10);
    order_with(&repository, 9).await;
    assert_eq!(snapshots.get(AGGREGATE, "Order").await.expect("it can be asked"), None);
    let ship = |order: &mut Aggregate<Order>| order.raise(&OrderShipped {});
    let updated = repository.update(AGGREGATE, 0, ship).await.expect("it can be shipped");
    assert_eq!(updated.version(), 10);
    let found = snapshots.get(AGGREGATE, "Order").await.expect("it can be asked").expect("it was taken");
    assert_eq!((found.version, found.state), (10, serde_json::json!({ "shipped": 9 })));
    telemetry.span("eventsource.repository.create_snapshot").has("eventsource.version", 10);
}

#[spanwright::test]
async fn who_is_late_tries_again_and_says_so(telemetry: Captured) {
    let store = Arc::new(SQLiteEventStore::open(":memory:").expect("a database").enable_tracing(false));
    let repository = orders(store.clone());
    order_with(&repository, 1).await;
    let mut in_between = Some(order_shipped(AGGREGATE, 2));
    let updated = repository
        .update(AGGREGATE, 3, |order: &mut Aggregate<Order>| {
            if let Some(event) = in_between.take() {
                // Somebody else is faster, once.
                let other = store.append_events(AGGREGATE, "Order", vec![event], 1);
                std::thread::scope(|scope| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                    scope
                        .spawn(move || runtime.block_on(other))
                        .join()
                        .expect("it ends")
                        .expect("it is appended")
                });
            }
            order.raise(&OrderShipped {})
        })
        .await
        .expect("it is saved the second time");
    assert_eq!((updated.version(), updated.state()), (3, &Order { shipped: 2 }));
    let saves = named(&telemetry, "eventsource.repository.save");
    let [_, late, again] = &saves[..] else { panic!("{}", telemetry.tree()) };
    late.failed().has("eventsource.error.type", "OptimisticLockError").has_no("eventsource.retry.count");
    late.has("error.type", "OptimisticLockError").has("eventsource.expected_version", 1);
    again.succeeded().has("eventsource.retry.count", 1).has_no("eventsource.error.type");
    telemetry.event("Aggregate not saved").is_at(Level::WARN);
}

#[spanwright::test]
async fn who_is_always_late_is_told_in_the_end(_telemetry: Captured) {
    let repository = orders(Arc::new(InMemoryEventStore::new()));
    let mut order = order_with(&repository, 1).await;
    repository.save(&mut order).await.expect("there is nothing to save");
    let (mut first, mut second) = (
        repository.load(AGGREGATE).await.expect("it is there"),
        repository.load(AGGREGATE).await.expect("it is there"),
    );
    first.raise(&OrderShipped {}).expect("it can be shipped");
    second.raise(&OrderShipped {}).expect("it can be shipped");
    repository.save(&mut first).await.expect("it is the first");
    let error = repository.save(&mut second).await.expect_err("it is the second");
    assert!(matches!(error, EventSourceError::OptimisticLock { expected: 1, actual: 2, .. }), "{error}");
    assert_eq!(second.uncommitted().len(), 1, "what could not be saved is still there");
}

#[spanwright::test]
async fn what_is_not_there_is_no_failure_of_the_store(telemetry: Captured) {
    let error =
        orders(Arc::new(InMemoryEventStore::new())).load(AGGREGATE).await.expect_err("it is not there");
    assert_eq!(error.to_string(), format!("there is no Order {AGGREGATE}"));
    let load = telemetry.span("eventsource.repository.load");
    load.succeeded().has("error.type", "AggregateNotFoundError").has("events.replayed", 0);
}

#[spanwright::test]
async fn a_snapshot_that_cannot_be_read_is_as_none(telemetry: Captured) {
    let snapshots = Arc::new(InMemorySnapshotStore::new());
    let repository = orders(Arc::new(InMemoryEventStore::new())).with_snapshots(snapshots.clone(), 0);
    order_with(&repository, 3).await;
    let broken = Snapshot {
        aggregate_id: AGGREGATE.to_owned(),
        aggregate_type: "Order".to_owned(),
        version: 2,
        state: serde_json::json!({ "shipped": "often" }),
        created_at: 1,
    };
    snapshots.save(broken).await.expect("it can be kept");
    let loaded = repository.load(AGGREGATE).await.expect("the events are there");
    assert_eq!((loaded.version(), loaded.state()), (3, &Order { shipped: 2 }));
    telemetry.span("eventsource.repository.load").has("snapshot.used", false).has("events.replayed", 3);
    telemetry.event("A snapshot can't be used").is_at(Level::WARN);
}

#[spanwright::test]
async fn an_instance_has_a_switch(telemetry: Captured) {
    let repository = orders(Arc::new(InMemoryEventStore::new().enable_tracing(false))).enable_tracing(false);
    order_with(&repository, 1).await;
    repository.load(AGGREGATE).await.expect("it is there");
    repository.exists(AGGREGATE).await.expect("it can be asked");
    assert_eq!(telemetry.tree(), "");
}
