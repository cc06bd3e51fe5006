//! Projections: what is read, made of what has happened. Their tracing is off unless it is turned on, since nothing is called as
//! often.

mod coordinator;
mod declarative;

use async_trait::async_trait;
use spanwright::ErrorType;

use crate::bus::EventHandler;
use crate::observability::attributes::{
    ATTR_ERROR_TYPE, ATTR_POSITION, ATTR_PROJECTION_NAME, ATTR_RETRY_COUNT, EventIdentity,
};
use crate::observability::{Traced, Tracer, traced};
use crate::repositories::{CheckpointRepository, DLQRepository};
use crate::{Event, HandlerError};

pub use coordinator::{ProjectionCoordinator, ProjectionRegistry};
pub use declarative::{DeclarativeProjection, Declared};

const LOGGER: &str = "eventsource.projections";

/// What a projection makes of events.
#[async_trait]
pub trait Project: Send + Sync {
    /// What it is called.
    fn name(&self) -> &str;

    /// Whether it wants events of that type.
    fn handles(&self, event_type: &str) -> bool {
        let _ = event_type;
        true
    }

    /// Makes something of an event. It may come twice.
    ///
    /// # Errors
    /// Its own.
    async fn process(&self, event: &Event) -> Result<(), HandlerError>;

    /// Its projection's tracing is turned on or off: for spans of its own.
    fn trace(&self, enabled: bool) {
        let _ = enabled;
    }
}

/// A projection: it tries again what fails, keeps dead letters, and remembers how far it is, where it is given repositories.
#[derive(Debug)]
pub struct Projection<P> {
    project: P,
    max_retries: u64,
    checkpoints: Option<CheckpointRepository>,
    dlq: Option<DLQRepository>,
    tracer: Tracer,
}

impl<P: Project> Projection<P> {
    /// A projection, without tracing.
    pub fn new(project: P) -> Self {
        let tracer = Tracer::new(LOGGER);
        Self { project, max_retries: 0, checkpoints: None, dlq: None, tracer }.enable_tracing(false)
    }

    /// Whether there are spans of this instance.
    #[must_use]
    pub fn enable_tracing(self, enabled: bool) -> Self {
        self.tracer.switch(enabled);
        self.project.trace(enabled);
        self
    }

    /// How often it tries again what fails, at once.
    #[must_use]
    pub const fn max_retries(mut self, times: u64) -> Self {
        self.max_retries = times;
        self
    }

    /// Remembers how far it is. Not for projections of subscriptions, which do so themselves.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: CheckpointRepository) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Keeps what it can't handle.
    #[must_use]
    pub fn with_dlq(mut self, dlq: DLQRepository) -> Self {
        self.dlq = Some(dlq);
        self
    }

    /// What it makes of events.
    #[must_use]
    pub const fn project(&self) -> &P {
        &self.project
    }

    /// Tries so often; how often it tried again, and how that ended.
    async fn process(&self, event: &Event) -> (u64, Result<(), HandlerError>) {
        let mut retries = 0;
        loop {
            match self.project.process(event).await {
                Err(error) if retries < self.max_retries => {
                    retries += 1;
                    tracing::debug!(target: LOGGER, projection = self.project.name(), retries, error = error.as_error(), "Trying again");
                }
                processed => return (retries, processed),
            }
        }
    }

    /// Keeps an event that it can't handle.
    async fn keep(&self, event: &Event, error: &HandlerError, retries: u64) {
        let (projection, event_id) = (self.project.name(), &event.event_id);
        tracing::error!(target: LOGGER, projection, event_id, retries, error = error.as_error(), "Projection failed");
        let Some(dlq) = &self.dlq else { return };
        if let Err(error) = dlq.add(event, projection, error, retries).await {
            tracing::error!(target: LOGGER, projection, event_id, error = error.as_error(), "A dead letter was not kept");
        }
    }
}

impl<P> Traced for Projection<P> {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

#[async_trait]
impl<P: Project> EventHandler for Projection<P> {
    fn name(&self) -> &str {
        self.project.name()
    }

    fn handles(&self, event_type: &str) -> bool {
        self.project.handles(event_type)
    }

    #[traced(
        name = "eventsource.projection.handle",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_PROJECTION_NAME} = self.project.name(),
            {ATTR_POSITION} = event.position,
            {ATTR_RETRY_COUNT} = Empty,
            {ATTR_ERROR_TYPE} = Empty,
            ..EventIdentity = event.identity()
        )
    )]
    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        let (retries, processed) = self.process(event).await;
        if retries > 0 {
            spanwright::record!({ ATTR_RETRY_COUNT } = retries);
        }
        if let Err(error) = &processed {
            spanwright::record!({ ATTR_ERROR_TYPE } = error.error_type());
            self.keep(event, error, retries).await;
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.update_checkpoint(self.project.name(), event, 1).await?;
        }
        processed
    }
}
