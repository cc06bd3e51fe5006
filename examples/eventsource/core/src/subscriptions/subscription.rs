//! One subscription.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard, watch};

use super::{SubscriptionMetrics, SubscriptionState, get_metrics};
use crate::bus::EventHandler;
use crate::observability::attributes::SubscriptionAttributes;
use crate::{Event, EventSourceError, HandlerError};

/// How a subscription goes about it.
#[derive(Clone, Copy, Debug)]
pub struct SubscriptionConfig {
    /// How many events are read from the store at a time.
    pub batch_size: usize,
    /// Whether it goes on after an event that could not be handled; else it is in the state `error` from then on.
    pub continue_on_error: bool,
}

impl Default for SubscriptionConfig {
    fn default() -> Self {
        Self { batch_size: 100, continue_on_error: true }
    }
}

/// A handler, and how far it is.
pub struct Subscription {
    subscriber: Arc<dyn EventHandler>,
    config: SubscriptionConfig,
    state: watch::Sender<SubscriptionState>,
    /// Of the last event that it is done with. Written by who has the turn.
    position: AtomicU64,
    /// Of the last event that is known to be there.
    latest: AtomicU64,
    /// Who delivers events, so that they come one after the other.
    turn: Mutex<()>,
    metrics: SubscriptionMetrics,
}

impl Subscription {
    pub(crate) fn new(subscriber: Arc<dyn EventHandler>, config: SubscriptionConfig) -> Self {
        let metrics = get_metrics(subscriber.name());
        metrics.set_state(SubscriptionState::Starting);
        Self {
            subscriber,
            config,
            state: watch::Sender::new(SubscriptionState::Starting),
            position: AtomicU64::new(0),
            latest: AtomicU64::new(0),
            turn: Mutex::default(),
            metrics,
        }
    }

    /// What it is called: as its subscriber.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subscriber.name()
    }

    /// How it goes about it.
    #[must_use]
    pub const fn config(&self) -> &SubscriptionConfig {
        &self.config
    }

    /// What it is at.
    #[must_use]
    pub fn state(&self) -> SubscriptionState {
        *self.state.borrow()
    }

    /// Waits until it is at that.
    pub async fn wait_for(&self, state: SubscriptionState) {
        // The sender is here, so it does not end.
        let _ = self.state.subscribe().wait_for(|its| *its == state).await;
    }

    /// The position of the last event that it is done with, 0 for none.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    /// Its numbers.
    #[must_use]
    pub const fn metrics(&self) -> &SubscriptionMetrics {
        &self.metrics
    }

    /// What spans say of it.
    pub(crate) fn attributes(&self) -> SubscriptionAttributes<'_> {
        SubscriptionAttributes {
            subscription_name: Some(self.name()),
            subscription_state: Some(self.state().name()),
            ..SubscriptionAttributes::default()
        }
    }

    /// It is live, unless it was told otherwise while it caught up. Whether it is.
    pub(crate) fn goes_live(&self) -> bool {
        self.state.send_if_modified(|state| {
            let catches_up = *state == SubscriptionState::CatchingUp;
            if catches_up {
                *state = SubscriptionState::Live;
                self.metrics.set_state(*state);
            }
            catches_up
        })
    }

    pub(crate) fn set_state(&self, state: SubscriptionState) {
        self.state.send_modify(|its| {
            *its = state;
            self.metrics.set_state(state);
        });
    }

    pub(crate) fn set_position(&self, position: u64) {
        self.position.store(position, Ordering::Release);
        self.seen(position);
    }

    /// There is an event at that position.
    pub(crate) fn seen(&self, position: u64) {
        let latest = self.latest.fetch_max(position, Ordering::AcqRel).max(position);
        self.metrics.set_lag(latest.saturating_sub(self.position()));
    }

    /// The right to deliver events.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Whether its subscriber wants an event.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        self.subscriber.handles(&event.event_type)
    }

    /// Its subscriber gets an event.
    pub(crate) async fn deliver(&self, event: &Event) -> Result<(), HandlerError> {
        let handled = self.subscriber.handle(event).await;
        match &handled {
            Ok(()) => self.metrics.processed(),
            Err(_) => self.metrics.failed(),
        }
        handled
    }

    /// It is done with an event, one way or the other.
    ///
    /// # Errors
    /// Where it has failed, and is not to go on.
    pub(crate) fn done(
        &self,
        event: &Event,
        delivered: Result<(), HandlerError>,
    ) -> Result<(), EventSourceError> {
        if let Err(error) = delivered {
            if !self.config.continue_on_error {
                self.set_state(SubscriptionState::Error);
                return EventSourceError::of_handlers(event, vec![(self.name().to_owned(), error)]);
            }
            tracing::warn!(
                target: super::manager::LOGGER,
                subscription = self.name(),
                event_id = event.event_id,
                error = error.as_error(),
                "An event was not handled"
            );
        }
        if let Some(position) = event.position {
            self.set_position(position);
        }
        Ok(())
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("name", &self.name())
            .field("state", &self.state())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
