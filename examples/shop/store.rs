//! Items and orders, in SQLite.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use spanwright::instrument;
use tokio::task::block_in_place;

use crate::shop::{Order, OrderId, Status};
use crate::trouble::Trouble;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS items (
        name TEXT PRIMARY KEY,
        price_cents INTEGER NOT NULL,
        stock INTEGER NOT NULL CHECK (stock >= 0)
    );
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY,
        item TEXT NOT NULL REFERENCES items (name),
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        total_cents INTEGER NOT NULL,
        status TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status, id);
    INSERT OR IGNORE INTO items VALUES ('teapot', 1990, 1000000), ('cup', 450, 1000000), ('samovar', 24900, 3);
";

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no order {0}")]
    UnknownOrder(OrderId),
    #[error("there is no item `{0}`")]
    UnknownItem(String),
    /// A constraint of the schema: no stock, no quantity.
    #[error("not in stock, or not a quantity")]
    Refused(#[source] rusqlite::Error),
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Refused(error),
            _ => Self::Database(error),
        }
    }
}

/// The database: one connection, which its methods take in turn.
pub struct Store {
    connection: Mutex<Connection>,
    trouble: Trouble,
}

impl Store {
    /// Opens the database in this file, or one in memory.
    pub fn open(path: Option<&Path>, trouble: Trouble) -> Result<Self, StoreError> {
        let connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Mutex::new(connection), trouble })
    }

    /// Whether the database answers.
    pub fn check(&self) -> Result<(), StoreError> {
        Ok(self.connection().query_row("SELECT 1", [], |_| Ok(()))?)
    }

    /// Takes the pieces out of the stock and writes the order, or neither.
    #[instrument(
        record(item, quantity),
        fields(db.system.name = "sqlite", db.collection.name = "orders"),
        err(level = "debug", chain),
        metrics(prefix = "shop_db", labels(operation = "insert_order")),
    )]
    pub fn insert_order(&self, item: &str, quantity: u32) -> Result<Order, StoreError> {
        self.query(|db| {
            let transaction = db.transaction()?;
            let price_cents: Option<u64> = transaction
                .prepare_cached("UPDATE items SET stock = stock - ?2 WHERE name = ?1 RETURNING price_cents")?
                .query_row(params![item, quantity], |row| row.get(0))
                .optional()?;
            let price_cents = price_cents.ok_or_else(|| StoreError::UnknownItem(item.to_owned()))?;
            let order = transaction
                .prepare_cached(
                    "INSERT INTO orders (item, quantity, total_cents, status) VALUES (?1, ?2, ?3, ?4) RETURNING *",
                )?
                .query_row(params![item, quantity, price_cents * u64::from(quantity), Status::Placed], order)?;
            transaction.commit()?;
            Ok(order)
        })
    }

    /// Moves an order on.
    #[instrument(
        record(id, ?status),
        fields(db.system.name = "sqlite", db.collection.name = "orders"),
        err(level = "debug", chain),
        metrics(prefix = "shop_db", labels(operation = "set_status")),
    )]
    pub fn set_status(&self, id: OrderId, status: Status) -> Result<Order, StoreError> {
        self.query(|db| {
            db.prepare_cached("UPDATE orders SET status = ?2 WHERE id = ?1 RETURNING *")?
                .query_row(params![id, status], order)
                .optional()?
                .ok_or(StoreError::UnknownOrder(id))
        })
    }

    /// One order.
    #[instrument(
        record(id),
        fields(db.system.name = "sqlite", db.collection.name = "orders"),
        err(level = "debug", chain),
        metrics(prefix = "shop_db", labels(operation = "order")),
    )]
    pub fn order(&self, id: OrderId) -> Result<Order, StoreError> {
        self.query(|db| {
            db.prepare_cached("SELECT * FROM orders WHERE id = ?1")?
                .query_row([id], order)
                .optional()?
                .ok_or(StoreError::UnknownOrder(id))
        })
    }

    /// The newest orders with that status, or with any.
    #[instrument(
        record(?status, limit),
        fields(db.system.name = "sqlite", db.collection.name = "orders"),
        err(level = "debug", chain),
        metrics(prefix = "shop_db", labels(operation = "orders")),
    )]
    pub fn orders(&self, status: Option<Status>, limit: u32) -> Result<Vec<Order>, StoreError> {
        self.query(|db| {
            let newest = "SELECT * FROM orders WHERE ?1 IS NULL OR status = ?1 ORDER BY id DESC LIMIT ?2";
            let orders = db
                .prepare_cached(newest)?
                .query_map(params![status, limit], order)?
                .collect::<Result<_, _>>()?;
            Ok(orders)
        })
    }

    /// Runs a query. The others of this thread's tasks move elsewhere meanwhile, and the thread stays the same, so
    /// that spans nest.
    fn query<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        block_in_place(|| {
            let mut connection = self.connection();
            thread::sleep(self.trouble.slow);
            query(&mut connection)
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // An unfinished transaction was rolled back when the panic dropped it.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get("id")?,
        item: row.get("item")?,
        quantity: row.get("quantity")?,
        total_cents: row.get("total_cents")?,
        status: row.get("status")?,
    })
}

// A status is called the same in the database as in the metrics.

impl ToSql for Status {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Self::ALL.into_iter().find(|status| status.name() == name).ok_or(FromSqlError::InvalidType)
    }
}
