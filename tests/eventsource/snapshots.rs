//! Snapshot stores.

use eventsource::snapshots::{InMemorySnapshotStore, SQLiteSnapshotStore, Snapshot, SnapshotStore};
use spanwright::testing::Captured;

use crate::guide::{AGGREGATE, named, seen, spans_of};

fn snapshot(aggregate_id: &str, version: u64) -> Snapshot {
    Snapshot {
        aggregate_id: aggregate_id.to_owned(),
        aggregate_type: "Order".to_owned(),
        version,
        state: serde_json::json!({ "status": "placed", "version": version }),
        created_at: 1,
    }
}

/// All that a store of snapshots does.
async fn use_all(store: &dyn SnapshotStore) {
    assert_eq!(store.get(AGGREGATE, "Order").await.expect("it can be asked"), None);
    for kept in [snapshot(AGGREGATE, 100), snapshot(AGGREGATE, 115), snapshot("other", 5)] {
        store.save(kept).await.expect("it can be kept");
    }
    // Who is late does not take it back.
    store.save(snapshot(AGGREGATE, 100)).await.expect("it can be asked");
    let found = store.get(AGGREGATE, "Order").await.expect("it can be asked");
    assert_eq!(found, Some(snapshot(AGGREGATE, 115)));
    assert_eq!(store.get(AGGREGATE, "Cart").await.expect("it can be asked"), None, "the type matters");
    assert!(store.exists(AGGREGATE, "Order").await.expect("it can be asked"));
    assert!(store.delete(AGGREGATE, "Order").await.expect("it can be deleted"));
    assert!(!store.delete(AGGREGATE, "Order").await.expect("it is gone"));
    assert!(!store.exists(AGGREGATE, "Order").await.expect("it can be asked"));
    assert_eq!(store.delete_by_type("Order").await.expect("they can be deleted"), 1);
    assert!(!store.exists("other", "Order").await.expect("it can be asked"));
}

/// The attributes of all spans but those that are about a whole type.
fn assert_attributes(telemetry: &Captured) {
    for span in telemetry.spans() {
        if span.name.ends_with(".clear") {
            continue;
        }
        assert!(span.attribute("eventsource.aggregate.type").is_some(), "{}", span.name);
        let of_one = !span.name.ends_with(".delete_by_type");
        assert_eq!(span.attribute("eventsource.aggregate.id").is_some(), of_one, "{}", span.name);
    }
    let saved = named(telemetry, "eventsource.snapshot.save");
    saved[1].has("eventsource.aggregate.id", AGGREGATE).has("eventsource.version", 115);
    let got = named(telemetry, "eventsource.snapshot.get");
    got[0].has_no("eventsource.version").succeeded();
    got[1].has("eventsource.version", 115).has("eventsource.aggregate.type", "Order");
}

#[spanwright::test]
async fn in_memory(telemetry: Captured) {
    let store = InMemorySnapshotStore::new();
    use_all(&store).await;
    store.save(snapshot(AGGREGATE, 1)).await.expect("it can be kept");
    store.clear().await;
    assert!(!store.exists(AGGREGATE, "Order").await.expect("it can be asked"));
    assert_eq!(seen(&telemetry), spans_of("InMemorySnapshotStore"));
    assert_attributes(&telemetry);
}

#[spanwright::test]
async fn in_sqlite(telemetry: Captured) {
    use_all(&SQLiteSnapshotStore::open(":memory:").expect("a database")).await;
    assert_eq!(seen(&telemetry), spans_of("SQLiteSnapshotStore"));
    assert_attributes(&telemetry);
    for span in telemetry.spans() {
        let operation = match &*span.name {
            "eventsource.snapshot.save" => "INSERT",
            "eventsource.snapshot.get" | "eventsource.snapshot.exists" => "SELECT",
            _ => "DELETE",
        };
        span.has("db.system", "sqlite").has("db.operation", operation).has("db.name", ":memory:");
    }
}

#[spanwright::test]
async fn each_instance_has_a_switch(telemetry: Captured) {
    use_all(&InMemorySnapshotStore::new().enable_tracing(false)).await;
    use_all(&SQLiteSnapshotStore::open(":memory:").expect("a database").enable_tracing(false)).await;
    assert_eq!(telemetry.tree(), "");
}
