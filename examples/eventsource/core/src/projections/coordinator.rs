//! Several projections, fed together.

use std::fmt;
use std::sync::Arc;

use super::LOGGER;
use crate::bus::EventHandler;
use crate::observability::attributes::{ATTR_EVENT_COUNT, ATTR_HANDLER_COUNT, ATTR_POSITION, EventIdentity};
use crate::observability::{Tracer, component, traced};
use crate::{Event, EventSourceError};

/// The projections there are.
pub struct ProjectionRegistry {
    projections: Vec<Arc<dyn EventHandler>>,
    tracer: Tracer,
}

component!(ProjectionRegistry);

impl ProjectionRegistry {
    /// Without projections yet, and without tracing.
    #[must_use]
    pub fn new() -> Self {
        Self { projections: Vec::new(), tracer: Tracer::new(LOGGER).switched(false) }
    }

    /// One more.
    #[must_use]
    pub fn register(mut self, projection: Arc<dyn EventHandler>) -> Self {
        self.projections.push(projection);
        self
    }

    /// Hands an event to those that want it; one that fails does not keep it from the others.
    ///
    /// # Errors
    /// Where some have failed: which, and how.
    #[traced(
        name = "eventsource.projection.registry.dispatch",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_POSITION} = event.position,
            {ATTR_HANDLER_COUNT} = Empty,
            ..EventIdentity = event.identity()
        )
    )]
    pub async fn dispatch(&self, event: &Event) -> Result<(), EventSourceError> {
        let concerned: Vec<_> =
            self.projections.iter().filter(|its| its.handles(&event.event_type)).collect();
        spanwright::record!({ ATTR_HANDLER_COUNT } = concerned.len());
        let mut failed = Vec::new();
        for projection in concerned {
            if let Err(error) = projection.handle(event).await {
                failed.push((projection.name().to_owned(), error));
            }
        }
        EventSourceError::of_handlers(event, failed)
    }
}

impl Default for ProjectionRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ProjectionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.projections.iter().map(|projection| projection.name())).finish()
    }
}

/// Feeds all projections of a registry.
#[derive(Debug)]
pub struct ProjectionCoordinator {
    registry: ProjectionRegistry,
    tracer: Tracer,
}

impl ProjectionCoordinator {
    /// Of those projections, without tracing.
    #[must_use]
    pub fn new(registry: ProjectionRegistry) -> Self {
        Self { registry, tracer: Tracer::new(LOGGER) }.enable_tracing(false)
    }

    /// Whether there are spans of this instance, and of its registry. Those of the projections are their own matter.
    #[must_use]
    pub fn enable_tracing(mut self, enabled: bool) -> Self {
        self.tracer.switch(enabled);
        self.registry = self.registry.enable_tracing(enabled);
        self
    }

    /// Hands events to the projections that want them, in their order. Those that no projection has failed at.
    #[traced(
        name = "eventsource.projection.coordinate",
        target = LOGGER,
        enabled = self,
        fields({ATTR_EVENT_COUNT} = events.len())
    )]
    pub async fn coordinate(&self, events: &[Event]) -> usize {
        let mut handled = 0;
        for event in events {
            match self.registry.dispatch(event).await {
                Ok(()) => handled += 1,
                Err(error) => tracing::error!(target: LOGGER, error = error.as_error(), "Projections failed"),
            }
        }
        handled
    }
}

impl crate::observability::Traced for ProjectionCoordinator {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}
