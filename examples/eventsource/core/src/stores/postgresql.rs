//! Events in PostgreSQL.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{EventStore, optimistic_lock, stream_id};
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_EVENT_COUNT, ATTR_EXPECTED_VERSION, ATTR_FROM_VERSION,
    ATTR_POSITION, ATTR_STREAM_ID, ATTR_VERSION, ActorAttributes, DatabaseAttributes,
};
use crate::observability::{Tracer, component, traced};
use crate::postgresql::{LOCK, PostgreSQL, Values, column, failed, json, signed, unsigned};
use crate::{Address, Event, EventSourceError};

const LOGGER: &str = "eventsource.stores.postgresql";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
        position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id TEXT NOT NULL UNIQUE,
        event_type TEXT NOT NULL,
        aggregate_id TEXT NOT NULL,
        aggregate_type TEXT NOT NULL,
        version BIGINT NOT NULL,
        occurred_at BIGINT NOT NULL,
        tenant_id TEXT,
        actor_id TEXT,
        data JSONB NOT NULL,
        UNIQUE (aggregate_id, aggregate_type, version)
    );
";

/// As [`event`] reads them.
const COLUMNS: &str = "position, event_id, event_type, aggregate_id, aggregate_type, version, occurred_at, tenant_id, \
                       actor_id, data::text";

/// The version that an aggregate has.
const VERSION: &str =
    "SELECT coalesce(max(version), 0) FROM events WHERE aggregate_id = $1 AND aggregate_type = $2";

/// Keeps events in PostgreSQL.
#[derive(Debug)]
pub struct PostgreSQLEventStore {
    database: PostgreSQL,
    tracer: Tracer,
}

component!(PostgreSQLEventStore);

impl PostgreSQLEventStore {
    /// Connects to a database, with tracing.
    ///
    /// # Errors
    /// Where nobody answers at that address.
    pub async fn connect(address: impl Into<Address>) -> Result<Self, EventSourceError> {
        Self::new(&PostgreSQL::connect(address).await?).await
    }

    /// A store in a database that others use too.
    ///
    /// # Errors
    /// Where that can't be written.
    pub async fn new(database: &PostgreSQL) -> Result<Self, EventSourceError> {
        database.create(SCHEMA).await?;
        Ok(Self { database: database.clone(), tracer: Tracer::new(LOGGER) })
    }

    async fn append(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
        mut events: Vec<Event>,
        expected: u64,
    ) -> Result<Vec<Event>, EventSourceError> {
        let mut client = self.database.client().await?;
        let transaction = client.get()?.transaction().await.map_err(failed)?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
        let values: Values<'_> = &[&aggregate_id, &aggregate_type];
        let actual = unsigned(&transaction.query_one(VERSION, values).await.map_err(failed)?, 0)?;
        if actual != expected {
            return Err(optimistic_lock(aggregate_id, aggregate_type, expected, actual));
        }
        let insert = transaction
            .prepare(
                "INSERT INTO events (event_id, event_type, aggregate_id, aggregate_type, version, occurred_at, tenant_id,
                     actor_id, data)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb) RETURNING position",
            )
            .await
            .map_err(failed)?;
        for event in &mut events {
            let Event { event_id, event_type, version, occurred_at, tenant_id, actor_id, data, .. } = &*event;
            let (version, occurred_at, data) = (signed(*version), signed(*occurred_at), data.to_string());
            let row = transaction
                .query_one(
                    &insert,
                    &[
                        event_id,
                        event_type,
                        &aggregate_id,
                        &aggregate_type,
                        &version,
                        &occurred_at,
                        tenant_id,
                        actor_id,
                        &data,
                    ],
                )
                .await
                .map_err(failed)?;
            event.position = Some(unsigned(&row, 0)?);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(events)
    }
}

#[async_trait]
impl EventStore for PostgreSQLEventStore {
    #[traced(
        name = "postgresql_event_store.append_events",
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
        let appended = self.append(aggregate_id, aggregate_type, events, expected_version).await;
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
        name = "postgresql_event_store.get_events",
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
        let select = format!(
            "SELECT {COLUMNS} FROM events WHERE aggregate_id = $1 AND aggregate_type = $2 AND version > $3
             ORDER BY version"
        );
        let found =
            self.database.query(&select, &[&aggregate_id, &aggregate_type, &signed(from_version)]).await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = found.len());
        found.iter().map(event).collect()
    }

    async fn get_version(&self, aggregate_id: &str, aggregate_type: &str) -> Result<u64, EventSourceError> {
        let found = self.database.query(VERSION, &[&aggregate_id, &aggregate_type]).await?;
        found.first().map_or(Ok(0), |row| unsigned(row, 0))
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Event>, EventSourceError> {
        let select = format!("SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT $2");
        let found = self.database.query(&select, &[&signed(after_position), &signed(limit as u64)]).await?;
        found.iter().map(event).collect()
    }

    async fn current_position(&self) -> Result<u64, EventSourceError> {
        let found = self.database.query("SELECT coalesce(max(position), 0) FROM events", &[]).await?;
        found.first().map_or(Ok(0), |row| unsigned(row, 0))
    }
}

fn event(row: &Row) -> Result<Event, EventSourceError> {
    Ok(Event {
        position: Some(unsigned(row, 0)?),
        event_id: column(row, 1)?,
        event_type: column(row, 2)?,
        aggregate_id: column(row, 3)?,
        aggregate_type: column(row, 4)?,
        version: unsigned(row, 5)?,
        occurred_at: unsigned(row, 6)?,
        tenant_id: column(row, 7)?,
        actor_id: column(row, 8)?,
        data: json(row, 9)?,
    })
}
