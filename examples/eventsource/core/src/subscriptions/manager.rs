//! All subscriptions of a program.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{
    CatchUpRunner, LiveRunner, PauseResumeController, Subscription, SubscriptionConfig,
    SubscriptionLifecycleManager, SubscriptionState, TransitionCoordinator,
};
use crate::EventSourceError;
use crate::bus::{EventBus, EventHandler};
use crate::observability::attributes::{
    ATTR_BATCH_SIZE, ATTR_POSITION, ATTR_SUBSCRIPTION_NAME, ATTR_SUBSCRIPTION_STATE, SubscriptionAttributes,
};
use crate::observability::{Traced, Tracer, traced};
use crate::repositories::CheckpointRepository;
use crate::stores::EventStore;

pub(crate) const LOGGER: &str = "eventsource.subscriptions.manager";

/// Has subscriptions, and starts and stops them.
#[derive(Debug)]
pub struct SubscriptionManager {
    shared: Shared,
    lifecycle: SubscriptionLifecycleManager,
    pause_resume: PauseResumeController,
    /// By their names.
    subscriptions: Mutex<BTreeMap<String, Arc<Running>>>,
    tracer: Tracer,
}

/// Where events come from, and what is remembered of them.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) event_store: Arc<dyn EventStore>,
    pub(crate) event_bus: Arc<dyn EventBus>,
    pub(crate) checkpoints: CheckpointRepository,
}

/// A subscription, and what delivers its events.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) transition: TransitionCoordinator,
}

impl SubscriptionManager {
    /// Without subscriptions yet, with tracing.
    #[must_use]
    pub fn new(
        event_store: Arc<dyn EventStore>,
        event_bus: Arc<dyn EventBus>,
        checkpoint_repo: CheckpointRepository,
    ) -> Self {
        Self {
            shared: Shared { event_store, event_bus, checkpoints: checkpoint_repo },
            lifecycle: SubscriptionLifecycleManager::new(),
            pause_resume: PauseResumeController::new(),
            subscriptions: Mutex::default(),
            tracer: Tracer::new(LOGGER),
        }
    }

    /// Whether there are spans of this instance, and of all that delivers events of subscriptions made from then on.
    #[must_use]
    pub fn enable_tracing(mut self, enabled: bool) -> Self {
        self.tracer.switch(enabled);
        self.lifecycle = self.lifecycle.enable_tracing(enabled);
        self.pause_resume = self.pause_resume.enable_tracing(enabled);
        self
    }

    /// Adds a subscription, which is called as its subscriber.
    ///
    /// # Errors
    /// Where there is one of that name.
    #[traced(
        name = "eventsource.subscription_manager.subscribe",
        target = LOGGER,
        enabled = self,
        fields(
            {ATTR_SUBSCRIPTION_NAME} = subscriber.name(),
            {ATTR_SUBSCRIPTION_STATE} = SubscriptionState::Starting.name(),
            {ATTR_BATCH_SIZE} = config.batch_size
        )
    )]
    pub async fn subscribe(
        &self,
        subscriber: Arc<dyn EventHandler>,
        config: SubscriptionConfig,
    ) -> Result<Arc<Subscription>, EventSourceError> {
        let name = subscriber.name().to_owned();
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        if subscriptions.contains_key(&name) {
            return Err(EventSourceError::Subscription { name, problem: "is there already" });
        }
        let subscription = Arc::new(Subscription::new(subscriber, config));
        tracing::info!(target: LOGGER, subscription = name, "Subscribed");
        subscriptions.insert(name, Arc::new(self.runners(&subscription)));
        Ok(subscription)
    }

    /// Starts all subscriptions, one after the other; they are live then.
    ///
    /// # Errors
    /// Those of the first one that fails.
    pub async fn start(&self) -> Result<(), EventSourceError> {
        for running in self.all() {
            self.start_subscription(running.subscription.name()).await?;
        }
        Ok(())
    }

    /// Starts one; it is live then.
    ///
    /// # Errors
    /// Where there is none of that name, where a store fails, and where an event does and the subscription does not go on then.
    #[traced(
        name = "eventsource.subscription_manager.start_subscription",
        target = LOGGER,
        enabled = self,
        fields({ATTR_SUBSCRIPTION_NAME} = name, {ATTR_SUBSCRIPTION_STATE} = Empty, {ATTR_POSITION} = Empty)
    )]
    pub async fn start_subscription(&self, name: &str) -> Result<(), EventSourceError> {
        let running = self.running(name)?;
        let subscription = &running.subscription;
        let started = self.lifecycle.start(&running, &self.shared).await;
        if started.is_err() {
            subscription.set_state(SubscriptionState::Error);
        }
        let (state, position) = (subscription.state().name(), subscription.position());
        spanwright::record!({ ATTR_SUBSCRIPTION_STATE } = state, { ATTR_POSITION } = position);
        match &started {
            Ok(()) => {
                tracing::info!(target: LOGGER, subscription = name, state, position, "Subscription started")
            }
            Err(error) => {
                tracing::error!(target: LOGGER, subscription = name, position, error = error.as_error(), "Subscription failed");
            }
        }
        started
    }

    /// Has one wait. Whether it ran.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub async fn pause(&self, name: &str) -> Result<bool, EventSourceError> {
        Ok(self.pause_resume.pause(&self.running(name)?.subscription).await)
    }

    /// Has one go on with what has come meanwhile. Whether it waited.
    ///
    /// # Errors
    /// Where there is none of that name, where a store fails, and where an event does and the subscription does not go on then.
    pub async fn resume(&self, name: &str) -> Result<bool, EventSourceError> {
        self.pause_resume.resume(&*self.running(name)?).await
    }

    /// Stops all of them, and waits for the events that are being handled.
    #[traced(
        name = "eventsource.subscription_manager.stop",
        target = LOGGER,
        enabled = self,
        fields({ATTR_SUBSCRIPTION_STATE} = SubscriptionState::Stopped.name())
    )]
    pub async fn stop(&self) {
        for running in self.all() {
            self.lifecycle.stop(&running).await;
            let SubscriptionAttributes { subscription_name, .. } = running.subscription.attributes();
            tracing::info!(target: LOGGER, subscription = subscription_name, "Subscription stopped");
        }
    }

    /// All subscriptions, by their names.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        self.all().iter().map(|running| Arc::clone(&running.subscription)).collect()
    }

    fn runners(&self, subscription: &Arc<Subscription>) -> Running {
        let traced = self.tracer.is_on();
        let Shared { event_store, event_bus, checkpoints } = &self.shared;
        let (subscription, store) = (Arc::clone(subscription), Arc::clone(event_store));
        let catchup = CatchUpRunner::new(Arc::clone(&subscription), Arc::clone(&store), checkpoints.clone());
        let live = LiveRunner::new(
            Arc::clone(&subscription),
            Arc::clone(&store),
            Arc::clone(event_bus),
            checkpoints.clone(),
        );
        let (catchup, live) = (catchup.enable_tracing(traced), live.enable_tracing(traced));
        let transition = TransitionCoordinator::new(Arc::clone(&subscription), store, catchup, live);
        Running { subscription, transition: transition.enable_tracing(traced) }
    }

    fn running(&self, name: &str) -> Result<Arc<Running>, EventSourceError> {
        let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || EventSourceError::Subscription { name: name.to_owned(), problem: "is not there" };
        subscriptions.get(name).cloned().ok_or_else(unknown)
    }

    fn all(&self) -> Vec<Arc<Running>> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl Traced for SubscriptionManager {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}
