//! Projections that say which function handles events of which type.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use super::{LOGGER, Project, Projection};
use crate::observability::attributes::{
    ATTR_HANDLER_NAME, ATTR_HANDLER_SUCCESS, ATTR_PROJECTION_NAME, EventIdentity,
};
use crate::observability::{Traced, Tracer, traced};
use crate::{Event, HandlerError, Payload};

/// A projection with a function for each type of events, which share a state.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use eventsource::Payload;
/// use eventsource::projections::DeclarativeProjection;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct OrderCreated {
///     total_cents: u64,
/// }
///
/// impl Payload for OrderCreated {
///     const EVENT_TYPE: &'static str = "OrderCreated";
/// }
///
/// let projection = DeclarativeProjection::declare("RevenueProjection", AtomicU64::new(0))
///     .on("add_order", |revenue, _, order: OrderCreated| async move {
///         revenue.fetch_add(order.total_cents, Ordering::Relaxed);
///         Ok(())
///     })
///     .max_retries(3)
///     .enable_tracing(true);
/// ```
pub type DeclarativeProjection<S> = Projection<Declared<S>>;

/// The functions, and their state.
pub struct Declared<S> {
    name: String,
    state: Arc<S>,
    /// By the type of events.
    handlers: HashMap<&'static str, Handler<S>>,
    tracer: Tracer,
}

struct Handler<S> {
    name: &'static str,
    handle: Box<Handle<S>>,
}

type Handle<S> = dyn Fn(Arc<S>, &Event) -> Result<Handling, HandlerError> + Send + Sync;
type Handling = Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send>>;

impl<S: Send + Sync + 'static> DeclarativeProjection<S> {
    /// A projection of that name, without functions yet, and without tracing.
    pub fn declare(name: impl Into<String>, state: S) -> Self {
        let tracer = Tracer::new(LOGGER);
        Self::new(Declared { name: name.into(), state: Arc::new(state), handlers: HashMap::new(), tracer })
    }

    /// This function handles events of its payload's type; spans call it by that name.
    #[must_use]
    pub fn on<P, Fut>(
        mut self,
        handler: &'static str,
        function: impl Fn(Arc<S>, Event, P) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        P: Payload,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        let handle = move |state, event: &Event| -> Result<Handling, HandlerError> {
            // It is of this type, or it would not be here.
            let Some(payload) = event.payload::<P>()? else { return Ok(Box::pin(async { Ok(()) })) };
            Ok(Box::pin(function(state, event.clone(), payload)))
        };
        self.project.handlers.insert(P::EVENT_TYPE, Handler { name: handler, handle: Box::new(handle) });
        self
    }

    /// What its functions share.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.project.state
    }
}

impl<S: Send + Sync> Declared<S> {
    #[traced(
        name = "eventsource.projection.handler",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_PROJECTION_NAME} = &self.name,
            {ATTR_HANDLER_NAME} = handler.name,
            {ATTR_HANDLER_SUCCESS} = Empty,
            ..EventIdentity = event.identity()
        )
    )]
    async fn handler(&self, handler: &Handler<S>, event: &Event) -> Result<(), HandlerError> {
        let handled = match (handler.handle)(Arc::clone(&self.state), event) {
            Ok(handling) => handling.await,
            Err(error) => Err(error),
        };
        spanwright::record!({ ATTR_HANDLER_SUCCESS } = handled.is_ok());
        handled
    }
}

#[async_trait]
impl<S: Send + Sync> Project for Declared<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn handles(&self, event_type: &str) -> bool {
        self.handlers.contains_key(event_type)
    }

    async fn process(&self, event: &Event) -> Result<(), HandlerError> {
        match self.handlers.get(&*event.event_type) {
            Some(handler) => self.handler(handler, event).await,
            None => Ok(()),
        }
    }

    fn trace(&self, enabled: bool) {
        self.tracer.switch(enabled);
    }
}

impl<S> Traced for Declared<S> {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl<S> fmt::Debug for Declared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handlers = self.handlers.iter().map(|(event_type, handler)| (event_type, handler.name));
        f.debug_struct("Declared")
            .field("name", &self.name)
            .field("handlers", &handlers.collect::<HashMap<_, _>>())
            .finish_non_exhaustive()
    }
}
