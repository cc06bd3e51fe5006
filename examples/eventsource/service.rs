//! The service: orders, the way of their events, and what is made of them.

use std::future::{self, Future};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource::aggregates::AggregateRepository;
use eventsource::bus::{EventBus, EventHandler, handler};
use eventsource::projections::{Projection, ProjectionCoordinator, ProjectionRegistry};
use eventsource::repositories::{
    CheckpointRepository, DLQRepository, OutboxPublisher, OutboxRepository, Published,
};
use eventsource::stores::EventStore;
use eventsource::subscriptions::{
    Subscription, SubscriptionConfig, SubscriptionManager, SubscriptionState, get_metrics,
};
use eventsource::{Database, EventSourceError, Payload, now_millis};
use spanwright::health::{self, Check};
use tokio::time::{Instant, sleep};

use crate::connections::Connections;
use crate::options::{Options, Role};
use crate::orders::{OrderAggregate, OrderCreated, OrderService};
use crate::projections::{self, ShippingProjection, order_projection};

/// After how many events of an order there is a snapshot.
const SNAPSHOT_EVERY: u64 = 3;
/// How often what fails is tried again, before it is a dead letter, or given up.
const RETRIES: u64 = 2;
/// How long the end waits for events that are still on their way.
const PATIENCE: Duration = Duration::from_secs(30);

/// The whole of it.
#[derive(Debug)]
pub struct Service {
    role: Role,
    database: Database,
    event_store: Arc<dyn EventStore>,
    bus: Arc<dyn EventBus>,
    orders: OrderService,
    outbox: Option<OutboxRepository>,
    publisher: Option<OutboxPublisher>,
    subscriptions: SubscriptionManager,
    checkpoints: CheckpointRepository,
    dlq: DLQRepository,
    shipping: Arc<Projection<ShippingProjection>>,
    notified: Arc<AtomicU64>,
}

impl Service {
    /// Puts it together.
    pub async fn new(options: &Options) -> Result<Self, EventSourceError> {
        let Connections { database, event_store, snapshots, bus, outbox } =
            Connections::open(options).await?;
        let mut repository =
            AggregateRepository::new(Arc::clone(&event_store), OrderAggregate::default, "Order")
                .with_snapshots(snapshots, SNAPSHOT_EVERY);
        if outbox.is_none() {
            repository = repository.with_event_publisher(Arc::clone(&bus));
        }
        let checkpoints = CheckpointRepository::new(&database)?;
        let dlq = DLQRepository::new(&database)?;
        let shipping = Projection::new(ShippingProjection::new())
            .enable_tracing(traces_projections())
            .max_retries(RETRIES)
            .with_dlq(dlq.clone());
        Ok(Self {
            role: options.role,
            orders: OrderService::new(repository),
            publisher: outbox.clone().map(|outbox| OutboxPublisher::new(outbox, Arc::clone(&bus), RETRIES)),
            outbox,
            subscriptions: SubscriptionManager::new(
                Arc::clone(&event_store),
                Arc::clone(&bus),
                checkpoints.clone(),
            ),
            database,
            event_store,
            bus,
            checkpoints,
            dlq,
            shipping: Arc::new(shipping),
            notified: Arc::default(),
        })
    }

    /// Handles events from here on.
    pub async fn start(&self) -> Result<(), EventSourceError> {
        if self.role == Role::Publisher {
            return Ok(());
        }
        let orders = order_projection(&self.database)?.enable_tracing(traces_projections());
        let projections: [Arc<dyn EventHandler>; 2] = [Arc::new(orders), Arc::clone(&self.shipping) as _];
        let notified = Arc::clone(&self.notified);
        let notify = handler("NotificationService", move |event| {
            notified.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(target: "eventsource.orders", order = event.aggregate_id, "Customer notified");
            async { Ok(()) }
        });
        for projection in projections {
            if self.role == Role::Both {
                let subscription =
                    self.subscriptions.subscribe(projection, SubscriptionConfig::default()).await?;
                let checked = Arc::clone(&subscription);
                health::add(Check::new(subscription.name(), move || future::ready(check(&checked))));
            } else {
                // The events are another process', and so is their store.
                self.bus.subscribe_to_all(projection);
            }
        }
        self.bus.subscribe(OrderCreated::EVENT_TYPE, notify);
        self.subscriptions.start().await
    }

    /// Takes events from the broker until [`stop`](Self::stop), if there is one.
    pub fn consume(&self) -> impl Future<Output = Result<(), EventSourceError>> + Send + use<> {
        let (bus, publishes_only) = (Arc::clone(&self.bus), self.role == Role::Publisher);
        async move { if publishes_only { Ok(()) } else { bus.start_consuming().await } }
    }

    /// Takes one order, whose events are then published. Every tenth one comes while a projection waits, as for maintenance.
    pub async fn take_order(&self, number: u64) -> Result<(), EventSourceError> {
        let waits = number % 10 == 5
            && self.role == Role::Both
            && self.subscriptions.pause("OrderProjection").await?;
        self.orders.take_order(number).await?;
        if let Some(publisher) = &self.publisher {
            publisher.publish_pending(100).await?;
        }
        if waits {
            self.subscriptions.resume("OrderProjection").await?;
        }
        Ok(())
    }

    /// How many orders customers were told of.
    pub fn notified(&self) -> u64 {
        self.notified.load(Ordering::Relaxed)
    }

    /// Waits until what was saved has been published and handled; else what is missing is in the summary.
    pub async fn settle(&self) -> Result<(), EventSourceError> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && (self.is_publishing().await? || self.is_behind().await?) {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Publishes what still waits. Whether there is more.
    async fn is_publishing(&self) -> Result<bool, EventSourceError> {
        let Some(publisher) = &self.publisher else { return Ok(false) };
        Ok(publisher.publish_pending(100).await? != Published::default())
    }

    /// Whether a subscription has not had all events.
    async fn is_behind(&self) -> Result<bool, EventSourceError> {
        let position = self.event_store.current_position().await?;
        Ok(self.subscriptions.subscriptions().iter().any(|subscription| subscription.position() < position))
    }

    /// Somebody looks at the dead letters, mends what they died of, and has them handled once more.
    pub async fn mend(&self) -> Result<u64, EventSourceError> {
        self.shipping.project().learn("pigeon");
        let registry = ProjectionRegistry::new().register(Arc::clone(&self.shipping) as _);
        let again = ProjectionCoordinator::new(registry).enable_tracing(traces_projections());
        for (projection, letters) in self.dlq.get_projection_counts().await? {
            tracing::warn!(target: "eventsource.orders", projection, letters, "There are dead letters");
        }
        let mut mended = 0;
        for letter in self.dlq.get(None, 100).await? {
            let Some(letter) = self.dlq.retry(letter.id).await? else { continue };
            if again.coordinate(std::slice::from_ref(&letter.event)).await == 1 {
                self.dlq.resolve(letter.id, "eventsource").await?;
                mended += 1;
            }
        }
        Ok(mended)
    }

    /// Stops, and says what has become of it all.
    pub async fn stop(&self) -> Result<String, EventSourceError> {
        self.bus.shutdown().await?;
        self.subscriptions.stop().await;
        let mut lines = Vec::new();
        if self.role != Role::Consumer {
            lines.push(format!("{} events are in the store", self.event_store.current_position().await?));
        }
        if let Some(outbox) = &self.outbox {
            let its = outbox.get_stats().await?;
            let (published, pending, failed) = (its.published, its.pending, its.failed);
            lines.push(format!("outbox: {published} events published, {pending} waiting, {failed} given up"));
            outbox.cleanup(now_millis()).await?;
        }
        if self.role != Role::Publisher {
            lines.extend(self.handled().await?);
        }
        Ok(lines.join("\n"))
    }

    /// What has become of the events that were handled here.
    async fn handled(&self) -> Result<Vec<String>, EventSourceError> {
        let (orders, cents) = projections::shipped(&self.database).await?;
        let (shipments, notified) = (self.shipping.project().shipments(), self.notified());
        let (euros, cents) = (cents / 100, cents % 100);
        let letters = self.dlq.get_stats().await?;
        self.dlq.delete_resolved(now_millis()).await?;
        let mut lines = vec![
            format!("{orders} orders were shipped, for {euros}.{cents:02}"),
            format!("{shipments} shipments, {notified} customers notified"),
            format!("{} dead letters, and {} that were mended", letters.failed, letters.resolved),
        ];
        let position = self.event_store.current_position().await?;
        for checkpoint in self.checkpoints.get_all_checkpoints().await? {
            let name = &checkpoint.projection_name;
            let behind = self.checkpoints.get_lag_metrics(name, position).await?.lag;
            let numbers = get_metrics(name).get_snapshot();
            let (processed, failed) = (numbers.events_processed, numbers.events_failed);
            lines.push(format!("{name}: {processed} events processed, {failed} failed, {behind} to come"));
        }
        Ok(lines)
    }
}

/// Whether a subscription does what it should.
fn check(subscription: &Subscription) -> Result<(), &'static str> {
    match subscription.state() {
        SubscriptionState::Error => Err("it has failed; the log says why"),
        _ => Ok(()),
    }
}

/// Whether projections have spans: nothing is called as often, so not in production.
fn traces_projections() -> bool {
    std::env::var("ENVIRONMENT").is_ok_and(|environment| matches!(&*environment, "development" | "staging"))
}
