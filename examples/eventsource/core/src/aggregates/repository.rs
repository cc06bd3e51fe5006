//! Loads and saves aggregates.

use std::error::Error;
use std::sync::Arc;

use spanwright::ErrorType;

use super::{Aggregate, State};
use crate::bus::EventBus;
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_ERROR_TYPE, ATTR_EVENT_COUNT, ATTR_EXPECTED_VERSION,
    ATTR_RETRY_COUNT, ATTR_VERSION,
};
use crate::observability::{Tracer, component, traced};
use crate::snapshots::{Snapshot, SnapshotStore};
use crate::stores::EventStore;
use crate::{Event, EventSourceError, now_millis};

const LOGGER: &str = "eventsource.aggregates.repository";

/// The aggregates of a type.
#[derive(Debug)]
pub struct AggregateRepository<S> {
    event_store: Arc<dyn EventStore>,
    aggregate_factory: fn() -> S,
    aggregate_type: String,
    snapshots: Option<Snapshots>,
    event_publisher: Option<Arc<dyn EventBus>>,
    tracer: Tracer,
}

/// Where snapshots are kept, and how often one is taken.
#[derive(Debug)]
struct Snapshots {
    store: Arc<dyn SnapshotStore>,
    every: u64,
}

component!(AggregateRepository<S>);

impl<S> AggregateRepository<S> {
    /// Those of a type, `"Order"`, whose events are in that store; new ones are as the factory makes them. With tracing.
    pub fn new(
        event_store: Arc<dyn EventStore>,
        aggregate_factory: fn() -> S,
        aggregate_type: impl Into<String>,
    ) -> Self {
        Self {
            event_store,
            aggregate_factory,
            aggregate_type: aggregate_type.into(),
            snapshots: None,
            event_publisher: None,
            tracer: Tracer::new(LOGGER),
        }
    }

    /// Takes a snapshot whenever an aggregate has so many more events, 0 for never, and loads aggregates from it.
    #[must_use]
    pub fn with_snapshots(mut self, store: Arc<dyn SnapshotStore>, every: u64) -> Self {
        self.snapshots = Some(Snapshots { store, every });
        self
    }

    /// Publishes what is saved. Where it must not be lost, take an [outbox](crate::repositories::OutboxRepository) in its place.
    #[must_use]
    pub fn with_event_publisher(mut self, bus: Arc<dyn EventBus>) -> Self {
        self.event_publisher = Some(bus);
        self
    }
}

impl<S: State> AggregateRepository<S> {
    /// A new aggregate, which is stored once it is saved.
    #[must_use]
    pub fn create(&self, aggregate_id: &str) -> Aggregate<S> {
        Aggregate::new(&self.aggregate_type, aggregate_id, 0, (self.aggregate_factory)())
    }

    /// Loads one: its snapshot, if there is one, and the events since then.
    ///
    /// # Errors
    /// [`EventSourceError::AggregateNotFound`], and where a store fails.
    #[traced(
        name = "eventsource.repository.load",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_AGGREGATE_ID} = aggregate_id,
            {ATTR_AGGREGATE_TYPE} = &self.aggregate_type,
            snapshot.used = Empty,
            events.replayed = Empty,
            {ATTR_VERSION} = Empty
        )
    )]
    pub async fn load(&self, aggregate_id: &str) -> Result<Aggregate<S>, EventSourceError> {
        let snapshot = self.snapshot(aggregate_id).await;
        spanwright::record!(snapshot.used = snapshot.is_some());
        let mut aggregate = snapshot.unwrap_or_else(|| self.create(aggregate_id));
        let events =
            self.event_store.get_events(aggregate_id, &self.aggregate_type, aggregate.version()).await?;
        events.iter().try_for_each(|event| aggregate.replay(event))?;
        let version = aggregate.version();
        spanwright::record!(events.replayed = events.len(), { ATTR_VERSION } = version);
        if version == 0 {
            let (aggregate_type, aggregate_id) = (self.aggregate_type.clone(), aggregate_id.to_owned());
            return Err(EventSourceError::AggregateNotFound { aggregate_type, aggregate_id });
        }
        tracing::debug!(target: LOGGER, aggregate_id, version, replayed = events.len(), "Aggregate loaded");
        Ok(aggregate)
    }

    /// Stores what has happened to an aggregate, and publishes it. What can't be published is logged, and stored nevertheless.
    ///
    /// # Errors
    /// [`EventSourceError::OptimisticLock`] where somebody else has saved it since it was loaded, and where the store fails.
    pub async fn save(&self, aggregate: &mut Aggregate<S>) -> Result<(), EventSourceError> {
        self.save_again(aggregate, None).await
    }

    #[traced(
        name = "eventsource.repository.save",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_AGGREGATE_ID} = aggregate.id(),
            {ATTR_AGGREGATE_TYPE} = &self.aggregate_type,
            {ATTR_EVENT_COUNT} = aggregate.uncommitted().len(),
            {ATTR_EXPECTED_VERSION} = aggregate.stored_version(),
            {ATTR_VERSION} = aggregate.version(),
            {ATTR_RETRY_COUNT} = retries,
            {ATTR_ERROR_TYPE} = Empty
        )
    )]
    async fn save_again(
        &self,
        aggregate: &mut Aggregate<S>,
        retries: Option<u64>,
    ) -> Result<(), EventSourceError> {
        if aggregate.uncommitted().is_empty() {
            return Ok(());
        }
        let (before, events) = (aggregate.stored_version(), aggregate.uncommitted().to_vec());
        let appended =
            self.event_store.append_events(aggregate.id(), &self.aggregate_type, events, before).await;
        let events = appended.inspect_err(|error| {
            spanwright::record!({ ATTR_ERROR_TYPE } = error.error_type());
            tracing::warn!(target: LOGGER, aggregate_id = aggregate.id(), error = error.as_error(), "Aggregate not saved");
        })?;
        aggregate.committed();
        let version = aggregate.version();
        tracing::info!(target: LOGGER, aggregate_id = aggregate.id(), version, events = events.len(), "Aggregate saved");
        self.publish(&events).await;
        if self.snapshots.as_ref().is_some_and(|its| its.is_due(before, version)) {
            // It is taken the next time, and until then there is an older one, or all events.
            if let Err(error) = self.create_snapshot(aggregate).await {
                tracing::warn!(target: LOGGER, aggregate_id = aggregate.id(), error = error.as_error(), "No snapshot taken");
            }
        }
        Ok(())
    }

    /// Loads an aggregate, changes it and saves it; where somebody else has saved it meanwhile, does so once more, at most so often.
    ///
    /// # Errors
    /// The change's, those of [`load`](Self::load), and those of [`save`](Self::save) that come last.
    pub async fn update<E: From<EventSourceError>>(
        &self,
        aggregate_id: &str,
        max_retries: u64,
        mut change: impl FnMut(&mut Aggregate<S>) -> Result<(), E> + Send,
    ) -> Result<Aggregate<S>, E> {
        let mut retries = 0;
        loop {
            let mut aggregate = self.load(aggregate_id).await?;
            change(&mut aggregate)?;
            match self.save_again(&mut aggregate, (retries > 0).then_some(retries)).await {
                Ok(()) => return Ok(aggregate),
                Err(EventSourceError::OptimisticLock { .. }) if retries < max_retries => retries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether there is one.
    ///
    /// # Errors
    /// Where the store fails.
    #[traced(
        name = "eventsource.repository.exists",
        target = LOGGER,
        enabled = self,
        fields({ATTR_AGGREGATE_ID} = aggregate_id, {ATTR_AGGREGATE_TYPE} = &self.aggregate_type)
    )]
    pub async fn exists(&self, aggregate_id: &str) -> Result<bool, EventSourceError> {
        Ok(self.event_store.get_version(aggregate_id, &self.aggregate_type).await? > 0)
    }

    /// Takes a snapshot of an aggregate, as it is stored.
    ///
    /// # Errors
    /// Where it has changed since, where there is no snapshot store, and where that fails.
    #[traced(
        name = "eventsource.repository.create_snapshot",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_AGGREGATE_ID} = aggregate.id(),
            {ATTR_AGGREGATE_TYPE} = &self.aggregate_type,
            {ATTR_VERSION} = aggregate.version()
        )
    )]
    pub async fn create_snapshot(&self, aggregate: &Aggregate<S>) -> Result<(), EventSourceError> {
        let cannot = |why: &str| {
            let (its_type, id) = (&self.aggregate_type, aggregate.id());
            EventSourceError::Configuration(format!("no snapshot of {its_type} {id} can be taken: {why}"))
        };
        let snapshots = self
            .snapshots
            .as_ref()
            .ok_or_else(|| cannot("give its repository a store, by `with_snapshots`"))?;
        if !aggregate.uncommitted().is_empty() {
            return Err(cannot("it has changed; save it first"));
        }
        let state = serde_json::to_value(aggregate.state())
            .map_err(|source| EventSourceError::serialization(&self.aggregate_type, source))?;
        let snapshot = Snapshot {
            aggregate_id: aggregate.id().to_owned(),
            aggregate_type: self.aggregate_type.clone(),
            version: aggregate.version(),
            state,
            created_at: now_millis(),
        };
        snapshots.store.save(snapshot).await
    }

    /// What the last snapshot says. One that can't be read is as none: the events say the same.
    async fn snapshot(&self, aggregate_id: &str) -> Option<Aggregate<S>> {
        let store = &self.snapshots.as_ref()?.store;
        let unreadable = |error: &(dyn Error + 'static)| {
            tracing::warn!(target: LOGGER, aggregate_id, error, "A snapshot can't be used");
        };
        let snapshot = store.get(aggregate_id, &self.aggregate_type).await;
        let snapshot = snapshot.inspect_err(|error| unreadable(error)).ok()??;
        let state = S::deserialize(snapshot.state).inspect_err(|error| unreadable(error)).ok()?;
        Some(Aggregate::new(&self.aggregate_type, aggregate_id, snapshot.version, state))
    }

    /// Publishes what is stored.
    async fn publish(&self, events: &[Event]) {
        let Some(bus) = &self.event_publisher else { return };
        if let Err(error) = bus.publish(events).await {
            tracing::error!(target: LOGGER, events = events.len(), error = error.as_error(), "Events were not published");
        }
    }
}

impl Snapshots {
    /// Whether one is to be taken after a step from one version to another.
    fn is_due(&self, before: u64, version: u64) -> bool {
        self.every > 0 && version / self.every > before / self.every
    }
}
