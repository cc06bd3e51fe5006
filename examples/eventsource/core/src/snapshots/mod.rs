//! Snapshot stores: what an aggregate was at some version, so that not all its events need be replayed.

pub mod memory;
#[cfg(feature = "postgresql")]
pub mod postgresql;
pub mod sqlite;

use std::fmt;

use async_trait::async_trait;
use serde_json::Value;

use crate::EventSourceError;

pub use memory::InMemorySnapshotStore;
#[cfg(feature = "postgresql")]
pub use postgresql::PostgreSQLSnapshotStore;
pub use sqlite::SQLiteSnapshotStore;

/// What an aggregate was.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Which.
    pub aggregate_id: String,
    /// Of which type.
    pub aggregate_type: String,
    /// At which version.
    pub version: u64,
    /// What it was, as its type writes it.
    pub state: Value,
    /// When this was taken, in milliseconds since 1970.
    pub created_at: u64,
}

/// Where the last snapshot of each aggregate is kept. The names of the spans are those of the methods, behind `eventsource.snapshot`.
#[async_trait]
pub trait SnapshotStore: fmt::Debug + Send + Sync {
    /// Keeps one in place of an older one.
    ///
    /// # Errors
    /// Where the store fails.
    async fn save(&self, snapshot: Snapshot) -> Result<(), EventSourceError>;

    /// The last one, if there is one.
    ///
    /// # Errors
    /// Where the store fails.
    async fn get(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
    ) -> Result<Option<Snapshot>, EventSourceError>;

    /// Forgets it. Whether there was one.
    ///
    /// # Errors
    /// Where the store fails.
    async fn delete(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError>;

    /// Whether there is one.
    ///
    /// # Errors
    /// Where the store fails.
    async fn exists(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError>;

    /// Forgets those of all aggregates of a type, as after a change of it. How many there were.
    ///
    /// # Errors
    /// Where the store fails.
    async fn delete_by_type(&self, aggregate_type: &str) -> Result<u64, EventSourceError>;
}
