//! A bus over Redis: a stream, and a group of consumers of it.
//!
//! What handlers refuse stays with its consumer and comes again, later each time; after `max_retries` it goes into the stream of
//! dead letters, as what is no event does at once. What a consumer had that is gone, another one takes over. Whoever publishes
//! tries again where the server is gone for a while; so an event may come twice, with the same `event_id`.

use std::time::Duration;

use async_trait::async_trait;
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamClaimReply, StreamId, StreamMaxlen, StreamPendingCountReply, StreamPendingId, StreamReadOptions,
    StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult, cmd};
use spanwright::Context;
use spanwright::propagation::{extract, inject};
use tokio::sync::Mutex;

use super::broker::{self, Arrived, Consumer, PATIENCE, Running};
use super::{Dispatcher, EventBus, Handlers};
use crate::observability::attributes::{ATTR_RETRY_COUNT, EventIdentity, MessagingAttributes};
use crate::observability::{Traced, Tracer, traced};
use crate::{Address, Event, EventSourceError, new_id};

const LOGGER: &str = "eventsource.bus.redis";
const SYSTEM: &str = "redis";

/// The fields of a message; those of its trace stand beside them.
const EVENT: &str = "event";
const EVENT_TYPE: &str = "event_type";

/// Where Redis is, and how it is used.
#[derive(Clone, Debug)]
pub struct RedisEventBusConfig {
    /// Where it is: `redis://user:password@host:6379/0`.
    pub redis_url: Address,
    /// The stream that events are published to.
    pub stream_name: String,
    /// About how many events the stream keeps: older ones are forgotten, taken or not.
    pub max_stream_length: usize,
    /// Who consumes: of the consumers in a group, one gets an event; each group gets them all.
    pub consumer_group: String,
    /// How many messages are read at once.
    pub batch_size: usize,
    /// How often what handlers refuse comes again.
    pub max_retries: u32,
    /// How long until it first does; then twice as long each time.
    pub retry_delay: Duration,
    /// After which time a message is taken over from a consumer that says nothing: longer than any handler takes.
    pub claim_after: Duration,
    /// How often it is tried again to publish.
    pub publish_retries: u32,
    /// Whether there are spans, and the trace goes with the messages.
    pub enable_tracing: bool,
}

impl Default for RedisEventBusConfig {
    fn default() -> Self {
        Self {
            redis_url: "redis://localhost:6379/".into(),
            stream_name: "events".to_owned(),
            max_stream_length: 100_000,
            consumer_group: "default".to_owned(),
            batch_size: 10,
            max_retries: 3,
            retry_delay: Duration::from_millis(100),
            claim_after: Duration::from_secs(30),
            publish_retries: 5,
            enable_tracing: true,
        }
    }
}

/// A bus over Redis.
#[derive(Debug)]
pub struct RedisEventBus {
    config: RedisEventBusConfig,
    dispatcher: Dispatcher,
    running: Running,
    /// This one among the consumers of the group.
    consumer: String,
    publisher: Mutex<Option<MultiplexedConnection>>,
}

impl RedisEventBus {
    /// A bus that connects when it is first used.
    #[must_use]
    pub fn new(config: RedisEventBusConfig) -> Self {
        let tracer = Tracer::new(LOGGER).switched(config.enable_tracing);
        let (dispatcher, running) = (Dispatcher::new(tracer), Running::new());
        Self { config, dispatcher, running, consumer: new_id(), publisher: Mutex::default() }
    }

    fn messaging(&self, operation: &'static str) -> MessagingAttributes<'_> {
        MessagingAttributes {
            messaging_system: Some(SYSTEM),
            messaging_destination: Some(&self.config.stream_name),
            messaging_operation: Some(operation),
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, EventSourceError> {
        let url = self.config.redis_url.expose();
        let client = Client::open(url)
            .map_err(|_| Address::unreadable("redis_url", "redis://user:password@host:6379/0"))?;
        let options = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        client.get_multiplexed_async_connection_with_config(&options).await.map_err(failed)
    }

    /// Adds a message to a stream. A connection that has failed is not used again.
    async fn add(&self, stream: &str, fields: &[(String, String)]) -> Result<(), EventSourceError> {
        let mut publisher = self.publisher.lock().await;
        let mut connection = match publisher.take() {
            Some(connection) => connection,
            None => self.connection().await?,
        };
        let length = StreamMaxlen::Approx(self.config.max_stream_length);
        let _: String = connection.xadd_maxlen(stream, length, "*", fields).await.map_err(failed)?;
        *publisher = Some(connection);
        Ok(())
    }

    #[traced(
        name = "eventsource.event_bus.publish",
        target = LOGGER,
        kind = producer,
        enabled = self,
        err,
        fields(
            ..MessagingAttributes = self.messaging("publish"),
            ..EventIdentity = event.identity(),
            {ATTR_RETRY_COUNT} = Empty
        )
    )]
    async fn publish_one(&self, event: &Event) -> Result<(), EventSourceError> {
        let mut fields = vec![
            (EVENT.to_owned(), broker::write(event)?),
            (EVENT_TYPE.to_owned(), event.event_type.clone()),
        ];
        if self.tracing_enabled() {
            inject(&mut fields);
        }
        let attempt = || self.add(&self.config.stream_name, &fields);
        let (sent, retries) = broker::repeat(self.config.publish_retries, attempt).await;
        spanwright::record!({ ATTR_RETRY_COUNT } = retries);
        sent
    }

    #[traced(
        name = "eventsource.event_bus.process",
        target = LOGGER,
        kind = consumer,
        enabled = self,
        parent = parent,
        fields(
            ..MessagingAttributes = self.messaging("receive"),
            ..EventIdentity = arrived.identity(),
            {ATTR_RETRY_COUNT} = arrived.retries
        )
    )]
    async fn process(&self, parent: Context, arrived: Arrived) -> Result<(), EventSourceError> {
        let Arrived { event_type, event, retries } = arrived;
        let taken = match event {
            Ok(event) => self.dispatcher.dispatch(&event).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &taken {
            if broker::is_poison(error) || retries >= self.config.max_retries {
                tracing::error!(target: LOGGER, event_type, retries, error = error.as_error(), "An event goes to the dead letters");
            } else {
                tracing::warn!(target: LOGGER, event_type, retries, error = error.as_error(), "An event will come again");
            }
        }
        taken
    }

    /// Takes a message that came so often before.
    async fn take(
        &self,
        connection: &mut MultiplexedConnection,
        message: &StreamId,
        retries: u32,
    ) -> Result<(), EventSourceError> {
        let fields: Vec<(String, String)> =
            message.map.keys().filter_map(|name| Some((name.clone(), message.get(name)?))).collect();
        let field = |name: &str| fields.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
        let event = broker::read(field(EVENT).unwrap_or_default().as_bytes());
        let arrived = Arrived::new(field(EVENT_TYPE).map(str::to_owned), event, retries);
        if let Err(error) = self.process(extract(&fields), arrived).await {
            if retries < self.config.max_retries && !broker::is_poison(&error) {
                return Ok(());
            }
            let mut fields = fields;
            fields.push(("error".to_owned(), error.to_string()));
            self.add(&self.dead_letters(), &fields).await?;
        }
        let Self { config: RedisEventBusConfig { stream_name, consumer_group, .. }, .. } = self;
        let _: usize = connection.xack(stream_name, consumer_group, &[&message.id]).await.map_err(failed)?;
        Ok(())
    }

    /// Where what nobody can take is kept.
    fn dead_letters(&self) -> String {
        format!("{}.{}.dlq", self.config.stream_name, self.config.consumer_group)
    }

    /// Takes again what was refused long enough ago, and what others have left.
    async fn take_again(&self, connection: &mut MultiplexedConnection) -> Result<(), EventSourceError> {
        let RedisEventBusConfig { stream_name, consumer_group, retry_delay, batch_size, .. } = &self.config;
        let mut pending = cmd("XPENDING");
        pending.arg(stream_name).arg(consumer_group).arg("IDLE").arg(retry_delay.as_millis() as u64);
        pending.arg("-").arg("+").arg(batch_size);
        let pending: StreamPendingCountReply = pending.query_async(connection).await.map_err(failed)?;
        for message in pending.ids.iter().filter(|message| self.is_due(message)) {
            // Who is first gets it: for the others it is not idle any more.
            let claimed: RedisResult<StreamClaimReply> = connection
                .xclaim(
                    stream_name,
                    consumer_group,
                    &self.consumer,
                    message.last_delivered_ms,
                    &[&message.id],
                )
                .await;
            for claimed in claimed.map_err(failed)?.ids {
                let retries = u32::try_from(message.times_delivered).unwrap_or(u32::MAX);
                self.take(connection, &claimed, retries).await?;
            }
        }
        Ok(())
    }

    fn is_due(&self, message: &StreamPendingId) -> bool {
        let idle = Duration::from_millis(message.last_delivered_ms as u64);
        let retries = message.times_delivered.saturating_sub(1).try_into().unwrap_or(u32::MAX);
        let is_mine = message.consumer == self.consumer;
        idle >= if is_mine {
            broker::retry_delay(self.config.retry_delay, retries)
        } else {
            self.config.claim_after
        }
    }
}

fn failed(error: redis::RedisError) -> EventSourceError {
    EventSourceError::event_bus(SYSTEM, error)
}

/// How long a consumer waits for messages before it looks after those that were refused.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Traced for RedisEventBus {
    fn tracer(&self) -> &Tracer {
        self.dispatcher.tracer()
    }
}

#[async_trait]
impl Consumer for RedisEventBus {
    type Connection = MultiplexedConnection;

    fn running(&self) -> &Running {
        &self.running
    }

    async fn connect(&self) -> Result<MultiplexedConnection, EventSourceError> {
        let mut connection = self.connection().await?;
        let RedisEventBusConfig { stream_name, consumer_group, redis_url, .. } = &self.config;
        // From the beginning: what was published before the group was there is the group's too.
        let made: RedisResult<()> = connection.xgroup_create_mkstream(stream_name, consumer_group, "0").await;
        match made {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        tracing::info!(
            target: LOGGER, address = %redis_url, stream_name, consumer_group, "Connected to consume"
        );
        Ok(connection)
    }

    async fn consume_over(&self, mut connection: MultiplexedConnection) -> Result<(), EventSourceError> {
        let RedisEventBusConfig { stream_name, consumer_group, batch_size, .. } = &self.config;
        let options = StreamReadOptions::default()
            .group(consumer_group, &self.consumer)
            .count(*batch_size)
            .block(LOOK_EVERY.as_millis() as usize);
        while !self.running.is_ending() {
            self.take_again(&mut connection).await?;
            let read: RedisResult<Option<StreamReadReply>> =
                connection.xread_options(&[stream_name], &[">"], &options).await;
            let streams = read.map_err(failed)?.map(|read| read.keys).unwrap_or_default();
            for message in streams.iter().flat_map(|stream| &stream.ids) {
                // What is left of the batch stays with the group.
                if self.running.is_ending() {
                    break;
                }
                self.take(&mut connection, message, 0).await?;
            }
        }
        Ok(())
    }

    fn tell_lost(&self, error: &EventSourceError, pause: Duration) {
        let (address, pause_ms) = (&self.config.redis_url, pause.as_millis() as u64);
        tracing::warn!(target: LOGGER, %address, pause_ms, error = error.as_error(), "The server is gone: trying again");
    }
}

#[async_trait]
impl EventBus for RedisEventBus {
    async fn publish(&self, events: &[Event]) -> Result<(), EventSourceError> {
        for event in events {
            self.publish_one(event).await?;
        }
        Ok(())
    }

    fn handlers(&self) -> &Handlers {
        self.dispatcher.handlers()
    }

    async fn start_consuming(&self) -> Result<(), EventSourceError> {
        self.keep_consuming().await
    }

    async fn shutdown(&self) -> Result<(), EventSourceError> {
        self.running.end().await;
        self.publisher.lock().await.take();
        Ok(())
    }
}
