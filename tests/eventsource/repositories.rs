//! Checkpoints, dead letters and the outbox.

use eventsource::repositories::{CheckpointRepository, DLQRepository, DLQStatus, OutboxRepository};
use eventsource::{Database, Event, HandlerError};
use spanwright::testing::Captured;

use crate::guide::{AGGREGATE, has_keys, named, order_created, seen, spans_of};

fn database() -> Database {
    Database::in_memory().expect("there is memory")
}

/// An event as a store gives it back.
fn at(position: u64) -> Event {
    Event { position: Some(position), ..order_created(AGGREGATE) }
}

/// What all spans about an event say.
const OF_EVENT: [&str; 6] = [
    "eventsource.aggregate.id",
    "eventsource.aggregate.type",
    "eventsource.event.id",
    "eventsource.event.type",
    "eventsource.tenant.id",
    "eventsource.actor.id",
];

/// What all spans about a query say.
const OF_DATABASE: [&str; 3] = ["db.system", "db.name", "db.operation"];

/// Asserts which attributes each span has, beside those of the database.
#[track_caller]
fn assert_keys(telemetry: &Captured, expected: &[(&str, &[&[&str]])]) {
    for (name, keys) in expected {
        let span = &named(telemetry, name)[0];
        span.succeeded().has("db.system", "sqlite").has("db.name", ":memory:");
        has_keys(span, &[&OF_DATABASE, keys.concat().as_slice()].concat());
    }
    assert_eq!(expected.len(), seen(telemetry).len(), "each span has its row here");
}

async fn use_checkpoints(checkpoints: &CheckpointRepository) {
    assert_eq!(checkpoints.get_checkpoint("nobody").await.expect("it can be asked"), None);
    checkpoints.update_checkpoint("OrderSummaryProjection", &at(40), 1).await.expect("it can be kept");
    checkpoints.update_checkpoint("OrderSummaryProjection", &at(42), 2).await.expect("it can be kept");
    let found = checkpoints.get_checkpoint("OrderSummaryProjection").await.expect("it can be asked");
    let found = found.expect("it is there");
    assert_eq!((found.position, found.events_processed, &*found.event_type), (42, 3, "OrderCreated"));
    let lag = checkpoints.get_lag_metrics("OrderSummaryProjection", 50).await.expect("it can be asked");
    assert_eq!((lag.position, lag.lag, lag.events_processed), (42, 8, 3));
    assert_eq!(checkpoints.get_all_checkpoints().await.expect("they can be asked"), [found]);
    checkpoints.reset_checkpoint("OrderSummaryProjection").await.expect("it can be forgotten");
    assert_eq!(checkpoints.get_all_checkpoints().await.expect("they can be asked"), []);
}

#[spanwright::test]
async fn checkpoints(telemetry: Captured) {
    use_checkpoints(&CheckpointRepository::new(&database()).expect("a database")).await;
    assert_eq!(seen(&telemetry), spans_of("CheckpointRepository"));
    let updates = named(&telemetry, "eventsource.checkpoint.update_checkpoint");
    updates[1].has("eventsource.position", 42).has("eventsource.events.processed", 2);
    let found = &named(&telemetry, "eventsource.checkpoint.get_checkpoint");
    found[0].has_no("eventsource.position").has("eventsource.projection.name", "nobody");
    found[1].has("eventsource.position", 42).has("eventsource.projection.name", "OrderSummaryProjection");
    let lag = telemetry.span("eventsource.checkpoint.get_lag_metrics");
    lag.has("eventsource.position", 42).has("eventsource.events.processed", 3);
    let (projection, position) = ("eventsource.projection.name", "eventsource.position");
    let processed = "eventsource.events.processed";
    assert_keys(
        &telemetry,
        &[
            ("eventsource.checkpoint.get_checkpoint", &[&[projection]]),
            ("eventsource.checkpoint.update_checkpoint", &[&[projection, position, processed], &OF_EVENT]),
            ("eventsource.checkpoint.reset_checkpoint", &[&[projection]]),
            ("eventsource.checkpoint.get_all_checkpoints", &[]),
            ("eventsource.checkpoint.get_lag_metrics", &[&[projection, position, processed]]),
        ],
    );
}

async fn use_dead_letters(dlq: &DLQRepository) {
    let error = HandlerError::new("MailboxFull", "the mailbox is full");
    let event = at(7);
    let id = dlq.add(&event, "OrderSummaryProjection", &error, 3).await.expect("it can be kept");
    dlq.add(&at(8), "Shipping", &error, 0).await.expect("it can be kept");
    let entries = dlq.get(Some("OrderSummaryProjection"), 10).await.expect("they can be asked");
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(
        (entry.id, &*entry.error_type, &*entry.error_message),
        (id, "MailboxFull", "the mailbox is full")
    );
    assert_eq!((entry.retry_count, entry.status, &entry.event), (3, DLQStatus::Failed, &event));
    assert_eq!(dlq.get(None, 1).await.expect("they can be asked").len(), 1, "no more than was asked for");
    let retried = dlq.retry(id).await.expect("it can be tried").expect("it is there");
    assert_eq!((retried.retry_count, retried.status), (4, DLQStatus::Retrying));
    let counts = dlq.get_projection_counts().await.expect("they can be asked");
    assert_eq!(counts, [("OrderSummaryProjection".to_owned(), 1), ("Shipping".to_owned(), 1)]);
    assert!(dlq.resolve(id, "Ann").await.expect("it can be resolved"));
    let resolved = dlq.get_by_id(id).await.expect("it can be asked").expect("it is there");
    assert_eq!((resolved.status, resolved.resolved_by.as_deref()), (DLQStatus::Resolved, Some("Ann")));
    assert_eq!(dlq.get_by_id(id + 100).await.expect("it can be asked"), None);
    let stats = dlq.get_stats().await.expect("they can be asked");
    assert_eq!((stats.failed, stats.retrying, stats.resolved), (1, 0, 1));
    let until = resolved.resolved_at.expect("it is resolved") + 1;
    assert_eq!(dlq.delete_resolved(until).await.expect("they can be forgotten"), 1);
    assert_eq!(dlq.get_stats().await.expect("they can be asked").resolved, 0);
}

#[spanwright::test]
async fn dead_letters(telemetry: Captured) {
    use_dead_letters(&DLQRepository::new(&database()).expect("a database")).await;
    assert_eq!(seen(&telemetry), spans_of("DLQRepository"));
    let added = &named(&telemetry, "eventsource.dlq.add")[0];
    added.has("eventsource.error.type", "MailboxFull").has("eventsource.retry.count", 3);
    added.has("eventsource.projection.name", "OrderSummaryProjection").has("db.operation", "INSERT");
    telemetry.span("eventsource.dlq.retry").has("eventsource.retry.count", 4).has("db.operation", "UPDATE");
    let (projection, count) = ("eventsource.projection.name", "eventsource.event.count");
    let retries = "eventsource.retry.count";
    assert_keys(
        &telemetry,
        &[
            ("eventsource.dlq.add", &[&[projection, retries, "eventsource.error.type"], &OF_EVENT]),
            ("eventsource.dlq.get", &[&[projection, count]]),
            ("eventsource.dlq.get_by_id", &[&[projection, "eventsource.event.id", "eventsource.event.type"]]),
            ("eventsource.dlq.resolve", &[&["eventsource.actor.id"]]),
            ("eventsource.dlq.retry", &[&[projection, retries]]),
            ("eventsource.dlq.get_stats", &[]),
            ("eventsource.dlq.get_projection_counts", &[]),
            ("eventsource.dlq.delete_resolved", &[&[count]]),
        ],
    );
}

async fn use_outbox(outbox: &OutboxRepository) {
    for event in [at(1), at(2), at(3)] {
        outbox.add(&event).await.expect("it can be kept");
    }
    let pending = outbox.get_pending(100).await.expect("they can be asked");
    assert_eq!(
        pending.iter().map(|entry| entry.event.position).collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3)]
    );
    outbox.mark_published(&pending[0]).await.expect("it can be marked");
    outbox.increment_retry(&pending[1], "the broker is gone").await.expect("it can be marked");
    let waiting = outbox.get_pending(1).await.expect("they can be asked");
    assert_eq!(
        waiting.iter().map(|entry| (entry.id, entry.retry_count)).collect::<Vec<_>>(),
        [(pending[1].id, 1)]
    );
    outbox.mark_failed(&waiting[0], "the broker is gone").await.expect("it can be marked");
    let stats = outbox.get_stats().await.expect("they can be asked");
    assert_eq!((stats.pending, stats.published, stats.failed), (1, 1, 1));
    assert_eq!(outbox.cleanup(u64::MAX >> 1).await.expect("they can be forgotten"), 1);
    assert_eq!(outbox.get_stats().await.expect("they can be asked").published, 0);
}

#[spanwright::test]
async fn the_outbox(telemetry: Captured) {
    use_outbox(&OutboxRepository::new(&database()).expect("a database")).await;
    assert_eq!(seen(&telemetry), spans_of("OutboxRepository"));
    let pending = &named(&telemetry, "eventsource.outbox.get_pending")[0];
    pending.has("eventsource.batch.size", 100).has("eventsource.event.count", 3);
    telemetry.span("eventsource.outbox.increment_retry").has("eventsource.retry.count", 1);
    let retries = "eventsource.retry.count";
    assert_keys(
        &telemetry,
        &[
            ("eventsource.outbox.add", &[&OF_EVENT]),
            ("eventsource.outbox.get_pending", &[&["eventsource.batch.size", "eventsource.event.count"]]),
            ("eventsource.outbox.mark_published", &[&OF_EVENT]),
            ("eventsource.outbox.increment_retry", &[&[retries], &OF_EVENT]),
            ("eventsource.outbox.mark_failed", &[&[retries], &OF_EVENT]),
            ("eventsource.outbox.cleanup", &[&["eventsource.event.count"]]),
            ("eventsource.outbox.get_stats", &[]),
        ],
    );
}

#[spanwright::test]
async fn each_instance_has_a_switch(telemetry: Captured) {
    let database = database();
    use_checkpoints(&CheckpointRepository::new(&database).expect("a database").enable_tracing(false)).await;
    use_dead_letters(&DLQRepository::new(&database).expect("a database").enable_tracing(false)).await;
    use_outbox(&OutboxRepository::new(&database).expect("a database").enable_tracing(false)).await;
    assert_eq!(telemetry.tree(), "");
}
