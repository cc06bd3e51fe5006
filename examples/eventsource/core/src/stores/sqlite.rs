//! Events in SQLite.

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::{EventStore, optimistic_lock, stream_id};
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_EVENT_COUNT, ATTR_EXPECTED_VERSION, ATTR_FROM_VERSION,
    ATTR_POSITION, ATTR_STREAM_ID, ATTR_VERSION, ActorAttributes, DatabaseAttributes,
};
use crate::observability::{Tracer, component, traced};
use crate::repositories::OutboxRepository;
use crate::{Database, Event, EventSourceError};

const LOGGER: &str = "eventsource.stores.sqlite";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        event_type TEXT NOT NULL,
        aggregate_id TEXT NOT NULL,
        aggregate_type TEXT NOT NULL,
        version INTEGER NOT NULL,
        occurred_at INTEGER NOT NULL,
        tenant_id TEXT,
        actor_id TEXT,
        data TEXT NOT NULL,
        UNIQUE (aggregate_id, aggregate_type, version)
    );
";

/// Keeps events in SQLite.
#[derive(Debug)]
pub struct SQLiteEventStore {
    database: Database,
    outbox: Option<OutboxRepository>,
    tracer: Tracer,
}

component!(SQLiteEventStore);

impl SQLiteEventStore {
    /// Opens the store in a file, or `":memory:"`, with tracing.
    ///
    /// # Errors
    /// Where that is no file of SQLite's.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EventSourceError> {
        Self::new(&Database::open(path)?)
    }

    /// A store in a database that others use too.
    ///
    /// # Errors
    /// Where that can't be written.
    pub fn new(database: &Database) -> Result<Self, EventSourceError> {
        database.create(SCHEMA)?;
        tracing::debug!(target: LOGGER, database = database.name(), "Event store is open");
        Ok(Self { database: database.clone(), outbox: None, tracer: Tracer::new(LOGGER) })
    }

    /// What is appended goes into that outbox too, in the same transaction: either both have it, or none.
    ///
    /// # Errors
    /// Where the outbox is in another database.
    pub fn with_outbox(mut self, outbox: &OutboxRepository) -> Result<Self, EventSourceError> {
        if !outbox.database().is(&self.database) {
            let (ours, its) = (self.database.name(), outbox.database().name());
            return Err(EventSourceError::Configuration(format!(
                "the outbox is in the database `{its}`, and the events are in `{ours}`: open one and clone it"
            )));
        }
        self.outbox = Some(outbox.clone());
        Ok(self)
    }
}

#[async_trait]
impl EventStore for SQLiteEventStore {
    #[traced(
        name = "sqlite_event_store.append_events",
        target = LOGGER,
        kind = client,
        enabled = self,
        err(level = "debug"),
        fields(
            {ATTR_AGGREGATE_ID} = aggregate_id,
            {ATTR_AGGREGATE_TYPE} = aggregate_type,
            {ATTR_EVENT_COUNT} = events.len(),
            {ATTR_EXPECTED_VERSION} = expected_version,
            ..ActorAttributes = events.first().map(Event::actor).unwrap_or_default(),
            {ATTR_VERSION} = Empty,
            {ATTR_POSITION} = Empty,
            ..DatabaseAttributes = self.database.asked("INSERT")
        )
    )]
    async fn append_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        events: Vec<Event>,
        expected_version: u64,
    ) -> Result<Vec<Event>, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let outbox = self.outbox.clone();
        let append = move |db: &Connection| {
            let events = append(db, &id, &its_type, events, expected_version)?;
            if let Some(outbox) = outbox {
                events.iter().try_for_each(|event| outbox.add_within(db, event).map(drop))?;
            }
            Ok::<_, EventSourceError>(events)
        };
        let appended = self.database.call(append).await;
        match &appended {
            Ok(events) => {
                spanwright::record!({ ATTR_VERSION } = expected_version + events.len() as u64);
                if let Some(position) = events.last().and_then(|event| event.position) {
                    spanwright::record!({ ATTR_POSITION } = position);
                }
                tracing::debug!(target: LOGGER, aggregate_id, aggregate_type, count = events.len(), "Events appended");
            }
            Err(error @ EventSourceError::OptimisticLock { .. }) => {
                tracing::warn!(target: LOGGER, aggregate_id, aggregate_type, error = error.as_error(), "Optimistic lock failed");
            }
            Err(error) => {
                tracing::error!(target: LOGGER, aggregate_id, aggregate_type, error = error.as_error(), "Events were not appended");
            }
        }
        appended
    }

    #[traced(
        name = "sqlite_event_store.get_events",
        target = LOGGER,
        kind = client,
        enabled = self,
        err(level = "debug"),
        fields(
            {ATTR_AGGREGATE_ID} = aggregate_id,
            {ATTR_AGGREGATE_TYPE} = aggregate_type,
            {ATTR_STREAM_ID} = stream_id(aggregate_id, aggregate_type),
            {ATTR_FROM_VERSION} = from_version,
            {ATTR_EVENT_COUNT} = Empty,
            ..DatabaseAttributes = self.database.asked("SELECT")
        )
    )]
    async fn get_events(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        from_version: u64,
    ) -> Result<Vec<Event>, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let events: Vec<_> = self
            .database
            .call(move |db| {
                db.prepare_cached(
                    "SELECT * FROM events WHERE aggregate_id = ?1 AND aggregate_type = ?2 AND version > ?3
                     ORDER BY version",
                )?
                .query_map(params![id, its_type, from_version], event)?
                .collect::<rusqlite::Result<_>>()
            })
            .await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = events.len());
        Ok(events)
    }

    async fn get_version(&self, aggregate_id: &str, aggregate_type: &str) -> Result<u64, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        self.database.call(move |db| version(db, &id, &its_type)).await
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Event>, EventSourceError> {
        self.database
            .call(move |db| {
                db.prepare_cached("SELECT * FROM events WHERE position > ?1 ORDER BY position LIMIT ?2")?
                    .query_map(params![after_position, limit], event)?
                    .collect::<rusqlite::Result<_>>()
            })
            .await
    }

    async fn current_position(&self) -> Result<u64, EventSourceError> {
        let last = "SELECT coalesce(max(position), 0) FROM events";
        self.database.call(|db| db.prepare_cached(last)?.query_row([], |row| row.get(0))).await
    }
}

fn append(
    db: &Connection,
    aggregate_id: &str,
    aggregate_type: &str,
    mut events: Vec<Event>,
    expected: u64,
) -> Result<Vec<Event>, EventSourceError> {
    let actual = version(db, aggregate_id, aggregate_type)?;
    if actual != expected {
        return Err(optimistic_lock(aggregate_id, aggregate_type, expected, actual));
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO events
            (event_id, event_type, aggregate_id, aggregate_type, version, occurred_at, tenant_id, actor_id, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING position",
    )?;
    for event in &mut events {
        let Event { event_id, event_type, version, occurred_at, tenant_id, actor_id, data, .. } = &*event;
        let values = params![
            event_id,
            event_type,
            aggregate_id,
            aggregate_type,
            version,
            occurred_at,
            tenant_id,
            actor_id,
            data.to_string()
        ];
        event.position = Some(insert.query_row(values, |row| row.get(0))?);
    }
    Ok(events)
}

fn version(db: &Connection, aggregate_id: &str, aggregate_type: &str) -> rusqlite::Result<u64> {
    db.prepare_cached(
        "SELECT coalesce(max(version), 0) FROM events WHERE aggregate_id = ?1 AND aggregate_type = ?2",
    )?
    .query_row([aggregate_id, aggregate_type], |row| row.get(0))
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        event_id: row.get("event_id")?,
        event_type: row.get("event_type")?,
        aggregate_id: row.get("aggregate_id")?,
        aggregate_type: row.get("aggregate_type")?,
        version: row.get("version")?,
        position: row.get("position")?,
        occurred_at: row.get("occurred_at")?,
        tenant_id: row.get("tenant_id")?,
        actor_id: row.get("actor_id")?,
        data: crate::database::json(row, "data")?,
    })
}
