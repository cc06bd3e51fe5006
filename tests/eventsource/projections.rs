//! Projections: without spans unless an instance has them turned on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use eventsource::bus::EventHandler;
use eventsource::projections::{
    DeclarativeProjection, Project, Projection, ProjectionCoordinator, ProjectionRegistry,
};
use eventsource::repositories::{CheckpointRepository, DLQRepository};
use eventsource::{Database, Event, HandlerError};
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::guide::{
    AGGREGATE, OrderCreated, OrderShipped, has_keys, named, order_created, order_shipped, seen, spans_of,
};

/// Counts orders; fails so often.
#[derive(Default)]
struct OrderSummary {
    orders: AtomicU64,
    fails: AtomicU64,
}

#[async_trait]
impl Project for OrderSummary {
    fn name(&self) -> &str {
        "OrderSummaryProjection"
    }

    async fn process(&self, _event: &Event) -> Result<(), HandlerError> {
        let left = self.fails.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            return Err(HandlerError::new("TableLocked", "the table is locked"));
        }
        self.orders.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn failing(times: u64) -> Projection<OrderSummary> {
    Projection::new(OrderSummary { fails: AtomicU64::new(times), ..OrderSummary::default() })
}

/// A projection with a function for each of two types of events.
fn declared() -> DeclarativeProjection<AtomicU64> {
    DeclarativeProjection::declare("RevenueProjection", AtomicU64::new(0))
        .on("OrderCreatedHandler", |orders, _, order: OrderCreated| async move {
            assert_eq!(order.customer, "Ann");
            orders.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .on("OrderShippedHandler", |_, _, _: OrderShipped| async {
            Err(HandlerError::new("TableLocked", "the table is locked"))
        })
}

/// An event as a store gives it back.
fn at(position: u64) -> Event {
    Event { position: Some(position), ..order_created(AGGREGATE) }
}

const OF_EVENT: [&str; 6] = [
    "eventsource.aggregate.id",
    "eventsource.aggregate.type",
    "eventsource.event.id",
    "eventsource.event.type",
    "eventsource.tenant.id",
    "eventsource.actor.id",
];

#[spanwright::test]
async fn a_projection(telemetry: Captured) {
    failing(0).enable_tracing(true).handle(&at(42)).await.expect("it is handled");
    assert_eq!(seen(&telemetry), spans_of("Projection"));
    let span = telemetry.span("eventsource.projection.handle");
    span.has("eventsource.projection.name", "OrderSummaryProjection")
        .has("eventsource.position", 42)
        .succeeded();
    has_keys(&span, &[&OF_EVENT[..], &["eventsource.projection.name", "eventsource.position"]].concat());
    assert_eq!(span.target, "eventsource.projections");
}

#[spanwright::test]
async fn a_declarative_projection(telemetry: Captured) {
    let projection = declared().enable_tracing(true);
    projection.handle(&at(1)).await.expect("it is handled");
    assert_eq!(projection.state().load(Ordering::Relaxed), 1);
    assert_eq!(seen(&telemetry), spans_of("DeclarativeProjection"));
    let handler = telemetry.span("eventsource.projection.handler");
    handler.is_in("eventsource.projection.handle").has("eventsource.projection.name", "RevenueProjection");
    handler.has("eventsource.handler.name", "OrderCreatedHandler").has("eventsource.handler.success", true);
    has_keys(
        &handler,
        &[
            &OF_EVENT[..],
            &["eventsource.projection.name", "eventsource.handler.name", "eventsource.handler.success"],
        ]
        .concat(),
    );
    assert!(projection.handles("OrderCreated") && !projection.handles("CartEmptied"));
}

#[spanwright::test]
async fn the_coordinator(telemetry: Captured) {
    let summary = Arc::new(failing(0));
    let registry = ProjectionRegistry::new().register(summary.clone()).register(Arc::new(declared()));
    let coordinator = ProjectionCoordinator::new(registry).enable_tracing(true);
    let handled = coordinator.coordinate(&[at(1), order_shipped(AGGREGATE, 2)]).await;
    assert_eq!((handled, summary.project().orders.load(Ordering::Relaxed)), (1, 2));
    assert_eq!(seen(&telemetry), spans_of("ProjectionCoordinator"), "projections have switches of their own");
    telemetry.span("eventsource.projection.coordinate").has("eventsource.event.count", 2);
    let dispatched = named(&telemetry, "eventsource.projection.registry.dispatch");
    dispatched[0].is_in("eventsource.projection.coordinate").has("eventsource.handler.count", 2).succeeded();
    dispatched[0].has("eventsource.position", 1).has("eventsource.event.type", "OrderCreated");
    dispatched[1].failed().has("error.type", "HandlerError");
    let logged = telemetry.event("Projections failed");
    logged.is_at(Level::ERROR);
    assert_eq!(logged.target, "eventsource.projections");
}

#[spanwright::test]
async fn without_being_asked_there_are_no_spans(telemetry: Captured) {
    failing(0).handle(&at(1)).await.expect("it is handled");
    declared().handle(&at(1)).await.expect("it is handled");
    let registry = ProjectionRegistry::new().register(Arc::new(declared()));
    assert_eq!(ProjectionCoordinator::new(registry).coordinate(&[at(1)]).await, 1);
    ProjectionRegistry::new().dispatch(&at(1)).await.expect("there is nobody to fail");
    assert_eq!(telemetry.tree(), "");
    failing(0).enable_tracing(true).handle(&at(1)).await.expect("it is handled");
    assert_eq!(telemetry.tree(), "eventsource.projection.handle\n");
    // And off again, for one instance.
    failing(0).enable_tracing(true).enable_tracing(false).handle(&at(1)).await.expect("it is handled");
    assert_eq!(telemetry.spans().len(), 1);
}

#[spanwright::test]
async fn what_fails_is_tried_again(telemetry: Captured) {
    let projection = failing(2).max_retries(3).enable_tracing(true);
    projection.handle(&at(1)).await.expect("it is handled the third time");
    let span = telemetry.span("eventsource.projection.handle");
    span.succeeded().has("eventsource.retry.count", 2).has_no("eventsource.error.type");
}

#[spanwright::test]
async fn what_cannot_be_handled_is_a_dead_letter(telemetry: Captured) {
    let database = Database::in_memory().expect("there is memory");
    let dlq = DLQRepository::new(&database).expect("a database").enable_tracing(false);
    let checkpoints = CheckpointRepository::new(&database).expect("a database").enable_tracing(false);
    let projection = failing(9).max_retries(3).enable_tracing(true);
    let projection = projection.with_dlq(dlq.clone()).with_checkpoints(checkpoints.clone());
    let event = at(7);
    let error = projection.handle(&event).await.expect_err("it fails four times");
    assert_eq!(error.to_string(), "the table is locked");
    let span = telemetry.span("eventsource.projection.handle");
    span.failed().has("eventsource.retry.count", 3).has("eventsource.error.type", "TableLocked");
    let kept = dlq.get(Some("OrderSummaryProjection"), 10).await.expect("they can be asked");
    assert_eq!(kept.iter().map(|entry| (&entry.event, entry.retry_count)).collect::<Vec<_>>(), [(&event, 3)]);
    let checkpoint = checkpoints.get_checkpoint("OrderSummaryProjection").await.expect("it can be asked");
    assert_eq!(checkpoint.map(|its| its.position), Some(7), "it goes on after it");
    let logged = telemetry.event("Projection failed");
    logged.is_at(Level::ERROR).has("projection", "OrderSummaryProjection").has("event_id", event.event_id);
}
