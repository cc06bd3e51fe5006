//! Who takes which events, and how they get them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use spanwright::ErrorType;

use super::EventHandler;
use crate::observability::attributes::{
    ATTR_ERROR_TYPE, ATTR_HANDLER_COUNT, ATTR_HANDLER_NAME, ATTR_HANDLER_SUCCESS, EventIdentity,
};
use crate::observability::{Traced, Tracer, traced};
use crate::{Event, EventSourceError, HandlerError};

/// Which handler, to unsubscribe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerId(u64);

/// The handlers of a bus, in the order in which they were added.
#[derive(Default)]
pub struct Handlers {
    all: RwLock<Vec<Registered>>,
    next: AtomicU64,
}

#[derive(Clone)]
struct Registered {
    id: HandlerId,
    /// None for all.
    event_type: Option<String>,
    handler: Arc<dyn EventHandler>,
}

impl Handlers {
    /// Adds a handler of events of a type, or of all.
    pub fn add(&self, event_type: Option<&str>, handler: Arc<dyn EventHandler>) -> HandlerId {
        // A number of its own is all that is asked of it.
        let id = HandlerId(self.next.fetch_add(1, Ordering::Relaxed));
        let event_type = event_type.map(str::to_owned);
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(Registered { id, event_type, handler });
        id
    }

    /// Removes one. Whether it was there.
    pub fn remove(&self, id: HandlerId) -> bool {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|registered| registered.id != id);
        all.len() < before
    }

    /// Those of a type of events.
    pub fn of(&self, event_type: &str) -> Vec<Arc<dyn EventHandler>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let concerned =
            all.iter().filter(|its| its.event_type.as_deref().is_none_or(|its| its == event_type));
        let concerned = concerned.filter(|its| its.handler.handles(event_type));
        concerned.map(|registered| Arc::clone(&registered.handler)).collect()
    }

    /// The types of events that have a handler of their own, and whether there are handlers of all.
    pub fn event_types(&self) -> (Vec<String>, bool) {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let mut types: Vec<_> = all.iter().filter_map(|registered| registered.event_type.clone()).collect();
        types.sort_unstable();
        types.dedup();
        (types, all.iter().any(|registered| registered.event_type.is_none()))
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_map()
            .entries(all.iter().map(|its| (its.event_type.as_deref().unwrap_or("*"), its.handler.name())))
            .finish()
    }
}

/// Hands an event to all its handlers: what buses have in common.
#[derive(Debug)]
pub struct Dispatcher {
    handlers: Handlers,
    tracer: Tracer,
}

impl Dispatcher {
    /// Without handlers yet. The tracer is the bus' own: a clone has a switch of its own.
    #[must_use]
    pub fn new(tracer: Tracer) -> Self {
        Self { handlers: Handlers::default(), tracer }
    }

    /// The handlers.
    #[must_use]
    pub const fn handlers(&self) -> &Handlers {
        &self.handlers
    }

    /// Hands an event to its handlers, one after the other; one that fails does not keep it from the others.
    ///
    /// # Errors
    /// Where handlers have failed: which, and how.
    #[traced(
        name = "eventsource.event_bus.dispatch",
        enabled = self,
        fields(..EventIdentity = event.identity(), {ATTR_HANDLER_COUNT} = Empty)
    )]
    pub async fn dispatch(&self, event: &Event) -> Result<(), EventSourceError> {
        let handlers = self.handlers.of(&event.event_type);
        spanwright::record!({ ATTR_HANDLER_COUNT } = handlers.len());
        let mut failed = Vec::new();
        for handler in handlers {
            if let Err(error) = self.handle(&*handler, event).await {
                failed.push((handler.name().to_owned(), error));
            }
        }
        EventSourceError::of_handlers(event, failed)
    }

    /// Hands it to one of them.
    #[traced(
        name = "eventsource.event_bus.handle",
        enabled = self,
        fields(
            ..EventIdentity = event.identity(),
            {ATTR_HANDLER_NAME} = handler.name(),
            {ATTR_HANDLER_SUCCESS} = Empty,
            {ATTR_ERROR_TYPE} = Empty
        )
    )]
    pub async fn handle(&self, handler: &dyn EventHandler, event: &Event) -> Result<(), HandlerError> {
        let handled = handler.handle(event).await;
        spanwright::record!({ ATTR_HANDLER_SUCCESS } = handled.is_ok());
        if let Err(error) = &handled {
            spanwright::record!({ ATTR_ERROR_TYPE } = error.error_type());
        }
        handled
    }
}

impl Traced for Dispatcher {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}
