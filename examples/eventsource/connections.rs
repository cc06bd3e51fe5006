//! Where events are kept, and how they are published, as it was asked for.

use std::path::Path;
use std::sync::Arc;

use eventsource::bus::{EventBus, InMemoryEventBus};
use eventsource::repositories::OutboxRepository;
use eventsource::snapshots::{InMemorySnapshotStore, SQLiteSnapshotStore, SnapshotStore};
use eventsource::stores::{EventStore, InMemoryEventStore, SQLiteEventStore};
use eventsource::{Database, EventSourceError};

use crate::options::{Bus, Options, Store};

/// What the service stands on.
#[derive(Debug)]
pub struct Connections {
    /// Checkpoints, dead letters, the outbox and what projections make; also events and snapshots, where they are in SQLite.
    pub database: Database,
    pub event_store: Arc<dyn EventStore>,
    pub snapshots: Arc<dyn SnapshotStore>,
    pub bus: Arc<dyn EventBus>,
    /// Where events are published from, unless they are as they are saved.
    pub outbox: Option<OutboxRepository>,
}

type Stores = (Arc<dyn EventStore>, Arc<dyn SnapshotStore>);

impl Connections {
    /// Opens them.
    pub async fn open(options: &Options) -> Result<Self, EventSourceError> {
        let bus = bus(options)?;
        let file = match &options.store {
            Store::Sqlite(Some(file)) => file,
            _ => Path::new(":memory:"),
        };
        let database = Database::open(file)?;
        let in_sqlite = matches!(options.store, Store::Sqlite(_));
        let outbox = (in_sqlite && !options.direct).then(|| OutboxRepository::new(&database)).transpose()?;
        let (event_store, snapshots) = stores(&options.store, &database, outbox.as_ref()).await?;
        Ok(Self { database, event_store, snapshots, bus, outbox })
    }
}

async fn stores(
    store: &Store,
    database: &Database,
    outbox: Option<&OutboxRepository>,
) -> Result<Stores, EventSourceError> {
    match store {
        Store::Memory => Ok((Arc::new(InMemoryEventStore::new()), Arc::new(InMemorySnapshotStore::new()))),
        Store::Sqlite(_) => {
            let mut events = SQLiteEventStore::new(database)?;
            if let Some(outbox) = outbox {
                events = events.with_outbox(outbox)?;
            }
            Ok((Arc::new(events), Arc::new(SQLiteSnapshotStore::new(database)?)))
        }
        #[cfg(feature = "postgresql")]
        Store::Postgresql(address) => {
            use eventsource::PostgreSQL;
            use eventsource::snapshots::PostgreSQLSnapshotStore;
            use eventsource::stores::PostgreSQLEventStore;

            let database = PostgreSQL::connect(address.clone()).await?;
            let events = PostgreSQLEventStore::new(&database).await?;
            Ok((Arc::new(events), Arc::new(PostgreSQLSnapshotStore::new(&database).await?)))
        }
        #[cfg(not(feature = "postgresql"))]
        Store::Postgresql(_) => Err(without_feature("--store postgresql", "postgresql")),
    }
}

fn bus(options: &Options) -> Result<Arc<dyn EventBus>, EventSourceError> {
    match &options.bus {
        Bus::Memory => Ok(Arc::new(InMemoryEventBus::new())),
        #[cfg(feature = "rabbitmq")]
        Bus::RabbitMq(address) => {
            use eventsource::bus::{RabbitMQEventBus, RabbitMQEventBusConfig};

            Ok(Arc::new(RabbitMQEventBus::new(RabbitMQEventBusConfig {
                rabbitmq_url: address.clone(),
                consumer_group: options.consumer_group.clone(),
                ..RabbitMQEventBusConfig::default()
            })))
        }
        #[cfg(not(feature = "rabbitmq"))]
        Bus::RabbitMq(_) => Err(without_feature("--bus rabbitmq", "rabbitmq")),
        #[cfg(feature = "redis")]
        Bus::Redis(address) => {
            use eventsource::bus::{RedisEventBus, RedisEventBusConfig};

            Ok(Arc::new(RedisEventBus::new(RedisEventBusConfig {
                redis_url: address.clone(),
                consumer_group: options.consumer_group.clone(),
                ..RedisEventBusConfig::default()
            })))
        }
        #[cfg(not(feature = "redis"))]
        Bus::Redis(_) => Err(without_feature("--bus redis", "redis")),
        #[cfg(feature = "kafka")]
        Bus::Kafka(servers) => {
            use eventsource::bus::{KafkaEventBus, KafkaEventBusConfig};

            Ok(Arc::new(KafkaEventBus::new(KafkaEventBusConfig {
                bootstrap_servers: servers.clone(),
                consumer_group: options.consumer_group.clone(),
                ..KafkaEventBusConfig::default()
            })))
        }
        #[cfg(not(feature = "kafka"))]
        Bus::Kafka(_) => Err(without_feature("--bus kafka", "kafka")),
    }
}

/// The broker that `--bus kafka mock` is, if that was asked for; it ends with what is returned.
#[cfg(feature = "kafka")]
pub fn broker_within(
    options: &mut Options,
) -> Result<Option<eventsource::bus::kafka::MockKafka>, EventSourceError> {
    let Bus::Kafka(servers) = &mut options.bus else { return Ok(None) };
    if servers != "mock" {
        return Ok(None);
    }
    let broker = eventsource::bus::kafka::MockKafka::start()?;
    *servers = broker.bootstrap_servers();
    Ok(Some(broker))
}

/// The broker that `--bus kafka mock` is comes with Kafka's client.
#[cfg(not(feature = "kafka"))]
pub fn broker_within(_: &mut Options) -> Result<Option<std::convert::Infallible>, EventSourceError> {
    Ok(None)
}

/// This program was built without that one.
#[cfg(not(all(feature = "kafka", feature = "postgresql", feature = "rabbitmq", feature = "redis")))]
fn without_feature(option: &str, feature: &str) -> EventSourceError {
    EventSourceError::Configuration(format!(
        "this program was built without `{option}`: \
         `cargo run -p spanwright-examples --features {feature} --example eventsource -- {option} …`"
    ))
}
