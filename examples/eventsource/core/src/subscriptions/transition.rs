//! From the past to live events.

use std::sync::Arc;

use spanwright::Label;

use super::{CatchUpRunner, LiveRunner, Subscription, SubscriptionState};
use crate::EventSourceError;
use crate::observability::attributes::{
    ATTR_EVENTS_PROCESSED, ATTR_SUBSCRIPTION_PHASE, ATTR_TO_POSITION, SubscriptionAttributes,
};
use crate::observability::{Tracer, component, traced};
use crate::stores::EventStore;

const LOGGER: &str = "eventsource.subscriptions.transition";

/// How far a transition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum Phase {
    /// What was there when it began is delivered.
    InitialCatchup,
    /// The bus is listened to, and what has come meanwhile is delivered.
    FinalCatchup,
    /// It is done.
    Live,
}

impl Phase {
    /// As spans have it: `initial_catchup`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::VALUES[self.index() as usize]
    }
}

/// Takes a subscription from the past to live events, without a gap.
#[derive(Debug)]
pub struct TransitionCoordinator {
    subscription: Arc<Subscription>,
    event_store: Arc<dyn EventStore>,
    catchup: CatchUpRunner,
    live: LiveRunner,
    tracer: Tracer,
}

component!(TransitionCoordinator);

impl TransitionCoordinator {
    /// With these runners, with tracing.
    #[must_use]
    pub fn new(
        subscription: Arc<Subscription>,
        event_store: Arc<dyn EventStore>,
        catchup: CatchUpRunner,
        live: LiveRunner,
    ) -> Self {
        Self { subscription, event_store, catchup, live, tracer: Tracer::new(LOGGER) }
    }

    /// Does so.
    ///
    /// # Errors
    /// Where a store fails, and where an event does and the subscription does not go on then.
    #[traced(
        name = "eventsource.transition_coordinator.execute",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = SubscriptionAttributes {
                subscription_phase: Some(Phase::InitialCatchup.name()),
                from_position: Some(self.subscription.position()),
                ..self.subscription.attributes()
            }
        )
    )]
    pub async fn execute(&self) -> Result<(), EventSourceError> {
        self.subscription.set_state(SubscriptionState::CatchingUp);
        let target = self.event_store.current_position().await?;
        let mut processed = self.catchup.run_until_position(target, Phase::InitialCatchup).await?;
        if self.subscription.state() == SubscriptionState::CatchingUp {
            spanwright::record!({ ATTR_SUBSCRIPTION_PHASE } = Phase::FinalCatchup.name());
            processed += self.go_live().await?;
        }
        if self.subscription.state() == SubscriptionState::Live {
            spanwright::record!({ ATTR_SUBSCRIPTION_PHASE } = Phase::Live.name());
        }
        let position = self.subscription.position();
        spanwright::record!({ ATTR_TO_POSITION } = position, { ATTR_EVENTS_PROCESSED } = processed);
        Ok(())
    }

    /// Listens to the bus, delivers what is in the store, and is live from then on, unless it was told to pause or to stop. What
    /// the bus brings meanwhile waits, and is then known already.
    pub(crate) async fn go_live(&self) -> Result<u64, EventSourceError> {
        if !self.live.is_listening() {
            self.live.start().await;
        }
        let _turn = self.subscription.turn().await;
        let target = self.event_store.current_position().await?;
        let processed = self.catchup.run_until_position(target, Phase::FinalCatchup).await?;
        if !self.subscription.goes_live() {
            self.live.stop();
        }
        Ok(processed)
    }

    pub(crate) const fn live(&self) -> &LiveRunner {
        &self.live
    }
}
