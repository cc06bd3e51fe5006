//! Orders: what happens to them, and what that makes of them.

use eventsource::aggregates::{Aggregate, AggregateRepository, State};
use eventsource::{Event, EventSourceError, Payload, new_id};
use serde::{Deserialize, Serialize};
use spanwright::instrument;

/// Somebody orders.
#[derive(Debug, Serialize, Deserialize)]
pub struct OrderCreated {
    pub customer: String,
}

/// One more thing.
#[derive(Debug, Serialize, Deserialize)]
pub struct ItemAdded {
    pub item: String,
    pub cents: u64,
}

/// It is on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct OrderShipped {
    pub carrier: String,
}

impl Payload for OrderCreated {
    const EVENT_TYPE: &'static str = "OrderCreated";
}

impl Payload for ItemAdded {
    const EVENT_TYPE: &'static str = "ItemAdded";
}

impl Payload for OrderShipped {
    const EVENT_TYPE: &'static str = "OrderShipped";
}

/// An order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OrderAggregate {
    customer: String,
    items: Vec<String>,
    total_cents: u64,
    shipped: bool,
}

impl State for OrderAggregate {
    fn apply(&mut self, event: &Event) -> Result<(), EventSourceError> {
        if let Some(OrderCreated { customer }) = event.payload()? {
            self.customer = customer;
        } else if let Some(ItemAdded { item, cents }) = event.payload()? {
            self.items.push(item);
            self.total_cents += cents;
        } else if event.payload::<OrderShipped>()?.is_some() {
            self.shipped = true;
        }
        Ok(())
    }
}

type Order = Aggregate<OrderAggregate>;

/// Takes orders.
#[derive(Debug)]
pub struct OrderService {
    repository: AggregateRepository<OrderAggregate>,
}

impl OrderService {
    /// With the orders of that repository.
    pub fn new(repository: AggregateRepository<OrderAggregate>) -> Self {
        Self { repository }
    }

    /// An order from its beginning to its end.
    #[instrument(record(number), fields(order = Empty), err)]
    pub async fn take_order(&self, number: u64) -> Result<(), EventSourceError> {
        let id = new_id();
        spanwright::record!(order = &id);
        self.place(&id, number).await?;
        self.change_at_once(&id).await?;
        // Nobody has taught the projection of shipments about pigeons.
        let carrier = if number % 5 == 3 { "pigeon" } else { "courier" };
        self.ship(&id, carrier).await
    }

    /// A new order, of two events.
    #[instrument(record(number))]
    async fn place(&self, id: &str, number: u64) -> Result<(), EventSourceError> {
        if self.repository.exists(id).await? {
            return Ok(());
        }
        let mut order = self.repository.create(id).for_tenant("tenant-123").by("user@example.com");
        order.raise(&OrderCreated { customer: format!("customer {number}") })?;
        order.raise(&ItemAdded { item: "teapot".to_owned(), cents: 1990 })?;
        self.repository.save(&mut order).await
    }

    /// Two clerks change an order at once: one of them has to do so again.
    #[instrument]
    async fn change_at_once(&self, id: &str) -> Result<(), EventSourceError> {
        let add =
            |item: &str, order: &mut Order| order.raise(&ItemAdded { item: item.to_owned(), cents: 450 });
        let mut late = self.repository.load(id).await?;
        self.repository.update(id, 3, |order| add("cup", order)).await?;
        add("saucer", &mut late)?;
        match self.repository.save(&mut late).await {
            Err(EventSourceError::OptimisticLock { .. }) => {
                self.repository.update(id, 3, |order| add("saucer", order)).await.map(drop)
            }
            saved => saved,
        }
    }

    /// An order is on its way.
    #[instrument(record(carrier))]
    async fn ship(&self, id: &str, carrier: &str) -> Result<(), EventSourceError> {
        let carrier = carrier.to_owned();
        let shipped = self
            .repository
            .update(id, 3, |order| order.raise(&OrderShipped { carrier: carrier.clone() }))
            .await?;
        let OrderAggregate { items, total_cents, .. } = shipped.state();
        tracing::info!(target: "eventsource.orders", order = id, items = items.len(), total_cents, "Order shipped");
        Ok(())
    }
}
