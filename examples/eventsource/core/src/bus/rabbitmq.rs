//! A bus over RabbitMQ: a topic exchange, and a quorum queue for each group of consumers.
//!
//! What handlers refuse comes again, later each time, and after `max_retries` goes into the group's dead-letter queue, as what is
//! no event does at once. Whoever publishes waits until the broker has confirmed, and tries again where it is gone for a while;
//! so an event may come twice, with the same `event_id`. Its type is its routing key. A group gets what is published once it has
//! its queue, which its first consumer makes; what came before is nobody's.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use spanwright::Context;
use spanwright::propagation::{extract, inject, setter};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::broker::{self, Arrived, Consumer, PATIENCE, Running};
use super::{Dispatcher, EventBus, Handlers};
use crate::observability::attributes::{ATTR_RETRY_COUNT, EventIdentity, MessagingAttributes};
use crate::observability::{Traced, Tracer, traced};
use crate::{Address, Event, EventSourceError};

const LOGGER: &str = "eventsource.bus.rabbitmq";
const SYSTEM: &str = "rabbitmq";

/// Where RabbitMQ is, and how it is used.
#[derive(Clone, Debug)]
pub struct RabbitMQEventBusConfig {
    /// Where it is: `amqp://user:password@host:5672/vhost`.
    pub rabbitmq_url: Address,
    /// The exchange that events are published to.
    pub exchange_name: String,
    /// Who consumes: of the consumers in a group, one gets an event; each group gets them all.
    pub consumer_group: String,
    /// How many messages are on their way to a consumer at most.
    pub prefetch_count: u16,
    /// How often what handlers refuse comes again. The queue has it from who declares it first.
    pub max_retries: u32,
    /// How long until it first does; then twice as long each time.
    pub retry_delay: Duration,
    /// How often it is tried again to publish.
    pub publish_retries: u32,
    /// Whether there are spans, and the trace goes with the messages.
    pub enable_tracing: bool,
}

impl Default for RabbitMQEventBusConfig {
    fn default() -> Self {
        Self {
            rabbitmq_url: "amqp://localhost:5672/".into(),
            exchange_name: "events".to_owned(),
            consumer_group: "default".to_owned(),
            prefetch_count: 10,
            max_retries: 3,
            retry_delay: Duration::from_millis(100),
            publish_retries: 5,
            enable_tracing: true,
        }
    }
}

/// A bus over RabbitMQ.
#[derive(Debug)]
pub struct RabbitMQEventBus {
    config: RabbitMQEventBusConfig,
    dispatcher: Dispatcher,
    running: Running,
    publisher: Mutex<Option<Link>>,
}

/// A channel, which lives as long as its connection.
#[derive(Debug)]
pub(super) struct Link {
    connection: Connection,
    channel: Channel,
}

impl RabbitMQEventBus {
    /// A bus that connects when it is first used.
    #[must_use]
    pub fn new(config: RabbitMQEventBusConfig) -> Self {
        let tracer = Tracer::new(LOGGER).switched(config.enable_tracing);
        let (dispatcher, running) = (Dispatcher::new(tracer), Running::new());
        Self { config, dispatcher, running, publisher: Mutex::default() }
    }

    fn messaging(&self, operation: &'static str) -> MessagingAttributes<'_> {
        MessagingAttributes {
            messaging_system: Some(SYSTEM),
            messaging_destination: Some(&self.config.exchange_name),
            messaging_operation: Some(operation),
        }
    }

    fn queue(&self) -> String {
        format!("{}.{}", self.config.exchange_name, self.config.consumer_group)
    }

    async fn link(&self) -> Result<Link, EventSourceError> {
        let url: AMQPUri = (self.config.rabbitmq_url.expose().parse())
            .map_err(|_| Address::unreadable("rabbitmq_url", "amqp://user:password@host:5672/vhost"))?;
        let connect = async {
            let connection = Connection::connect_uri(url, ConnectionProperties::default()).await?;
            let channel = connection.create_channel().await?;
            channel
                .exchange_declare(
                    self.config.exchange_name.as_str().into(),
                    ExchangeKind::Topic,
                    ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() },
                    FieldTable::default(),
                )
                .await?;
            Ok(Link { connection, channel })
        };
        answered(connect).await
    }

    /// A channel that confirms what is published.
    async fn publisher(&self) -> Result<Channel, EventSourceError> {
        let mut publisher = self.publisher.lock().await;
        if let Some(link) = publisher.as_ref().filter(|link| link.channel.status().connected()) {
            return Ok(link.channel.clone());
        }
        let link = self.link().await?;
        answered(link.channel.confirm_select(ConfirmSelectOptions::default())).await?;
        let address = &self.config.rabbitmq_url;
        tracing::info!(target: LOGGER, %address, "Connected to publish");
        Ok(publisher.insert(link).channel.clone())
    }

    async fn send(
        &self,
        event: &Event,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<(), EventSourceError> {
        let channel = self.publisher().await?;
        let (exchange, key) = (self.config.exchange_name.as_str().into(), event.event_type.as_str().into());
        let send = async {
            channel
                .basic_publish(exchange, key, BasicPublishOptions::default(), body, properties)
                .await?
                .await
        };
        match answered(send).await? {
            Confirmation::Nack(_) => {
                Err(EventSourceError::event_bus(SYSTEM, "the broker has not taken the event"))
            }
            Confirmation::Ack(_) | Confirmation::NotRequested => Ok(()),
        }
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
        let body = broker::write(event)?;
        let mut headers = FieldTable::default();
        if self.tracing_enabled() {
            inject(&mut setter(|name: &str, value: String| {
                headers.insert(name.into(), AMQPValue::LongString(value.into()));
            }));
        }
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_type(event.event_type.as_str().into())
            .with_message_id(event.event_id.as_str().into())
            .with_headers(headers);
        let attempt = || self.send(event, body.as_bytes(), properties.clone());
        let (sent, retries) = broker::repeat(self.config.publish_retries, attempt).await;
        spanwright::record!({ ATTR_RETRY_COUNT } = retries);
        sent
    }

    /// Declares the queue of the group, with a place for what nobody can take.
    async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let (exchange, queue) = (self.config.exchange_name.as_str(), self.queue());
        let (dead_exchange, dead_queue) = (format!("{exchange}.dlx"), format!("{queue}.dlq"));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let text = |text: &str| AMQPValue::LongString(text.into());
        let durable_exchange = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default;
        let dead = dead_exchange.as_str();
        channel.exchange_declare(dead.into(), ExchangeKind::Direct, durable_exchange, none()).await?;
        channel.queue_declare(dead_queue.as_str().into(), durable, none()).await?;
        let bind = QueueBindOptions::default();
        channel
            .queue_bind(dead_queue.as_str().into(), dead.into(), queue.as_str().into(), bind, none())
            .await?;
        // Of a quorum queue the broker itself counts how often a message was delivered.
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), text("quorum"));
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongUInt(self.config.max_retries));
        arguments.insert("x-dead-letter-exchange".into(), text(dead));
        arguments.insert("x-dead-letter-routing-key".into(), text(&queue));
        channel.queue_declare(queue.as_str().into(), durable, arguments).await?;
        let (types, has_all) = self.dispatcher.handlers().event_types();
        for key in if has_all { vec!["#".to_owned()] } else { types } {
            channel
                .queue_bind(queue.as_str().into(), exchange.into(), key.as_str().into(), bind, none())
                .await?;
        }
        let qos = BasicQosOptions::default();
        channel.basic_qos(self.config.prefetch_count, qos).await
    }

    #[traced(
        name = "eventsource.event_bus.consume",
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
    async fn consume(&self, parent: Context, arrived: Arrived) -> Result<(), EventSourceError> {
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

    async fn take(&self, delivery: Delivery) -> Result<(), EventSourceError> {
        let headers = delivery.properties.headers().clone().unwrap_or_default();
        let texts = headers.inner().iter();
        let pairs =
            texts.filter_map(|(name, value)| Some((name.as_str(), value.as_long_string()?.to_string())));
        let parent = extract(&pairs.collect::<Vec<_>>());
        let retries = headers.inner().get("x-delivery-count").and_then(AMQPValue::as_long_long_int);
        let event_type = delivery.properties.kind().as_ref().map(ToString::to_string);
        let retries = retries.and_then(|count| count.try_into().ok()).unwrap_or(0);
        let taken =
            self.consume(parent, Arrived::new(event_type, broker::read(&delivery.data), retries)).await;
        let answer = async {
            match taken {
                Ok(()) => delivery.ack(BasicAckOptions::default()).await,
                Err(error) => {
                    let requeue = !broker::is_poison(&error);
                    if requeue && retries < self.config.max_retries {
                        self.running.pause(broker::retry_delay(self.config.retry_delay, retries)).await;
                    }
                    delivery.nack(BasicNackOptions { requeue, ..BasicNackOptions::default() }).await
                }
            }
        };
        // With the delays.
        answer.await.map(|_| ()).map_err(|error| EventSourceError::event_bus(SYSTEM, error))
    }
}

/// Of messages that the broker is to keep on its disk.
const PERSISTENT: u8 = 2;

/// What the broker answers, in time.
async fn answered<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T, EventSourceError> {
    let answer = timeout(PATIENCE, answer).await;
    let answer = answer.map_err(|_| EventSourceError::event_bus(SYSTEM, "the broker does not answer"))?;
    answer.map_err(|error| EventSourceError::event_bus(SYSTEM, error))
}

impl Traced for RabbitMQEventBus {
    fn tracer(&self) -> &Tracer {
        self.dispatcher.tracer()
    }
}

#[async_trait]
impl Consumer for RabbitMQEventBus {
    type Connection = Link;

    fn running(&self) -> &Running {
        &self.running
    }

    async fn connect(&self) -> Result<Link, EventSourceError> {
        let link = self.link().await?;
        answered(self.declare(&link.channel)).await?;
        let (address, queue) = (&self.config.rabbitmq_url, self.queue());
        tracing::info!(target: LOGGER, %address, queue, "Connected to consume");
        Ok(link)
    }

    async fn consume_over(&self, link: Link) -> Result<(), EventSourceError> {
        let (queue, options) = (self.queue().into(), BasicConsumeOptions::default());
        let consume = link.channel.basic_consume(queue, "".into(), options, FieldTable::default());
        let mut messages = answered(consume).await?;
        loop {
            tokio::select! {
                () = self.running.ending() => break,
                message = messages.next() => {
                    let lost = || EventSourceError::event_bus(SYSTEM, "the broker has ended the subscription");
                    let message = message.ok_or_else(lost)?;
                    self.take(message.map_err(|error| EventSourceError::event_bus(SYSTEM, error))?).await?;
                }
            }
        }
        // What has come and was not taken goes back.
        answered(link.connection.close(GOODBYE, "".into())).await
    }

    fn tell_lost(&self, error: &EventSourceError, pause: Duration) {
        let (address, pause_ms) = (&self.config.rabbitmq_url, pause.as_millis() as u64);
        tracing::warn!(target: LOGGER, %address, pause_ms, error = error.as_error(), "The broker is gone: trying again");
    }
}

/// As a connection is closed that has done what it should.
const GOODBYE: u16 = 200;

#[async_trait]
impl EventBus for RabbitMQEventBus {
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
        match self.publisher.lock().await.take() {
            Some(link) if link.channel.status().connected() => {
                answered(link.connection.close(GOODBYE, "".into())).await
            }
            _ => Ok(()),
        }
    }
}
