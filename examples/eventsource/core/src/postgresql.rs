//! PostgreSQL, as stores use it.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Client, Config, NoTls, Row};

use crate::observability::attributes::DatabaseAttributes;
use crate::{Address, EventSourceError};

/// Where it says what happens to its connection.
const LOGGER: &str = "eventsource.stores.postgresql";
pub(crate) const SYSTEM: &str = "postgresql";

/// How long the server has to accept a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to a database of PostgreSQL's, for stores to share: clones are the same one. What is asked while it is gone fails,
/// and the next question connects again.
#[derive(Clone, Debug)]
pub struct PostgreSQL {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    config: Config,
    /// Its users take it in turn, since a transaction has it for itself.
    client: Mutex<Option<Client>>,
}

impl PostgreSQL {
    /// Connects to the database at `postgresql://user:password@host:5432/database`, without TLS.
    ///
    /// # Errors
    /// Where that is no address, or nobody answers there.
    pub async fn connect(address: impl Into<Address>) -> Result<Self, EventSourceError> {
        let address = address.into();
        let mut config = Config::from_str(address.expose()).map_err(|_| {
            Address::unreadable("the address of PostgreSQL", "postgresql://user:password@host:5432/database")
        })?;
        config.connect_timeout(PATIENCE).application_name("eventsource");
        let database = Self { inner: Arc::new(Inner { address, config, client: Mutex::default() }) };
        database.client().await?;
        Ok(database)
    }

    /// Its name, for a span: without one of its own it is called as the user is.
    fn name(&self) -> Option<&str> {
        self.inner.config.get_dbname().or_else(|| self.inner.config.get_user())
    }

    /// What spans say of a query.
    pub(crate) fn asked(&self, operation: &'static str) -> DatabaseAttributes<'_> {
        DatabaseAttributes { db_system: Some(SYSTEM), db_name: self.name(), db_operation: Some(operation) }
    }

    /// Makes the tables of a store.
    pub(crate) async fn create(&self, schema: &str) -> Result<(), EventSourceError> {
        let mut client = self.client().await?;
        let client = client.get()?;
        // Several processes may start at once, and `IF NOT EXISTS` alone does not keep them apart.
        let transaction = client.transaction().await.map_err(failed)?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
        transaction.batch_execute(schema).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// The connection, made again where it was lost.
    pub(crate) async fn client(&self) -> Result<Connected<'_>, EventSourceError> {
        let mut client = self.inner.client.lock().await;
        if client.as_ref().is_none_or(Client::is_closed) {
            let (connected, connection) = self.inner.config.connect(NoTls).await.map_err(failed)?;
            let address = self.inner.address.clone();
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(target: LOGGER, %address, %error, "The connection is lost");
                }
            });
            tracing::info!(target: LOGGER, address = %self.inner.address, "Connected");
            *client = Some(connected);
        }
        Ok(Connected(client))
    }
}

impl PostgreSQL {
    /// What a query finds.
    pub(crate) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, EventSourceError> {
        self.client().await?.get()?.query(sql, values).await.map_err(failed)
    }

    /// How many rows a statement has changed.
    pub(crate) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, EventSourceError> {
        self.client().await?.get()?.execute(sql, values).await.map_err(failed)
    }
}

/// What stands for `$1` and so on.
pub(crate) type Values<'v> = &'v [&'v (dyn ToSql + Sync)];

/// The connection, for as long as this is held.
pub(crate) struct Connected<'c>(MutexGuard<'c, Option<Client>>);

impl Connected<'_> {
    pub(crate) fn get(&mut self) -> Result<&mut Client, EventSourceError> {
        self.0.as_mut().ok_or_else(|| EventSourceError::database(SYSTEM, "there is no connection"))
    }
}

/// Of all who write events: positions are given and seen in one order.
pub(crate) const LOCK: i64 = 0x6576_656e_7473;

pub(crate) fn failed(error: tokio_postgres::Error) -> EventSourceError {
    EventSourceError::database(SYSTEM, error)
}

/// A number of ours as the database has it.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a row has in this place.
pub(crate) fn column<T: FromSqlOwned>(row: &Row, place: usize) -> Result<T, EventSourceError> {
    row.try_get(place).map_err(failed)
}

/// A number there, where none is below zero.
pub(crate) fn unsigned(row: &Row, place: usize) -> Result<u64, EventSourceError> {
    column::<i64>(row, place).map(|number| u64::try_from(number).unwrap_or(0))
}

/// The JSON there.
pub(crate) fn json(row: &Row, place: usize) -> Result<Value, EventSourceError> {
    let text: String = column(row, place)?;
    serde_json::from_str(&text).map_err(|source| EventSourceError::serialization("a column", source))
}
