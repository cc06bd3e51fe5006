//! Subscriptions that wait.

use super::manager::Running;
use super::{Subscription, SubscriptionState};
use crate::EventSourceError;
use crate::observability::attributes::{
    ATTR_EVENTS_PROCESSED, ATTR_POSITION, ATTR_SUBSCRIPTION_STATE, SubscriptionAttributes,
};
use crate::observability::{Tracer, component, traced};

const LOGGER: &str = "eventsource.subscriptions.pause_resume";

/// Has subscriptions wait and go on. While one waits, events are left to the store.
#[derive(Debug)]
pub struct PauseResumeController {
    tracer: Tracer,
}

component!(PauseResumeController);

impl PauseResumeController {
    pub(crate) fn new() -> Self {
        Self { tracer: Tracer::new(LOGGER) }
    }

    /// Has one wait that catches up or is live. Whether it does.
    #[traced(
        name = "eventsource.pause_resume.pause",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = subscription.attributes(),
            {ATTR_POSITION} = subscription.position()
        )
    )]
    pub(crate) async fn pause(&self, subscription: &Subscription) -> bool {
        let runs = matches!(subscription.state(), SubscriptionState::CatchingUp | SubscriptionState::Live);
        if runs {
            subscription.set_state(SubscriptionState::Paused);
        }
        spanwright::record!({ ATTR_SUBSCRIPTION_STATE } = subscription.state().name());
        runs
    }

    /// Delivers what has come meanwhile, and is live again. Whether it waited.
    #[traced(
        name = "eventsource.pause_resume.resume",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = running.subscription.attributes(),
            {ATTR_POSITION} = running.subscription.position()
        )
    )]
    pub(crate) async fn resume(&self, running: &Running) -> Result<bool, EventSourceError> {
        let subscription = &running.subscription;
        let waited = subscription.state() == SubscriptionState::Paused;
        if waited {
            subscription.set_state(SubscriptionState::CatchingUp);
            let processed = running.transition.go_live().await?;
            spanwright::record!({ ATTR_EVENTS_PROCESSED } = processed);
        }
        spanwright::record!({ ATTR_SUBSCRIPTION_STATE } = subscription.state().name());
        Ok(waited)
    }
}
