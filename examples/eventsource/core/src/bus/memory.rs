//! A bus in this process: who publishes waits until all handlers are done.

use async_trait::async_trait;

use super::{Dispatcher, EventBus, Handlers};
use crate::observability::{Traced, Tracer};
use crate::{Event, EventSourceError};

const LOGGER: &str = "eventsource.bus.memory";

/// A bus in memory.
#[derive(Debug)]
pub struct InMemoryEventBus {
    dispatcher: Dispatcher,
}

impl InMemoryEventBus {
    /// A bus without handlers, with tracing.
    #[must_use]
    pub fn new() -> Self {
        Self { dispatcher: Dispatcher::new(Tracer::new(LOGGER)) }
    }

    /// Whether there are spans of this instance.
    #[must_use]
    pub fn enable_tracing(self, enabled: bool) -> Self {
        self.tracer().switch(enabled);
        self
    }
}

impl Default for InMemoryEventBus {
    fn default() -> Self {
        Self::new()
    }
}

impl Traced for InMemoryEventBus {
    fn tracer(&self) -> &Tracer {
        self.dispatcher.tracer()
    }
}

#[async_trait]
impl EventBus for InMemoryEventBus {
    async fn publish(&self, events: &[Event]) -> Result<(), EventSourceError> {
        for event in events {
            if let Err(error) = self.dispatcher.dispatch(event).await {
                tracing::error!(target: LOGGER, event_type = event.event_type, error = error.as_error(), "Handlers failed");
            }
        }
        Ok(())
    }

    fn handlers(&self) -> &Handlers {
        self.dispatcher.handlers()
    }
}
