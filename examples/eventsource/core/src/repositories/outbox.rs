//! Events that are still to be published: they are written in the transaction that appends them, and so none is lost.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use spanwright::propagation;

use crate::database::json;
use crate::observability::attributes::{
    ATTR_BATCH_SIZE, ATTR_EVENT_COUNT, ATTR_RETRY_COUNT, DatabaseAttributes, EventIdentity,
};
use crate::observability::{Tracer, component, traced};
use crate::{Database, Event, EventSourceError, now_millis};

const LOGGER: &str = "eventsource.repositories.outbox";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS outbox (
        id INTEGER PRIMARY KEY,
        event TEXT NOT NULL,
        trace TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'pending',
        retry_count INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        created_at INTEGER NOT NULL,
        published_at INTEGER
    );
    CREATE INDEX IF NOT EXISTS outbox_by_status ON outbox (status, id);
";

/// An event that is to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEntry {
    /// Its number.
    pub id: i64,
    /// The event.
    pub event: Event,
    /// The span that it was added in, as in a message's headers: whoever publishes it goes on there.
    pub trace: BTreeMap<String, String>,
    /// How often it could not be published.
    pub retry_count: u64,
    /// Since when it waits, in milliseconds since 1970.
    pub created_at: u64,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// So many wait.
    pub pending: u64,
    /// So many were published.
    pub published: u64,
    /// So many were given up.
    pub failed: u64,
}

/// Keeps what is to be published.
#[derive(Clone, Debug)]
pub struct OutboxRepository {
    database: Database,
    tracer: Tracer,
}

component!(OutboxRepository);

impl OutboxRepository {
    /// The one in that database, with tracing.
    ///
    /// # Errors
    /// Where that can't be written.
    pub fn new(database: &Database) -> Result<Self, EventSourceError> {
        database.create(SCHEMA)?;
        Ok(Self { database: database.clone(), tracer: Tracer::new(LOGGER) })
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    /// Adds an event.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn add(&self, event: &Event) -> Result<i64, EventSourceError> {
        let (outbox, event) = (self.clone(), event.clone());
        self.database.call(move |db| outbox.add_within(db, &event)).await
    }

    /// Adds an event within a transaction of its database.
    #[traced(
        name = "eventsource.outbox.add",
        target = LOGGER,
        kind = client,
        enabled = self,
        err,
        fields(..EventIdentity = event.identity(), ..DatabaseAttributes = self.database.asked("INSERT"))
    )]
    pub(crate) fn add_within(&self, db: &Connection, event: &Event) -> Result<i64, EventSourceError> {
        let mut trace = BTreeMap::new();
        propagation::inject(&mut trace);
        let as_json = |error| EventSourceError::serialization(&event.event_type, error);
        let trace = serde_json::to_string::<BTreeMap<String, String>>(&trace).map_err(as_json)?;
        let event = serde_json::to_string(event).map_err(as_json)?;
        let insert = "INSERT INTO outbox (event, trace, created_at) VALUES (?1, ?2, ?3) RETURNING id";
        Ok(db.prepare_cached(insert)?.query_row(params![event, trace, now_millis()], |row| row.get(0))?)
    }
}

#[spanwright::instrument_all(name_prefix = "eventsource.outbox", target = LOGGER, kind = client, enabled = self, err)]
impl OutboxRepository {
    /// Those that wait, the oldest first, at most so many.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_BATCH_SIZE} = limit,
        {ATTR_EVENT_COUNT} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    pub async fn get_pending(&self, limit: usize) -> Result<Vec<OutboxEntry>, EventSourceError> {
        let select = "SELECT * FROM outbox WHERE status = 'pending' ORDER BY id LIMIT ?1";
        let pending: Vec<_> = self
            .database
            .call(move |db| {
                db.prepare_cached(select)?.query_map([limit], entry)?.collect::<rusqlite::Result<_>>()
            })
            .await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = pending.len());
        Ok(pending)
    }

    /// One was published.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        ..EventIdentity = entry.event.identity(),
        ..DatabaseAttributes = self.database.asked("UPDATE")
    ))]
    pub async fn mark_published(&self, entry: &OutboxEntry) -> Result<(), EventSourceError> {
        let id = entry.id;
        let update = "UPDATE outbox SET status = 'published', published_at = ?2 WHERE id = ?1";
        self.database.call(move |db| db.execute(update, params![id, now_millis()])).await?;
        Ok(())
    }

    /// One could not be published, and waits on.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_RETRY_COUNT} = entry.retry_count + 1,
        ..EventIdentity = entry.event.identity(),
        ..DatabaseAttributes = self.database.asked("UPDATE")
    ))]
    pub async fn increment_retry(&self, entry: &OutboxEntry, error: &str) -> Result<(), EventSourceError> {
        let (id, error) = (entry.id, error.to_owned());
        let update = "UPDATE outbox SET retry_count = retry_count + 1, last_error = ?2 WHERE id = ?1";
        self.database.call(move |db| db.execute(update, params![id, error])).await?;
        Ok(())
    }

    /// One is given up.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_RETRY_COUNT} = entry.retry_count,
        ..EventIdentity = entry.event.identity(),
        ..DatabaseAttributes = self.database.asked("UPDATE")
    ))]
    pub async fn mark_failed(&self, entry: &OutboxEntry, error: &str) -> Result<(), EventSourceError> {
        let (id, error) = (entry.id, error.to_owned());
        let update = "UPDATE outbox SET status = 'failed', last_error = ?2 WHERE id = ?1";
        self.database.call(move |db| db.execute(update, params![id, error])).await?;
        Ok(())
    }

    /// Forgets those that were published before that time, in milliseconds since 1970. How many there were.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields({ATTR_EVENT_COUNT} = Empty, ..DatabaseAttributes = self.database.asked("DELETE")))]
    pub async fn cleanup(&self, before: u64) -> Result<u64, EventSourceError> {
        let delete = "DELETE FROM outbox WHERE status = 'published' AND published_at < ?1";
        let deleted = self.database.call(move |db| db.execute(delete, [before])).await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = deleted);
        Ok(deleted as u64)
    }

    /// How many there are.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(..DatabaseAttributes = self.database.asked("SELECT")))]
    pub async fn get_stats(&self) -> Result<OutboxStats, EventSourceError> {
        self.database
            .call(|db| {
                let mut select = db.prepare_cached("SELECT count(*) FROM outbox WHERE status = ?1")?;
                let mut count = |status| select.query_row([status], |row| row.get(0));
                Ok::<_, rusqlite::Error>(OutboxStats {
                    pending: count("pending")?,
                    published: count("published")?,
                    failed: count("failed")?,
                })
            })
            .await
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        id: row.get("id")?,
        event: json(row, "event")?,
        trace: json(row, "trace")?,
        retry_count: row.get("retry_count")?,
        created_at: row.get("created_at")?,
    })
}
