//! What is kept beside the events, in SQLite: how far projections are, what they could not handle, and what is still to be published.

mod checkpoint;
mod dlq;
mod outbox;
mod publisher;

pub use checkpoint::{Checkpoint, CheckpointRepository, LagMetrics};
pub use dlq::{DLQEntry, DLQRepository, DLQStats, DLQStatus};
pub use outbox::{OutboxEntry, OutboxRepository, OutboxStats};
pub use publisher::{OutboxPublisher, Published};
