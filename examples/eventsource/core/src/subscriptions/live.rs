//! Live events.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::metrics::Instruments;
use super::{Subscription, SubscriptionState};
use crate::bus::{EventBus, EventHandler, HandlerId};
use crate::observability::attributes::{ATTR_POSITION, EventIdentity, SubscriptionAttributes};
use crate::observability::{Traced, Tracer, traced};
use crate::repositories::CheckpointRepository;
use crate::stores::EventStore;
use crate::{Event, EventSourceError, HandlerError};

const LOGGER: &str = "eventsource.subscriptions.live";

/// Delivers events of the bus to a subscription, once that is live. Clones are the same one.
#[derive(Clone)]
pub struct LiveRunner {
    inner: Arc<Inner>,
    event_bus: Arc<dyn EventBus>,
}

/// What the bus has.
struct Inner {
    subscription: Arc<Subscription>,
    event_store: Arc<dyn EventStore>,
    checkpoints: CheckpointRepository,
    registered: Mutex<Option<HandlerId>>,
    tracer: Tracer,
}

impl LiveRunner {
    /// For that subscription, with tracing.
    #[must_use]
    pub fn new(
        subscription: Arc<Subscription>,
        event_store: Arc<dyn EventStore>,
        event_bus: Arc<dyn EventBus>,
        checkpoints: CheckpointRepository,
    ) -> Self {
        let (registered, tracer) = (Mutex::default(), Tracer::new(LOGGER));
        let inner = Inner { subscription, event_store, checkpoints, registered, tracer };
        Self { inner: Arc::new(inner), event_bus }
    }

    /// Whether there are spans of this instance.
    #[must_use]
    pub fn enable_tracing(self, enabled: bool) -> Self {
        self.inner.tracer.switch(enabled);
        self
    }

    /// Whether it listens.
    pub(crate) fn is_listening(&self) -> bool {
        self.registered().is_some()
    }

    /// Listens to the bus, if it does not yet. Events that come before the subscription is live are left to the store.
    #[traced(
        name = "eventsource.live_runner.start",
        target = LOGGER,
        enabled = self,
        fields(..SubscriptionAttributes = self.inner.subscription.attributes())
    )]
    pub async fn start(&self) {
        let mut registered = self.registered();
        if registered.is_none() {
            *registered =
                Some(self.event_bus.subscribe_to_all(Arc::clone(&self.inner) as Arc<dyn EventHandler>));
        }
    }

    /// Listens no more.
    pub fn stop(&self) {
        if let Some(handler) = self.registered().take() {
            self.event_bus.unsubscribe(handler);
        }
    }

    fn registered(&self) -> std::sync::MutexGuard<'_, Option<HandlerId>> {
        self.inner.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Delivers an event, after those between it and the last one, which the bus has not brought.
    async fn take(&self, event: &Event, position: u64) -> Result<(), EventSourceError> {
        let (from, batch_size) = (self.subscription.position(), self.subscription.config().batch_size);
        let mut last = from;
        while last + 1 < position {
            let missed = self.event_store.read_all(last, batch_size).await?;
            let before = missed.iter().filter(|missed| missed.position.is_some_and(|its| its < position));
            let mut any = false;
            for missed in before {
                any = true;
                self.process(missed).await?;
                last = self.subscription.position();
            }
            if !any {
                break;
            }
        }
        self.process(event).await
    }

    async fn process(&self, event: &Event) -> Result<(), EventSourceError> {
        let wanted = self.subscription.wants(event);
        let delivered = if wanted { self.process_event(event).await } else { Ok(()) };
        self.subscription.done(event, delivered)?;
        self.checkpoints.update_checkpoint(self.subscription.name(), event, u64::from(wanted)).await
    }

    #[traced(
        name = "eventsource.live_runner.process_event",
        target = LOGGER,
        enabled = self,
        fields(
            ..SubscriptionAttributes = self.subscription.attributes(),
            {ATTR_POSITION} = event.position,
            ..EventIdentity = event.identity()
        ),
        metrics(into = Instruments::global(), labels = self.subscription.metrics().labels())
    )]
    async fn process_event(&self, event: &Event) -> Result<(), HandlerError> {
        self.subscription.deliver(event).await
    }
}

#[async_trait]
impl EventHandler for Inner {
    fn name(&self) -> &str {
        self.subscription.name()
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        let Some(position) = event.position else {
            return Err(HandlerError::new(
                "UnstoredEventError",
                "an event without a position is in no store",
            ));
        };
        let _turn = self.subscription.turn().await;
        self.subscription.seen(position);
        let is_new = position > self.subscription.position();
        if is_new && self.subscription.state() == SubscriptionState::Live {
            self.take(event, position).await?;
        }
        Ok(())
    }
}

impl Traced for Inner {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl Traced for LiveRunner {
    fn tracer(&self) -> &Tracer {
        &self.inner.tracer
    }
}

impl fmt::Debug for LiveRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveRunner").field("subscription", &self.inner.subscription).finish_non_exhaustive()
    }
}
