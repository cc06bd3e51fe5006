//! Events of the past.

use std::sync::Arc;

use super::metrics::Instruments;
use super::{Phase, Subscription, SubscriptionState};
use crate::observability::attributes::{
    ATTR_EVENTS_PROCESSED, ATTR_POSITION, EventIdentity, SubscriptionAttributes,
};
use crate::observability::{Tracer, component, traced};
use crate::repositories::CheckpointRepository;
use crate::stores::EventStore;
use crate::{Event, EventSourceError, HandlerError};

const LOGGER: &str = "eventsource.subscriptions.catchup";

/// Delivers events of the store to a subscription.
#[derive(Debug)]
pub struct CatchUpRunner {
    subscription: Arc<Subscription>,
    event_store: Arc<dyn EventStore>,
    checkpoints: CheckpointRepository,
    tracer: Tracer,
}

component!(CatchUpRunner);

impl CatchUpRunner {
    /// For that subscription, with tracing.
    #[must_use]
    pub fn new(
        subscription: Arc<Subscription>,
        event_store: Arc<dyn EventStore>,
        checkpoints: CheckpointRepository,
    ) -> Self {
        Self { subscription, event_store, checkpoints, tracer: Tracer::new(LOGGER) }
    }

    /// Delivers what comes after the subscription's position, up to that one. How many events the subscription wanted.
    ///
    /// # Errors
    /// Where a store fails, and where an event does and the subscription does not go on then.
    #[traced(
        name = "eventsource.catchup_runner.run_until_position",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = SubscriptionAttributes {
                subscription_phase: Some(phase.name()),
                from_position: Some(self.subscription.position()),
                to_position: Some(target),
                batch_size: Some(self.subscription.config().batch_size as u64),
                ..self.subscription.attributes()
            }
        )
    )]
    pub async fn run_until_position(&self, target: u64, phase: Phase) -> Result<u64, EventSourceError> {
        let subscription = &self.subscription;
        subscription.seen(target);
        let mut processed = 0;
        // Who stops or pauses it does not wait for all of the past.
        while subscription.position() < target && subscription.state() == SubscriptionState::CatchingUp {
            let mut batch =
                self.event_store.read_all(subscription.position(), subscription.config().batch_size).await?;
            batch.retain(|event| event.position.is_some_and(|position| position <= target));
            if batch.is_empty() {
                // Positions may be left out, but events not.
                subscription.set_position(target);
                break;
            }
            let (mut wanted, mut last, mut done) = (0, None, Ok(()));
            for event in &batch {
                let wants = subscription.wants(event);
                let delivered = if wants { self.deliver_event(event).await } else { Ok(()) };
                done = subscription.done(event, delivered);
                if done.is_err() {
                    break;
                }
                wanted += u64::from(wants);
                last = Some(event);
            }
            // One that fails comes again, and those before it don't.
            if let Some(last) = last {
                self.checkpoints.update_checkpoint(subscription.name(), last, wanted).await?;
            }
            done?;
            processed += wanted;
        }
        spanwright::record!({ ATTR_EVENTS_PROCESSED } = processed);
        Ok(processed)
    }

    #[traced(
        name = "eventsource.catchup_runner.deliver_event",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = self.subscription.attributes(),
            {ATTR_POSITION} = event.position,
            ..EventIdentity = event.identity()
        ),
        metrics(into = Instruments::global(), labels = self.subscription.metrics().labels())
    )]
    async fn deliver_event(&self, event: &Event) -> Result<(), HandlerError> {
        self.subscription.deliver(event).await
    }
}
