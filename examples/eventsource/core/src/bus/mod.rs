//! Event buses: events go to the handlers of their types, in this process or through a broker.

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod memory;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "redis")]
pub mod redis;

#[cfg(any(feature = "kafka", feature = "rabbitmq", feature = "redis"))]
mod broker;
mod handlers;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Event, EventSourceError, HandlerError};

pub use handlers::{Dispatcher, HandlerId, Handlers};
#[cfg(feature = "kafka")]
pub use kafka::{KafkaEventBus, KafkaEventBusConfig};
pub use memory::InMemoryEventBus;
#[cfg(feature = "rabbitmq")]
pub use rabbitmq::{RabbitMQEventBus, RabbitMQEventBusConfig};
#[cfg(feature = "redis")]
pub use redis::{RedisEventBus, RedisEventBusConfig};

/// Takes events.
#[async_trait]
pub trait EventHandler: Send + Sync {
    /// What spans and logs call it.
    fn name(&self) -> &str;

    /// Whether it wants events of that type.
    fn handles(&self, event_type: &str) -> bool {
        let _ = event_type;
        true
    }

    /// Takes one.
    ///
    /// # Errors
    /// Its own.
    async fn handle(&self, event: &Event) -> Result<(), HandlerError>;
}

/// A bus.
#[async_trait]
pub trait EventBus: fmt::Debug + Send + Sync {
    /// Hands events on.
    ///
    /// # Errors
    /// Where they can't be handed on. What their handlers make of them is no matter of who publishes.
    async fn publish(&self, events: &[Event]) -> Result<(), EventSourceError>;

    /// The handlers.
    fn handlers(&self) -> &Handlers;

    /// Hands events of that type to a handler, beside the others.
    fn subscribe(&self, event_type: &str, handler: Arc<dyn EventHandler>) -> HandlerId {
        self.handlers().add(Some(event_type), handler)
    }

    /// Hands all events to a handler.
    fn subscribe_to_all(&self, handler: Arc<dyn EventHandler>) -> HandlerId {
        self.handlers().add(None, handler)
    }

    /// Ends that. Whether there was such a handler.
    fn unsubscribe(&self, handler: HandlerId) -> bool {
        self.handlers().remove(handler)
    }

    /// Takes events from the broker, until [`shutdown`](Self::shutdown). Without a broker there is nothing to do.
    ///
    /// # Errors
    /// Where there is no way to the broker.
    async fn start_consuming(&self) -> Result<(), EventSourceError> {
        Ok(())
    }

    /// Ends what was begun, and waits for it.
    ///
    /// # Errors
    /// Where the broker does not answer any more.
    async fn shutdown(&self) -> Result<(), EventSourceError> {
        Ok(())
    }
}

/// A function as a handler.
struct Function<F> {
    name: String,
    function: F,
}

/// Makes a handler of an async function.
///
/// ```
/// use eventsource::bus::handler;
///
/// let handler = handler("NotificationService", |event| async move {
///     println!("{} has happened", event.event_type);
///     Ok(())
/// });
/// assert_eq!(handler.name(), "NotificationService");
/// ```
pub fn handler<F, Fut>(name: impl Into<String>, function: F) -> Arc<dyn EventHandler>
where
    F: Fn(Event) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    Arc::new(Function { name: name.into(), function })
}

#[async_trait]
impl<F, Fut> EventHandler for Function<F>
where
    F: Fn(Event) -> Fut + Send + Sync,
    Fut: Future<Output = Result<(), HandlerError>> + Send,
{
    fn name(&self) -> &str {
        &self.name
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        (self.function)(event.clone()).await
    }
}
