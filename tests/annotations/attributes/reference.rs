//! The standard attributes of an event-sourcing library, under its own namespace: each group in a few lines.

use spanwright::{Attribute, AttributeDescriptor, Attributes, ValueType};

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct AggregateAttributes<'a> {
    /// Unique identifier for the aggregate instance (UUID string)
    #[attribute(key = "aggregate.id", example = "550e8400-e29b-41d4-a716-446655440000")]
    pub(crate) aggregate_id: Option<&'a str>,
    /// Type name of the aggregate
    #[attribute(key = "aggregate.type", example = "Order")]
    pub(crate) aggregate_type: Option<&'a str>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct EventAttributes<'a> {
    /// Unique identifier for the event (UUID string)
    #[attribute(key = "event.id", example = "550e8400-e29b-41d4-a716-446655440001")]
    pub(crate) event_id: Option<&'a str>,
    /// Type name of the event
    #[attribute(key = "event.type", example = "OrderCreated")]
    pub(crate) event_type: Option<&'a str>,
    /// Number of events in an operation
    #[attribute(key = "event.count", example = 3)]
    pub(crate) event_count: Option<u64>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct VersionAttributes {
    /// Current version of an aggregate or stream
    #[attribute(example = 5)]
    pub(crate) version: Option<u64>,
    /// Expected version for optimistic concurrency
    #[attribute(example = 4)]
    pub(crate) expected_version: Option<u64>,
    /// Starting version for event retrieval
    #[attribute(example = 0)]
    pub(crate) from_version: Option<u64>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct ActorAttributes<'a> {
    /// Tenant identifier for multi-tenant systems
    #[attribute(key = "tenant.id", example = "tenant-123")]
    pub(crate) tenant_id: Option<&'a str>,
    /// Actor/user identifier who initiated the action
    #[attribute(key = "actor.id", example = "user@example.com")]
    pub(crate) actor_id: Option<&'a str>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct ComponentAttributes<'a> {
    /// Name of the projection processing events
    #[attribute(key = "projection.name", example = "OrderSummaryProjection")]
    pub(crate) projection_name: Option<&'a str>,
    /// Name of the event handler being invoked
    #[attribute(key = "handler.name", example = "OrderCreatedHandler")]
    pub(crate) handler_name: Option<&'a str>,
    /// Number of handlers registered for an event type
    #[attribute(key = "handler.count", example = 2)]
    pub(crate) handler_count: Option<u64>,
    /// Whether the handler executed successfully
    #[attribute(key = "handler.success", example = true)]
    pub(crate) handler_success: Option<bool>,
    /// Identifier for an event stream
    #[attribute(key = "stream.id", example = "order-123:Order")]
    pub(crate) stream_id: Option<&'a str>,
    /// Position in the event stream
    #[attribute(example = 42)]
    pub(crate) position: Option<u64>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource", semconv = false)]
pub(crate) struct DatabaseAttributes<'a> {
    /// Database system identifier
    #[attribute(key_exact = "db.system", example = ["postgresql", "sqlite"])]
    pub(crate) db_system: Option<&'a str>,
    /// Database name being accessed
    #[attribute(key_exact = "db.name", example = "events_db")]
    pub(crate) db_name: Option<&'a str>,
    /// Database operation type
    #[attribute(key_exact = "db.operation", example = ["INSERT", "SELECT"])]
    pub(crate) db_operation: Option<&'a str>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource", semconv = false)]
pub(crate) struct MessagingAttributes<'a> {
    /// Messaging system identifier
    #[attribute(key_exact = "messaging.system", example = ["rabbitmq", "redis", "kafka"])]
    pub(crate) messaging_system: Option<&'a str>,
    /// Destination queue or topic name
    #[attribute(key_exact = "messaging.destination", example = "events")]
    pub(crate) messaging_destination: Option<&'a str>,
    /// Messaging operation type
    #[attribute(key_exact = "messaging.operation", example = ["publish", "receive"])]
    pub(crate) messaging_operation: Option<&'a str>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct SubscriptionAttributes<'a> {
    /// Subscription name
    #[attribute(key = "subscription.name", example = "OrderProjection")]
    pub(crate) subscription_name: Option<&'a str>,
    /// Current state
    #[attribute(key = "subscription.state", example = ["live", "catching_up"])]
    pub(crate) subscription_state: Option<&'a str>,
    /// Transition phase
    #[attribute(key = "subscription.phase", example = "initial_catchup")]
    pub(crate) subscription_phase: Option<&'a str>,
    /// Starting position
    #[attribute(example = 0)]
    pub(crate) from_position: Option<u64>,
    /// Target position
    #[attribute(example = 1000)]
    pub(crate) to_position: Option<u64>,
    /// Events per batch
    #[attribute(key = "batch.size", example = 100)]
    pub(crate) batch_size: Option<u64>,
    /// Events processed count
    #[attribute(key = "events.processed", example = 5000)]
    pub(crate) events_processed: Option<u64>,
}

#[derive(Default, Attributes)]
#[attributes(prefix = "eventsource")]
pub(crate) struct RetryAttributes<'a> {
    /// Retry attempts
    #[attribute(key = "retry.count", example = 3)]
    pub(crate) retry_count: Option<u64>,
    /// Exception class name
    #[attribute(key = "error.type", example = "OptimisticLockError")]
    pub(crate) error_type: Option<&'a str>,
}

/// What is known of an attribute: the constant's name, type, key, help, examples.
type Known = (&'static str, ValueType, &'static str, &'static str, &'static [&'static str]);

/// The guide's table, written down once more.
const TABLE: &[Known] = &[
    (
        "ATTR_AGGREGATE_ID",
        ValueType::Str,
        "eventsource.aggregate.id",
        "Unique identifier for the aggregate instance (UUID string)",
        &["550e8400-e29b-41d4-a716-446655440000"],
    ),
    (
        "ATTR_AGGREGATE_TYPE",
        ValueType::Str,
        "eventsource.aggregate.type",
        "Type name of the aggregate",
        &["Order"],
    ),
    (
        "ATTR_EVENT_ID",
        ValueType::Str,
        "eventsource.event.id",
        "Unique identifier for the event (UUID string)",
        &["550e8400-e29b-41d4-a716-446655440001"],
    ),
    (
        "ATTR_EVENT_TYPE",
        ValueType::Str,
        "eventsource.event.type",
        "Type name of the event",
        &["OrderCreated"],
    ),
    (
        "ATTR_EVENT_COUNT",
        ValueType::I64,
        "eventsource.event.count",
        "Number of events in an operation",
        &["3"],
    ),
    (
        "ATTR_VERSION",
        ValueType::I64,
        "eventsource.version",
        "Current version of an aggregate or stream",
        &["5"],
    ),
    (
        "ATTR_EXPECTED_VERSION",
        ValueType::I64,
        "eventsource.expected_version",
        "Expected version for optimistic concurrency",
        &["4"],
    ),
    (
        "ATTR_FROM_VERSION",
        ValueType::I64,
        "eventsource.from_version",
        "Starting version for event retrieval",
        &["0"],
    ),
    (
        "ATTR_TENANT_ID",
        ValueType::Str,
        "eventsource.tenant.id",
        "Tenant identifier for multi-tenant systems",
        &["tenant-123"],
    ),
    (
        "ATTR_ACTOR_ID",
        ValueType::Str,
        "eventsource.actor.id",
        "Actor/user identifier who initiated the action",
        &["user@example.com"],
    ),
    (
        "ATTR_PROJECTION_NAME",
        ValueType::Str,
        "eventsource.projection.name",
        "Name of the projection processing events",
        &["OrderSummaryProjection"],
    ),
    (
        "ATTR_HANDLER_NAME",
        ValueType::Str,
        "eventsource.handler.name",
        "Name of the event handler being invoked",
        &["OrderCreatedHandler"],
    ),
    (
        "ATTR_HANDLER_COUNT",
        ValueType::I64,
        "eventsource.handler.count",
        "Number of handlers registered for an event type",
        &["2"],
    ),
    (
        "ATTR_HANDLER_SUCCESS",
        ValueType::Bool,
        "eventsource.handler.success",
        "Whether the handler executed successfully",
        &["true"],
    ),
    (
        "ATTR_STREAM_ID",
        ValueType::Str,
        "eventsource.stream.id",
        "Identifier for an event stream",
        &["order-123:Order"],
    ),
    ("ATTR_POSITION", ValueType::I64, "eventsource.position", "Position in the event stream", &["42"]),
    ("ATTR_DB_SYSTEM", ValueType::Str, "db.system", "Database system identifier", &["postgresql", "sqlite"]),
    ("ATTR_DB_NAME", ValueType::Str, "db.name", "Database name being accessed", &["events_db"]),
    ("ATTR_DB_OPERATION", ValueType::Str, "db.operation", "Database operation type", &["INSERT", "SELECT"]),
    (
        "ATTR_MESSAGING_SYSTEM",
        ValueType::Str,
        "messaging.system",
        "Messaging system identifier",
        &["rabbitmq", "redis", "kafka"],
    ),
    (
        "ATTR_MESSAGING_DESTINATION",
        ValueType::Str,
        "messaging.destination",
        "Destination queue or topic name",
        &["events"],
    ),
    (
        "ATTR_MESSAGING_OPERATION",
        ValueType::Str,
        "messaging.operation",
        "Messaging operation type",
        &["publish", "receive"],
    ),
    (
        "ATTR_SUBSCRIPTION_NAME",
        ValueType::Str,
        "eventsource.subscription.name",
        "Subscription name",
        &["OrderProjection"],
    ),
    (
        "ATTR_SUBSCRIPTION_STATE",
        ValueType::Str,
        "eventsource.subscription.state",
        "Current state",
        &["live", "catching_up"],
    ),
    (
        "ATTR_SUBSCRIPTION_PHASE",
        ValueType::Str,
        "eventsource.subscription.phase",
        "Transition phase",
        &["initial_catchup"],
    ),
    ("ATTR_FROM_POSITION", ValueType::I64, "eventsource.from_position", "Starting position", &["0"]),
    ("ATTR_TO_POSITION", ValueType::I64, "eventsource.to_position", "Target position", &["1000"]),
    ("ATTR_BATCH_SIZE", ValueType::I64, "eventsource.batch.size", "Events per batch", &["100"]),
    (
        "ATTR_EVENTS_PROCESSED",
        ValueType::I64,
        "eventsource.events.processed",
        "Events processed count",
        &["5000"],
    ),
    ("ATTR_RETRY_COUNT", ValueType::I64, "eventsource.retry.count", "Retry attempts", &["3"]),
    (
        "ATTR_ERROR_TYPE",
        ValueType::Str,
        "eventsource.error.type",
        "Exception class name",
        &["OptimisticLockError"],
    ),
];

/// The constants by their names, with their types.
fn constants() -> Vec<(&'static str, &'static AttributeDescriptor)> {
    macro_rules! constants {
        ($($name:ident: $type:ty),*) => {
            vec![$({
                const CONSTANT: Attribute<$type> = $name;
                (stringify!($name), CONSTANT.descriptor())
            }),*]
        };
    }
    constants![
        ATTR_AGGREGATE_ID: str,
        ATTR_AGGREGATE_TYPE: str,
        ATTR_EVENT_ID: str,
        ATTR_EVENT_TYPE: str,
        ATTR_EVENT_COUNT: i64,
        ATTR_VERSION: i64,
        ATTR_EXPECTED_VERSION: i64,
        ATTR_FROM_VERSION: i64,
        ATTR_TENANT_ID: str,
        ATTR_ACTOR_ID: str,
        ATTR_PROJECTION_NAME: str,
        ATTR_HANDLER_NAME: str,
        ATTR_HANDLER_COUNT: i64,
        ATTR_HANDLER_SUCCESS: bool,
        ATTR_STREAM_ID: str,
        ATTR_POSITION: i64,
        ATTR_DB_SYSTEM: str,
        ATTR_DB_NAME: str,
        ATTR_DB_OPERATION: str,
        ATTR_MESSAGING_SYSTEM: str,
        ATTR_MESSAGING_DESTINATION: str,
        ATTR_MESSAGING_OPERATION: str,
        ATTR_SUBSCRIPTION_NAME: str,
        ATTR_SUBSCRIPTION_STATE: str,
        ATTR_SUBSCRIPTION_PHASE: str,
        ATTR_FROM_POSITION: i64,
        ATTR_TO_POSITION: i64,
        ATTR_BATCH_SIZE: i64,
        ATTR_EVENTS_PROCESSED: i64,
        ATTR_RETRY_COUNT: i64,
        ATTR_ERROR_TYPE: str
    ]
}

#[test]
fn names_keys_types_help_and_examples_come_out_exactly() {
    let constants = constants();
    assert_eq!(constants.len(), TABLE.len());
    for ((name, descriptor), known) in constants.into_iter().zip(TABLE) {
        let AttributeDescriptor { key, value_type, help, .. } = *descriptor;
        assert_eq!((name, value_type, key, help, descriptor.examples()), *known);
    }
}

#[test]
fn the_sets_have_them_all() {
    let sets = [
        <AggregateAttributes<'static>>::DESCRIPTORS,
        <EventAttributes<'static>>::DESCRIPTORS,
        <VersionAttributes>::DESCRIPTORS,
        <ActorAttributes<'static>>::DESCRIPTORS,
        <ComponentAttributes<'static>>::DESCRIPTORS,
        <DatabaseAttributes<'static>>::DESCRIPTORS,
        <MessagingAttributes<'static>>::DESCRIPTORS,
        <SubscriptionAttributes<'static>>::DESCRIPTORS,
        <RetryAttributes<'static>>::DESCRIPTORS,
    ];
    let keys: Vec<_> = sets.concat().iter().map(|descriptor| descriptor.key).collect();
    let expected: Vec<_> = TABLE.iter().map(|(_, _, key, ..)| *key).collect();
    assert_eq!(keys, expected);
}
