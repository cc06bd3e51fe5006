//! The begin and the end of all subscriptions.

use super::SubscriptionState;
use super::manager::{Running, Shared};
use crate::EventSourceError;
use crate::observability::attributes::SubscriptionAttributes;
use crate::observability::{Tracer, component, traced};

const LOGGER: &str = "eventsource.subscriptions.lifecycle";

/// Starts and stops subscriptions.
#[derive(Debug)]
pub struct SubscriptionLifecycleManager {
    tracer: Tracer,
}

component!(SubscriptionLifecycleManager);

impl SubscriptionLifecycleManager {
    pub(crate) fn new() -> Self {
        Self { tracer: Tracer::new(LOGGER) }
    }

    /// Goes on from the subscription's checkpoint until it is live.
    #[traced(
        name = "eventsource.lifecycle.start",
        target = LOGGER,
        enabled = self,
        fields(..SubscriptionAttributes = running.subscription.attributes())
    )]
    pub(crate) async fn start(&self, running: &Running, shared: &Shared) -> Result<(), EventSourceError> {
        let subscription = &running.subscription;
        subscription.set_state(SubscriptionState::Starting);
        let checkpoint = shared.checkpoints.get_checkpoint(subscription.name()).await?;
        subscription.set_position(checkpoint.map_or(0, |its| its.position));
        running.transition.execute().await
    }

    /// Listens no more, and waits for the event that is being handled.
    #[traced(
        name = "eventsource.lifecycle.stop",
        target = LOGGER,
        enabled = self,
        fields(..SubscriptionAttributes = running.subscription.attributes())
    )]
    pub(crate) async fn stop(&self, running: &Running) {
        running.subscription.set_state(SubscriptionState::Stopped);
        let _turn = running.subscription.turn().await;
        running.transition.live().stop();
    }
}
