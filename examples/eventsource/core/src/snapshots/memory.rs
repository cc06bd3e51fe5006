//! Snapshots in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Snapshot, SnapshotStore};
use crate::EventSourceError;
use crate::observability::attributes::{ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_VERSION};
use crate::observability::{Tracer, component, traced};

const LOGGER: &str = "eventsource.snapshots.in_memory";

/// Keeps snapshots until the process ends.
#[derive(Debug)]
pub struct InMemorySnapshotStore {
    /// By type and id.
    snapshots: Mutex<HashMap<(String, String), Snapshot>>,
    tracer: Tracer,
}

component!(InMemorySnapshotStore);

impl InMemorySnapshotStore {
    /// An empty store, with tracing.
    #[must_use]
    pub fn new() -> Self {
        Self { snapshots: Mutex::default(), tracer: Tracer::new(LOGGER) }
    }

    /// Forgets all.
    #[traced(
        name = "eventsource.snapshot.clear",
        target = LOGGER,
        enabled = self,
        fields({ATTR_AGGREGATE_TYPE} = "*")
    )]
    pub async fn clear(&self) {
        self.snapshots().clear();
    }

    fn snapshots(&self) -> MutexGuard<'_, HashMap<(String, String), Snapshot>> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InMemorySnapshotStore {
    fn default() -> Self {
        Self::new()
    }
}

#[spanwright::instrument_all(name_prefix = "eventsource.snapshot", target = LOGGER, enabled = self)]
#[async_trait]
impl SnapshotStore for InMemorySnapshotStore {
    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = &snapshot.aggregate_id,
        {ATTR_AGGREGATE_TYPE} = &snapshot.aggregate_type,
        {ATTR_VERSION} = snapshot.version
    ))]
    async fn save(&self, snapshot: Snapshot) -> Result<(), EventSourceError> {
        let mut snapshots = self.snapshots();
        let kept = snapshots.entry(key(&snapshot.aggregate_id, &snapshot.aggregate_type));
        let kept = kept.or_insert_with(|| snapshot.clone());
        if kept.version <= snapshot.version {
            *kept = snapshot;
        }
        Ok(())
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        {ATTR_VERSION} = Empty
    ))]
    async fn get(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
    ) -> Result<Option<Snapshot>, EventSourceError> {
        let found = self.snapshots().get(&key(aggregate_id, aggregate_type)).cloned();
        if let Some(snapshot) = &found {
            spanwright::record!({ ATTR_VERSION } = snapshot.version);
        }
        Ok(found)
    }

    #[instrument(fields({ATTR_AGGREGATE_ID} = aggregate_id, {ATTR_AGGREGATE_TYPE} = aggregate_type))]
    async fn delete(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        Ok(self.snapshots().remove(&key(aggregate_id, aggregate_type)).is_some())
    }

    #[instrument(fields({ATTR_AGGREGATE_ID} = aggregate_id, {ATTR_AGGREGATE_TYPE} = aggregate_type))]
    async fn exists(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        Ok(self.snapshots().contains_key(&key(aggregate_id, aggregate_type)))
    }

    #[instrument(fields({ATTR_AGGREGATE_TYPE} = aggregate_type))]
    async fn delete_by_type(&self, aggregate_type: &str) -> Result<u64, EventSourceError> {
        let mut snapshots = self.snapshots();
        let before = snapshots.len();
        snapshots.retain(|(its, _), _| its != aggregate_type);
        Ok((before - snapshots.len()) as u64)
    }
}

fn key(aggregate_id: &str, aggregate_type: &str) -> (String, String) {
    (aggregate_type.to_owned(), aggregate_id.to_owned())
}
