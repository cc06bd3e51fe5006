//! SQLite.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Connection, Row, TransactionBehavior};
use serde::de::DeserializeOwned;
use spanwright::Context;
use tokio::task::spawn_blocking;

use crate::EventSourceError;
use crate::observability::attributes::DatabaseAttributes;

/// A database of SQLite's, for stores, repositories and projections to share. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Database {
    /// They take it in turn.
    connection: Arc<Mutex<Connection>>,
    name: Arc<str>,
}

impl Database {
    /// Opens the one in a file, which is made where there is none; `":memory:"` is [in memory](Self::in_memory).
    ///
    /// # Errors
    /// Where that is no file of SQLite's.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EventSourceError> {
        let path = path.as_ref();
        let connection = connect(path).map_err(|error| {
            let path = path.display();
            EventSourceError::Configuration(format!("the database `{path}` can't be opened: {error}"))
        })?;
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into();
        Ok(Self { connection: Arc::new(Mutex::new(connection)), name })
    }

    /// One that lives as long as its clones.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn in_memory() -> Result<Self, EventSourceError> {
        Self::open(":memory:")
    }

    /// What spans call it: the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What spans say of a query.
    pub(crate) fn asked(&self, operation: &'static str) -> DatabaseAttributes<'_> {
        DatabaseAttributes {
            db_system: Some("sqlite"),
            db_name: Some(&self.name),
            db_operation: Some(operation),
        }
    }

    /// Makes what is not there yet, as a projection's tables.
    ///
    /// # Errors
    /// Where that is no SQL, and where the database can't be written.
    pub fn create(&self, schema: &str) -> Result<(), EventSourceError> {
        Ok(self.connection.lock().unwrap_or_else(PoisonError::into_inner).execute_batch(schema)?)
    }

    /// Whether the two are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.connection, &other.connection)
    }

    /// Runs queries, on a thread for what blocks, in the current span. They are one transaction, which is rolled back where they
    /// fail.
    ///
    /// # Errors
    /// Those of the queries.
    pub async fn call<T, E>(
        &self,
        queries: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, EventSourceError>
    where
        T: Send + 'static,
        E: Into<EventSourceError>,
    {
        let connection = Arc::clone(&self.connection);
        let context = Context::current();
        let run = move || {
            let _span = context.attach();
            // A panic has rolled back what it was in.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = queries(&transaction).map_err(Into::into)?;
            transaction.commit()?;
            Ok(result)
        };
        match spawn_blocking(run).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime ends.
            Err(error) => Err(EventSourceError::database("sqlite", error)),
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Another process may write meanwhile.
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    Ok(connection)
}

/// A column with JSON in it.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let index = row.as_ref().column_index(column)?;
    serde_json::from_str(&text).map_err(|error| {
        let error = EventSourceError::serialization(format!("the column `{column}`"), error);
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
    })
}
