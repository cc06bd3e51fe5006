//! The standard attributes of spans: a constant `ATTR_…` for each, made by the derive, and sets of those that go together.
//!
//! The names of databases and brokers are those of the conventions when the guide was written.

use spanwright::Attributes;

/// Which aggregate.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct AggregateAttributes<'a> {
    /// Unique identifier for the aggregate instance (UUID string)
    #[attribute(key = "aggregate.id", example = "550e8400-e29b-41d4-a716-446655440000")]
    pub aggregate_id: Option<&'a str>,
    /// Type name of the aggregate
    #[attribute(key = "aggregate.type", example = "Order")]
    pub aggregate_type: Option<&'a str>,
}

/// Which events.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct EventAttributes<'a> {
    /// Unique identifier for the event (UUID string)
    #[attribute(key = "event.id", example = "550e8400-e29b-41d4-a716-446655440001")]
    pub event_id: Option<&'a str>,
    /// Type name of the event
    #[attribute(key = "event.type", example = "OrderCreated")]
    pub event_type: Option<&'a str>,
    /// Number of events in an operation
    #[attribute(key = "event.count", example = 3)]
    pub event_count: Option<u64>,
}

/// Versions of an aggregate.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct VersionAttributes {
    /// Current version of an aggregate or stream
    #[attribute(example = 5)]
    pub version: Option<u64>,
    /// Expected version for optimistic concurrency
    #[attribute(example = 4)]
    pub expected_version: Option<u64>,
    /// Starting version for event retrieval
    #[attribute(example = 0)]
    pub from_version: Option<u64>,
}

/// For whom, and by whom.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct ActorAttributes<'a> {
    /// Tenant identifier for multi-tenant systems
    #[attribute(key = "tenant.id", example = "tenant-123")]
    pub tenant_id: Option<&'a str>,
    /// Actor/user identifier who initiated the action
    #[attribute(key = "actor.id", example = "user@example.com")]
    pub actor_id: Option<&'a str>,
}

/// Which projection or handler, and where in the stream.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct ComponentAttributes<'a> {
    /// Name of the projection processing events
    #[attribute(key = "projection.name", example = "OrderSummaryProjection")]
    pub projection_name: Option<&'a str>,
    /// Name of the event handler being invoked
    #[attribute(key = "handler.name", example = "OrderCreatedHandler")]
    pub handler_name: Option<&'a str>,
    /// Number of handlers registered for an event type
    #[attribute(key = "handler.count", example = 2)]
    pub handler_count: Option<u64>,
    /// Whether the handler executed successfully
    #[attribute(key = "handler.success", example = true)]
    pub handler_success: Option<bool>,
    /// Identifier for an event stream
    #[attribute(key = "stream.id", example = "order-123:Order")]
    pub stream_id: Option<&'a str>,
    /// Position in the event stream
    #[attribute(example = 42)]
    pub position: Option<u64>,
}

/// What a database is asked, as OpenTelemetry's conventions called it.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource", semconv = false)]
pub struct DatabaseAttributes<'a> {
    /// Database system identifier
    #[attribute(key_exact = "db.system", example = ["postgresql", "sqlite"])]
    pub db_system: Option<&'a str>,
    /// Database name being accessed
    #[attribute(key_exact = "db.name", example = "events_db")]
    pub db_name: Option<&'a str>,
    /// Database operation type
    #[attribute(key_exact = "db.operation", example = ["INSERT", "SELECT"])]
    pub db_operation: Option<&'a str>,
}

/// What a broker is asked, as OpenTelemetry's conventions called it.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource", semconv = false)]
pub struct MessagingAttributes<'a> {
    /// Messaging system identifier
    #[attribute(key_exact = "messaging.system", example = ["rabbitmq", "redis", "kafka"])]
    pub messaging_system: Option<&'a str>,
    /// Destination queue or topic name
    #[attribute(key_exact = "messaging.destination", example = "events")]
    pub messaging_destination: Option<&'a str>,
    /// Messaging operation type
    #[attribute(key_exact = "messaging.operation", example = ["publish", "receive"])]
    pub messaging_operation: Option<&'a str>,
}

/// What a subscription is at.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct SubscriptionAttributes<'a> {
    /// Subscription name
    #[attribute(key = "subscription.name", example = "OrderProjection")]
    pub subscription_name: Option<&'a str>,
    /// Current state
    #[attribute(key = "subscription.state", example = ["live", "catching_up"])]
    pub subscription_state: Option<&'a str>,
    /// Transition phase
    #[attribute(key = "subscription.phase", example = "initial_catchup")]
    pub subscription_phase: Option<&'a str>,
    /// Starting position
    #[attribute(example = 0)]
    pub from_position: Option<u64>,
    /// Target position
    #[attribute(example = 1000)]
    pub to_position: Option<u64>,
    /// Events per batch
    #[attribute(key = "batch.size", example = 100)]
    pub batch_size: Option<u64>,
    /// Events processed count
    #[attribute(key = "events.processed", example = 5000)]
    pub events_processed: Option<u64>,
}

/// What went wrong, and how often it was tried again.
#[derive(Clone, Copy, Debug, Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub struct RetryAttributes<'a> {
    /// Retry attempts
    #[attribute(key = "retry.count", example = 3)]
    pub retry_count: Option<u64>,
    /// Exception class name
    #[attribute(key = "error.type", example = "OptimisticLockError")]
    pub error_type: Option<&'a str>,
}

/// Which event it is, of which aggregate, for whom and by whom: what spans about one event say of it.
#[derive(Clone, Copy, Debug, Default, Attributes)]
pub struct EventIdentity<'a> {
    /// The aggregate.
    #[attribute(flatten)]
    pub aggregate: AggregateAttributes<'a>,
    /// The event.
    #[attribute(flatten)]
    pub event: EventAttributes<'a>,
    /// For whom and by whom.
    #[attribute(flatten)]
    pub actor: ActorAttributes<'a>,
}
