//! Event stores: the events of aggregates, each at a version of its own, and all in one order.

pub mod memory;
#[cfg(feature = "postgresql")]
pub mod postgresql;
pub mod sqlite;

use std::fmt;

use async_trait::async_trait;

use crate::{Event, EventSourceError};

pub use memory::InMemoryEventStore;
#[cfg(feature = "postgresql")]
pub use postgresql::PostgreSQLEventStore;
pub use sqlite::SQLiteEventStore;

/// Where events are kept.
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync {
    /// Appends events to those of an aggregate which is expected to be at that version, 0 for a new one: all of them or none.
    /// They come back with their positions.
    ///
    /// # Errors
    /// [`EventSourceError::OptimisticLock`] where it is at another, and where the store fails.
    async fn append_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        events: Vec<Event>,
        expected_version: u64,
    ) -> Result<Vec<Event>, EventSourceError>;

    /// The events of an aggregate after that version, 0 for all, in their order.
    ///
    /// # Errors
    /// Where the store fails.
    async fn get_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        from_version: u64,
    ) -> Result<Vec<Event>, EventSourceError>;

    /// The version of an aggregate, 0 where there is none.
    ///
    /// # Errors
    /// Where the store fails.
    async fn get_version(&self, aggregate_id: &str, aggregate_type: &str) -> Result<u64, EventSourceError>;

    /// At most so many events of all aggregates after that position, in their order.
    ///
    /// # Errors
    /// Where the store fails.
    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Event>, EventSourceError>;

    /// The position of the last event, 0 where there is none.
    ///
    /// # Errors
    /// Where the store fails.
    async fn current_position(&self) -> Result<u64, EventSourceError>;
}

/// As a stream of events is called.
#[must_use]
pub fn stream_id(aggregate_id: &str, aggregate_type: &str) -> String {
    format!("{aggregate_id}:{aggregate_type}")
}

/// What is said of an aggregate which is at another version.
pub(crate) fn optimistic_lock(
    aggregate_id: &str,
    aggregate_type: &str,
    expected: u64,
    actual: u64,
) -> EventSourceError {
    EventSourceError::OptimisticLock {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        expected,
        actual,
    }
}
