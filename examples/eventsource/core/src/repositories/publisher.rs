//! From the outbox to the bus.

use std::sync::Arc;

use spanwright::{InContext, propagation};

use super::{OutboxEntry, OutboxRepository};
use crate::EventSourceError;
use crate::bus::EventBus;

const LOGGER: &str = "eventsource.repositories.outbox";

/// Publishes what is in the outbox, each event in the trace that it was added in.
#[derive(Debug)]
pub struct OutboxPublisher {
    outbox: OutboxRepository,
    bus: Arc<dyn EventBus>,
    max_retries: u64,
}

/// What has become of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// So many were published.
    pub published: u64,
    /// So many could not be, and wait on.
    pub retried: u64,
    /// So many were given up.
    pub failed: u64,
}

impl OutboxPublisher {
    /// To that bus. What could not be published is tried again so often.
    #[must_use]
    pub fn new(outbox: OutboxRepository, bus: Arc<dyn EventBus>, max_retries: u64) -> Self {
        Self { outbox, bus, max_retries }
    }

    /// Publishes what waits, at most so many. One that can't be published keeps those after it waiting, since they come in their
    /// order, unless it is given up.
    ///
    /// # Errors
    /// Where the outbox fails.
    pub async fn publish_pending(&self, limit: usize) -> Result<Published, EventSourceError> {
        let mut done = Published::default();
        for entry in self.outbox.get_pending(limit).await? {
            let there = propagation::extract(&entry.trace);
            match self.bus.publish(std::slice::from_ref(&entry.event)).in_context(there).await {
                Ok(()) => {
                    self.outbox.mark_published(&entry).await?;
                    done.published += 1;
                }
                Err(error) if entry.retry_count < self.max_retries => {
                    self.outbox.increment_retry(&entry, &error.to_string()).await?;
                    done.retried += 1;
                    break;
                }
                Err(error) => {
                    self.give_up(&entry, &error).await?;
                    done.failed += 1;
                }
            }
        }
        Ok(done)
    }

    async fn give_up(&self, entry: &OutboxEntry, error: &EventSourceError) -> Result<(), EventSourceError> {
        let (event_id, retry_count) = (&entry.event.event_id, entry.retry_count);
        tracing::error!(target: LOGGER, event_id, retry_count, error = error.as_error(), "An event was not published");
        self.outbox.mark_failed(entry, &error.to_string()).await
    }
}
