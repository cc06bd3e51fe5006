//! What is made of what happens to orders.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use eventsource::projections::{DeclarativeProjection, Project};
use eventsource::{Database, Event, EventSourceError, HandlerError};

use crate::orders::{ItemAdded, OrderCreated, OrderShipped};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS order_summaries (
        id TEXT PRIMARY KEY,
        customer TEXT NOT NULL,
        items INTEGER NOT NULL DEFAULT 0,
        total_cents INTEGER NOT NULL DEFAULT 0,
        shipped INTEGER NOT NULL DEFAULT FALSE,
        version INTEGER NOT NULL
    );
";

/// A row for each order, in a table: each event changes it once, however often it comes.
pub fn order_projection(database: &Database) -> Result<DeclarativeProjection<Database>, EventSourceError> {
    database.create(SCHEMA)?;
    let projection = DeclarativeProjection::declare("OrderProjection", database.clone())
        .on("add_order", async |database, event, OrderCreated { customer }| {
            let insert = "INSERT OR IGNORE INTO order_summaries (id, customer, version) VALUES (?1, ?2, ?3)";
            database
                .call(move |db| db.execute(insert, (event.aggregate_id, customer, event.version)))
                .await?;
            Ok(())
        })
        .on("add_item", async |database, event, ItemAdded { cents, .. }| {
            let update =
                "UPDATE order_summaries SET items = items + 1, total_cents = total_cents + ?3, version = ?2
                          WHERE id = ?1 AND version < ?2";
            database.call(move |db| db.execute(update, (event.aggregate_id, event.version, cents))).await?;
            Ok(())
        })
        .on("mark_shipped", async |database, event, _: OrderShipped| {
            let update =
                "UPDATE order_summaries SET shipped = TRUE, version = ?2 WHERE id = ?1 AND version < ?2";
            database.call(move |db| db.execute(update, (event.aggregate_id, event.version))).await?;
            Ok(())
        });
    Ok(projection)
}

/// How many orders have been shipped, and for how much.
pub async fn shipped(database: &Database) -> Result<(u64, u64), EventSourceError> {
    let select = "SELECT count(*), coalesce(sum(total_cents), 0) FROM order_summaries WHERE shipped";
    database.call(|db| db.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)))).await
}

/// Shipments by carriers that it knows.
#[derive(Debug)]
pub struct ShippingProjection {
    carriers: Mutex<BTreeSet<String>>,
    shipments: AtomicU64,
}

/// Nobody knows how to ship with that one.
#[derive(Debug, thiserror::Error)]
#[error("there is no carrier `{0}`")]
struct UnknownCarrierError(String);

impl ShippingProjection {
    /// It knows the courier.
    pub fn new() -> Self {
        Self { carriers: Mutex::new(["courier".to_owned()].into()), shipments: AtomicU64::new(0) }
    }

    /// It is told of another one.
    pub fn learn(&self, carrier: &str) {
        self.carriers.lock().unwrap_or_else(PoisonError::into_inner).insert(carrier.to_owned());
    }

    /// How many there were.
    pub fn shipments(&self) -> u64 {
        self.shipments.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Project for ShippingProjection {
    fn name(&self) -> &str {
        "ShippingProjection"
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type == "OrderShipped"
    }

    async fn process(&self, event: &Event) -> Result<(), HandlerError> {
        let Some(OrderShipped { carrier }) = event.payload()? else { return Ok(()) };
        if !self.carriers.lock().unwrap_or_else(PoisonError::into_inner).contains(&carrier) {
            return Err(UnknownCarrierError(carrier).into());
        }
        self.shipments.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
