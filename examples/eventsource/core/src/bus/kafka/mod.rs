//! A bus over Kafka: a topic, whose partitions are shared among the consumers of a group. The events of an aggregate are in one
//! partition, and so in their order.
//!
//! What handlers refuse is tried again where it is, later each time, since what comes after it must not overtake it; after
//! `max_retries` it goes into the topic of dead letters, as what is no event does at once. The client itself finds its brokers
//! again. An event that was taken is committed soon after, so it may come twice, with the same `event_id`.

mod client;
mod consumer;
mod metrics;
mod mock;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{FutureProducer, FutureRecord};
use spanwright::propagation::inject;
use spanwright::{Context, Enabled, ErrorType as _};
use tokio::sync::OnceCell;

use super::broker::{self, Arrived, Running};
use super::{Dispatcher, EventBus, EventHandler, Handlers};
use crate::observability::attributes::{
    ATTR_ERROR_TYPE, ATTR_HANDLER_COUNT, ATTR_HANDLER_NAME, ATTR_HANDLER_SUCCESS, ATTR_RETRY_COUNT,
    EventIdentity, MessagingAttributes,
};
use crate::observability::{Traced, Tracer, traced};
use crate::{Event, EventSourceError, HandlerError};
use client::Observer;
use metrics::{HandlerLabels, TopicLabels};

pub use metrics::KafkaMetrics;
pub use mock::MockKafka;

const LOGGER: &str = "eventsource.bus.kafka";
const SYSTEM: &str = "kafka";

/// The header with an event's type.
const EVENT_TYPE: &str = "event_type";

/// Where Kafka is, and how it is used.
#[derive(Clone, Debug)]
pub struct KafkaEventBusConfig {
    /// Where it is: `host:9092`, or several with commas between them.
    pub bootstrap_servers: String,
    /// The topic that events are published to.
    pub topic: String,
    /// Who consumes: of the consumers in a group, one gets an event; each group gets them all.
    pub consumer_group: String,
    /// How often what handlers refuse is tried again.
    pub max_retries: u32,
    /// How long until it first is; then twice as long each time.
    pub retry_delay: Duration,
    /// How long it is tried to publish.
    pub publish_timeout: Duration,
    /// How often what was taken is committed, and the lag looked at.
    pub interval: Duration,
    /// Whether there are spans, and the trace goes with the messages.
    pub enable_tracing: bool,
    /// Whether there are metrics.
    pub enable_metrics: bool,
}

impl Default for KafkaEventBusConfig {
    fn default() -> Self {
        Self {
            bootstrap_servers: "localhost:9092".to_owned(),
            topic: "events".to_owned(),
            consumer_group: "default".to_owned(),
            max_retries: 3,
            retry_delay: Duration::from_millis(100),
            publish_timeout: Duration::from_secs(30),
            interval: Duration::from_secs(1),
            enable_tracing: true,
            enable_metrics: true,
        }
    }
}

/// A bus over Kafka.
pub struct KafkaEventBus {
    config: KafkaEventBusConfig,
    dispatcher: Dispatcher,
    running: Running,
    producer: OnceCell<FutureProducer<Observer>>,
}

impl KafkaEventBus {
    /// A bus that connects when it is first used.
    #[must_use]
    pub fn new(config: KafkaEventBusConfig) -> Self {
        let tracer = Tracer::new(LOGGER).switched(config.enable_tracing);
        let (dispatcher, running) = (Dispatcher::new(tracer), Running::new());
        Self { config, dispatcher, running, producer: OnceCell::new() }
    }

    fn messaging(&self, operation: &'static str) -> MessagingAttributes<'_> {
        MessagingAttributes {
            messaging_system: Some(SYSTEM),
            messaging_destination: Some(&self.config.topic),
            messaging_operation: Some(operation),
        }
    }

    /// What is observed of a handler's run: each has a switch of its own.
    fn enabled(&self) -> Enabled {
        Enabled { spans: self.tracing_enabled(), metrics: self.config.enable_metrics }
    }

    fn topic_labels<'a>(&'a self, event_type: &'a str) -> TopicLabels<'a> {
        TopicLabels { topic: &self.config.topic, event_type }
    }

    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.config.bootstrap_servers);
        client.set("client.id", "eventsource").set("reconnect.backoff.max.ms", "5000");
        client
    }

    async fn producer(&self) -> Result<&FutureProducer<Observer>, EventSourceError> {
        let timeout = self.config.publish_timeout.as_millis().to_string();
        let make = async || {
            let mut client = self.client();
            // In their order, once each, and on all replicas.
            client.set("enable.idempotence", "true").set("message.timeout.ms", timeout);
            client.create_with_context(Observer::silent()).map_err(failed)
        };
        self.producer.get_or_try_init(make).await
    }

    async fn send(
        &self,
        topic: &str,
        key: &[u8],
        body: &[u8],
        headers: OwnedHeaders,
    ) -> Result<(), EventSourceError> {
        let record = FutureRecord::to(topic).key(key).payload(body).headers(headers);
        let sent = self.producer().await?.send(record, self.config.publish_timeout).await;
        sent.map(|_| ()).map_err(|(error, _)| failed(error))
    }

    #[traced(
        name = "eventsource.event_bus.publish {event.event_type}",
        target = LOGGER,
        kind = producer,
        enabled = self,
        err,
        fields(
            ..MessagingAttributes = self.messaging("publish"),
            ..EventIdentity = event.identity(),
        )
    )]
    async fn publish_one(&self, event: &Event) -> Result<(), EventSourceError> {
        let body = broker::write(event)?;
        let mut headers = vec![(EVENT_TYPE.to_owned(), event.event_type.clone())];
        if self.tracing_enabled() {
            inject(&mut headers);
        }
        let (topic, key) = (&self.config.topic, event.aggregate_id.as_bytes());
        self.send(topic, key, body.as_bytes(), client::headers(&headers)).await?;
        // What the broker has, and nothing else: an annotation would count each attempt.
        if self.config.enable_metrics {
            KafkaMetrics::global().messages_published.with(self.topic_labels(&event.event_type)).inc();
        }
        Ok(())
    }

    #[traced(
        name = "eventsource.event_bus.consume {arrived.event_type}",
        target = LOGGER,
        kind = consumer,
        enabled = self,
        parent = parent,
        fields(
            ..MessagingAttributes = self.messaging("receive"),
            ..EventIdentity = arrived.identity(),
            {ATTR_RETRY_COUNT} = arrived.retries,
            {ATTR_HANDLER_COUNT} = Empty
        )
    )]
    async fn consume(&self, parent: Context, arrived: Arrived) -> Result<(), EventSourceError> {
        let Arrived { event_type, event, retries } = arrived;
        let taken = match event {
            Ok(event) => {
                let handlers = self.handlers().of(&event_type);
                spanwright::record!({ ATTR_HANDLER_COUNT } = handlers.len());
                self.dispatch_to_all(&handlers, &event).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &taken {
            if broker::is_poison(error) || retries >= self.config.max_retries {
                tracing::error!(target: LOGGER, event_type, retries, error = error.as_error(), "An event goes to the dead letters");
            } else {
                tracing::warn!(target: LOGGER, event_type, retries, error = error.as_error(), "An event is tried again");
            }
        }
        taken
    }

    async fn dispatch_to_all(
        &self,
        handlers: &[Arc<dyn EventHandler>],
        event: &Event,
    ) -> Result<(), EventSourceError> {
        let mut failed = Vec::new();
        for handler in handlers {
            if let Err(error) = self.dispatch(handler.name(), &**handler, event).await {
                failed.push((handler.name().to_owned(), error));
            }
        }
        EventSourceError::of_handlers(event, failed)
    }

    #[traced(
        name = "eventsource.event_bus.dispatch {handler}",
        target = LOGGER,
        enabled = self.enabled(),
        fields(
            ..EventIdentity = event.identity(),
            {ATTR_HANDLER_NAME} = handler,
            {ATTR_HANDLER_SUCCESS} = Empty,
            {ATTR_ERROR_TYPE} = Empty
        ),
        metrics(
            into = KafkaMetrics::global(),
            labels = HandlerLabels { handler, event_type: &event.event_type }
        )
    )]
    async fn dispatch(
        &self,
        handler: &str,
        to: &dyn EventHandler,
        event: &Event,
    ) -> Result<(), HandlerError> {
        let handled = to.handle(event).await;
        spanwright::record!({ ATTR_HANDLER_SUCCESS } = handled.is_ok());
        if let Err(error) = &handled {
            spanwright::record!({ ATTR_ERROR_TYPE } = error.error_type());
        }
        handled
    }
}

fn failed(error: KafkaError) -> EventSourceError {
    EventSourceError::event_bus(SYSTEM, error)
}

impl fmt::Debug for KafkaEventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client shows nothing of itself.
        f.debug_struct("KafkaEventBus")
            .field("config", &self.config)
            .field("dispatcher", &self.dispatcher)
            .finish_non_exhaustive()
    }
}

impl Traced for KafkaEventBus {
    fn tracer(&self) -> &Tracer {
        self.dispatcher.tracer()
    }
}

#[async_trait]
impl EventBus for KafkaEventBus {
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
        self.consume_all().await
    }

    async fn shutdown(&self) -> Result<(), EventSourceError> {
        self.running.end().await;
        Ok(())
    }
}
