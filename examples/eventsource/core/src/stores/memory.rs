//! Events in memory.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use super::{EventStore, optimistic_lock, stream_id};
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_EVENT_COUNT, ATTR_EXPECTED_VERSION, ATTR_FROM_VERSION,
    ATTR_POSITION, ATTR_STREAM_ID, ATTR_VERSION, ActorAttributes,
};
use crate::observability::{Tracer, component, traced};
use crate::{Event, EventSourceError};

const LOGGER: &str = "eventsource.stores.in_memory";

/// Keeps events until the process ends.
#[derive(Debug)]
pub struct InMemoryEventStore {
    /// In their order: the first one has the position 1.
    events: RwLock<Vec<Event>>,
    tracer: Tracer,
}

component!(InMemoryEventStore);

impl InMemoryEventStore {
    /// An empty store, with tracing.
    #[must_use]
    pub fn new() -> Self {
        Self { events: RwLock::default(), tracer: Tracer::new(LOGGER) }
    }

    fn read<T>(&self, read: impl FnOnce(&[Event]) -> T) -> T {
        read(&self.events.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for InMemoryEventStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl EventStore for InMemoryEventStore {
    #[traced(
        name = "in_memory_event_store.append_events",
        target = LOGGER,
        enabled = self,
        err(level = "debug"),
        fields(
            {ATTR_AGGREGATE_ID} = aggregate_id,
            {ATTR_AGGREGATE_TYPE} = aggregate_type,
            {ATTR_EVENT_COUNT} = events.len(),
            {ATTR_EXPECTED_VERSION} = expected_version,
            ..ActorAttributes = events.first().map(Event::actor).unwrap_or_default(),
            {ATTR_VERSION} = Empty,
            {ATTR_POSITION} = Empty
        )
    )]
    async fn append_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        mut events: Vec<Event>,
        expected_version: u64,
    ) -> Result<Vec<Event>, EventSourceError> {
        let mut all = self.events.write().unwrap_or_else(PoisonError::into_inner);
        let actual = version_of(&all, aggregate_id, aggregate_type);
        if actual != expected_version {
            return Err(optimistic_lock(aggregate_id, aggregate_type, expected_version, actual));
        }
        for (event, position) in events.iter_mut().zip(all.len() as u64 + 1..) {
            event.position = Some(position);
        }
        all.extend_from_slice(&events);
        spanwright::record!(
            { ATTR_VERSION } = expected_version + events.len() as u64,
            { ATTR_POSITION } = all.len()
        );
        Ok(events)
    }

    #[traced(
        name = "in_memory_event_store.get_events",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_AGGREGATE_ID} = aggregate_id,
            {ATTR_AGGREGATE_TYPE} = aggregate_type,
            {ATTR_STREAM_ID} = stream_id(aggregate_id, aggregate_type),
            {ATTR_FROM_VERSION} = from_version,
            {ATTR_EVENT_COUNT} = Empty
        )
    )]
    async fn get_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        from_version: u64,
    ) -> Result<Vec<Event>, EventSourceError> {
        let events: Vec<_> = self.read(|all| {
            let its = of_aggregate(all, aggregate_id, aggregate_type);
            its.filter(|event| event.version > from_version).cloned().collect()
        });
        spanwright::record!({ ATTR_EVENT_COUNT } = events.len());
        Ok(events)
    }

    async fn get_version(&self, aggregate_id: &str, aggregate_type: &str) -> Result<u64, EventSourceError> {
        Ok(self.read(|all| version_of(all, aggregate_id, aggregate_type)))
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Event>, EventSourceError> {
        Ok(self.read(|all| {
            let after = usize::try_from(after_position).unwrap_or(usize::MAX);
            all.iter().skip(after).take(limit).cloned().collect()
        }))
    }

    async fn current_position(&self) -> Result<u64, EventSourceError> {
        Ok(self.read(|all| all.len() as u64))
    }
}

fn of_aggregate<'e>(
    all: &'e [Event],
    aggregate_id: &str,
    aggregate_type: &str,
) -> impl DoubleEndedIterator<Item = &'e Event> {
    all.iter()
        .filter(move |event| event.aggregate_id == aggregate_id && event.aggregate_type == aggregate_type)
}

fn version_of(all: &[Event], aggregate_id: &str, aggregate_type: &str) -> u64 {
    of_aggregate(all, aggregate_id, aggregate_type).next_back().map_or(0, |event| event.version)
}
