//! What the shop does: takes an order, charges the card, and has it shipped.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spanwright::{Label, instrument};

use crate::metrics::ShopMetrics;
use crate::payment::{Card, PaymentError, Provider};
use crate::shipping::Shipping;
use crate::store::{Store, StoreError};
use crate::trouble::Trouble;

/// The number of an order.
pub type OrderId = i64;

/// An order.
#[derive(Debug, Serialize)]
pub struct Order {
    pub id: OrderId,
    pub item: String,
    pub quantity: u32,
    pub total_cents: u64,
    pub status: Status,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, Deserialize, Label, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Placed,
    Paid,
    Declined,
    Shipped,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Placed, Self::Paid, Self::Declined, Self::Shipped];

    /// The status as its label has it.
    pub fn name(self) -> &'static str {
        Self::VALUES[self as usize]
    }
}

/// Why the shop could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error(transparent)]
    Payment(#[from] PaymentError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The shop, shared by all requests.
#[derive(Clone)]
pub struct Shop {
    store: Arc<Store>,
    provider: Arc<Provider>,
    shipping: Shipping,
}

impl Shop {
    /// A shop that keeps its orders in `store` and hands what is paid to `shipping`.
    pub fn new(store: Arc<Store>, shipping: Shipping, trouble: Trouble) -> Self {
        Self { store, provider: Arc::new(Provider::new(trouble)), shipping }
    }

    /// Takes an order: writes it down, charges the card, and queues it to be shipped.
    #[instrument(record(item, quantity), metrics)]
    pub async fn place_order(&self, item: &str, quantity: u32, card: &Card) -> Result<Order, ShopError> {
        let metrics = ShopMetrics::global();
        let order = self.store.insert_order(item, quantity)?;
        metrics.orders_total.with(Status::Placed).inc();
        metrics.order_pieces.observe(quantity.into());

        if let Err(error) = self.provider.charge(card, order.total_cents).await {
            self.store.set_status(order.id, Status::Declined)?;
            metrics.orders_total.with(Status::Declined).inc();
            return Err(error.into());
        }
        let order = self.store.set_status(order.id, Status::Paid)?;
        metrics.orders_total.with(Status::Paid).inc();
        metrics.revenue_cents_total.add(order.total_cents);
        tracing::debug!(order = order.id, total_cents = order.total_cents, "order paid");
        self.shipping.queue(order.id);
        Ok(order)
    }

    /// One order.
    pub fn order(&self, id: OrderId) -> Result<Order, ShopError> {
        Ok(self.store.order(id)?)
    }

    /// The newest orders with that status, or with any.
    pub fn orders(&self, status: Option<Status>, limit: u32) -> Result<Vec<Order>, ShopError> {
        Ok(self.store.orders(status, limit)?)
    }
}
