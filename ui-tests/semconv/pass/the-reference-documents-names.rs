//! The standard attributes of the reference document: those of OpenTelemetry that have been renamed since come out where the
//! user insists, and the user's own never warn.
#![deny(warnings)]

use spanwright::instrument;

#[instrument(fields(
    eventsource.aggregate.id = "550e8400-e29b-41d4-a716-446655440000",
    eventsource.aggregate.type = "Order",
    eventsource.event.id = "550e8400-e29b-41d4-a716-446655440001",
    eventsource.event.type = "OrderCreated",
    eventsource.event.count = 3,
    eventsource.version = 5,
    eventsource.expected_version = 4,
    eventsource.from_version = 0,
    eventsource.tenant.id = "tenant-123",
    eventsource.actor.id = "user@example.com",
    eventsource.projection.name = "OrderSummaryProjection",
    eventsource.handler.name = "OrderCreatedHandler",
    eventsource.handler.count = 2,
    eventsource.handler.success = true,
    eventsource.stream.id = "order-123:Order",
    eventsource.position = 42,
    messaging.system = "kafka"
))]
fn without_a_word() {}

#[instrument(semconv = false, fields(
    db.system = "postgresql",
    db.name = "events_db",
    db.operation = "INSERT",
    messaging.destination = "events",
    messaging.operation = "publish"
))]
fn by_an_argument() {}

#[allow(deprecated)]
#[instrument(fields(
    db.system = "postgresql",
    db.name = "events_db",
    db.operation = "INSERT",
    messaging.destination = "events",
    messaging.operation = "publish"
))]
fn by_a_lint() {}

#[instrument(record(key, state), allow_secret(session_id), fields(session_id = "s", kind = 7))]
fn names_without_dots(key: u64, state: bool) {}

fn main() {
    without_a_word();
    by_an_argument();
    by_a_lint();
    names_without_dots(1, true);
}
