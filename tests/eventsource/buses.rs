//! The bus in memory; those over brokers have tests with real ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eventsource::HandlerError;
use eventsource::bus::{EventBus, InMemoryEventBus, handler};
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::guide::{AGGREGATE, named, order_created, order_shipped, seen, spans_of};

/// A bus with the two handlers of the guide's example; the second one fails for what has left.
fn bus_of(taken: &Arc<AtomicU64>, bus: InMemoryEventBus) -> InMemoryEventBus {
    let count = Arc::clone(taken);
    let projection = handler("OrderProjection", move |_| {
        let count = Arc::clone(&count);
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    });
    bus.subscribe("OrderCreated", projection);
    let notification = handler("NotificationService", |event| async move {
        if event.event_type == "OrderShipped" {
            return Err(HandlerError::new("MailboxFull", "the mailbox is full"));
        }
        Ok(())
    });
    bus.subscribe_to_all(notification);
    bus
}

#[spanwright::test]
async fn in_memory(telemetry: Captured) {
    let taken = Arc::default();
    let bus = bus_of(&taken, InMemoryEventBus::new());
    let event = order_created(AGGREGATE);
    bus.publish(std::slice::from_ref(&event)).await.expect("there is no broker to fail");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    assert_eq!(seen(&telemetry), spans_of("InMemoryEventBus"));
    let tree =
        "eventsource.event_bus.dispatch\n  eventsource.event_bus.handle\n  eventsource.event_bus.handle\n";
    assert_eq!(telemetry.tree(), tree);
    let dispatch = telemetry.span("eventsource.event_bus.dispatch");
    dispatch.has("eventsource.handler.count", 2);
    let handled = named(&telemetry, "eventsource.event_bus.handle");
    for span in handled.iter().chain([&dispatch]) {
        span.has("eventsource.event.type", "OrderCreated")
            .has("eventsource.event.id", event.event_id.clone());
        span.has("eventsource.aggregate.id", AGGREGATE).has("eventsource.aggregate.type", "Order");
        span.has("eventsource.tenant.id", "tenant-123").has("eventsource.actor.id", "user@example.com");
    }
    handled[0].has("eventsource.handler.name", "OrderProjection").has("eventsource.handler.success", true);
    handled[1]
        .has("eventsource.handler.name", "NotificationService")
        .has("eventsource.handler.success", true);
}

#[spanwright::test]
async fn a_handler_that_fails_is_seen_and_keeps_none_from_the_event(telemetry: Captured) {
    let taken = Arc::default();
    let bus = bus_of(&taken, InMemoryEventBus::new());
    bus.publish(&[order_shipped(AGGREGATE, 2), order_created("other")])
        .await
        .expect("who publishes does not mind");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    let handled = named(&telemetry, "eventsource.event_bus.handle");
    let failed = &handled[0];
    failed.failed().has("eventsource.handler.success", false).has("eventsource.error.type", "MailboxFull");
    handled[2].succeeded().has("eventsource.handler.success", true).has_no("eventsource.error.type");
    let logged = telemetry.event("Handlers failed");
    logged.is_at(Level::ERROR).has("event_type", "OrderShipped");
    assert_eq!(logged.target, "eventsource.bus.memory");
}

#[spanwright::test]
async fn who_has_unsubscribed_gets_nothing(_telemetry: Captured) {
    let bus = InMemoryEventBus::new();
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let id = bus.subscribe(
        "OrderCreated",
        handler("OrderProjection", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        }),
    );
    bus.publish(&[order_created(AGGREGATE)]).await.expect("it can be published");
    assert!(bus.unsubscribe(id) && !bus.unsubscribe(id));
    bus.publish(&[order_created(AGGREGATE)]).await.expect("it can be published");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
}

#[spanwright::test]
async fn an_instance_has_a_switch(telemetry: Captured) {
    let taken = Arc::default();
    let bus = bus_of(&taken, InMemoryEventBus::new().enable_tracing(false));
    bus.publish(&[order_created(AGGREGATE)]).await.expect("it can be published");
    assert_eq!((taken.load(Ordering::Relaxed), telemetry.tree()), (1, String::new()));
}
