//! The library is the same without its feature `telemetry`:
//!
//! ```text
//! cargo test -p eventsource --no-default-features --test without_telemetry
//! ```

use std::sync::Arc;

use eventsource::bus::{EventBus, InMemoryEventBus, handler};
use eventsource::observability::attributes::ATTR_AGGREGATE_ID;
use eventsource::observability::{OTEL_AVAILABLE, Traced, Tracer};
use eventsource::projections::DeclarativeProjection;
use eventsource::repositories::CheckpointRepository;
use eventsource::stores::{EventStore, InMemoryEventStore, SQLiteEventStore};
use eventsource::subscriptions::{SubscriptionConfig, SubscriptionManager, SubscriptionState, get_metrics};
use eventsource::{Database, Event, EventSourceError, Payload};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct OrderCreated {
    customer: String,
}

impl Payload for OrderCreated {
    const EVENT_TYPE: &'static str = "OrderCreated";
}

fn order_created() -> Event {
    Event::new("Order", "order-123", 1, &OrderCreated { customer: "Ann".to_owned() }).expect("it is JSON")
}

#[test]
fn the_constant_says_whether_telemetry_is_there() {
    assert_eq!(OTEL_AVAILABLE, cfg!(feature = "telemetry"));
}

#[tokio::test]
async fn asking_for_tracing_is_no_error_where_there_is_none() {
    for store in [
        &InMemoryEventStore::new().enable_tracing(true) as &dyn EventStore,
        &SQLiteEventStore::open(":memory:").expect("a database").enable_tracing(true),
    ] {
        store.append_events("order-123", "Order", vec![order_created()], 0).await.expect("it is a new one");
        let events = store.get_events("order-123", "Order", 0).await.expect("it can be read");
        assert_eq!(events.len(), 1);
        let late = store.append_events("order-123", "Order", vec![order_created()], 0).await;
        assert!(matches!(late, Err(EventSourceError::OptimisticLock { .. })));
    }
}

#[tokio::test]
async fn events_are_handled_as_ever() {
    let bus = InMemoryEventBus::new().enable_tracing(true);
    let (sender, mut taken) = tokio::sync::mpsc::unbounded_channel();
    bus.subscribe(
        "OrderCreated",
        handler("OrderProjection", move |event| {
            let sent = sender.send(event.event_type);
            async move {
                sent?;
                Ok(())
            }
        }),
    );
    bus.publish(&[order_created()]).await.expect("there is no broker to fail");
    assert_eq!(taken.try_recv().as_deref(), Ok("OrderCreated"));
}

#[test]
fn a_tracer_costs_nothing_where_there_is_no_telemetry() {
    let store = InMemoryEventStore::new().enable_tracing(true);
    let size = size_of::<Tracer>();
    assert_eq!(size > 0, OTEL_AVAILABLE, "{size} bytes");
    // Nothing is installed in this process, so that there are no spans either way.
    assert!(!store.tracing_enabled());
    let span = store.tracer().span("my_store.save").with(&ATTR_AGGREGATE_ID, "order-123");
    assert!(!span.in_scope(|span| span.is_recording()));
}

#[tokio::test]
async fn subscriptions_count_for_themselves() {
    let database = Database::in_memory().expect("there is memory");
    let store = Arc::new(SQLiteEventStore::new(&database).expect("a database"));
    let checkpoints = CheckpointRepository::new(&database).expect("a database").enable_tracing(true);
    let manager = SubscriptionManager::new(store.clone(), Arc::new(InMemoryEventBus::new()), checkpoints);
    store.append_events("order-123", "Order", vec![order_created()], 0).await.expect("it is a new one");
    let projection = DeclarativeProjection::declare("OrderProjection", ()).enable_tracing(true);
    let projection = projection.on("add_order", |_, _, _: OrderCreated| async { Ok(()) });
    let config = SubscriptionConfig::default();
    manager.subscribe(Arc::new(projection), config).await.expect("the name is free");
    manager.start().await.expect("it starts");
    let snapshot = get_metrics("OrderProjection").get_snapshot();
    assert_eq!((snapshot.events_processed, snapshot.current_lag), (1, 0));
    assert_eq!(snapshot.current_state, SubscriptionState::Live);
    manager.stop().await;
}
