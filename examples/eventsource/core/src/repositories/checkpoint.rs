//! How far projections and subscriptions are.

use rusqlite::{OptionalExtension, Row, params};

use crate::observability::attributes::{
    ATTR_EVENTS_PROCESSED, ATTR_POSITION, ATTR_PROJECTION_NAME, DatabaseAttributes, EventIdentity,
};
use crate::observability::{Tracer, component};
use crate::{Database, Event, EventSourceError, now_millis};

const LOGGER: &str = "eventsource.repositories.checkpoint";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS checkpoints (
        projection_name TEXT PRIMARY KEY,
        position INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        event_type TEXT NOT NULL,
        events_processed INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    );
";

/// How far one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which.
    pub projection_name: String,
    /// The position of the last event that it is done with.
    pub position: u64,
    /// That event.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// How many there were.
    pub events_processed: u64,
    /// When, in milliseconds since 1970.
    pub updated_at: u64,
}

/// How far one is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LagMetrics {
    /// Which.
    pub projection_name: String,
    /// The position of the last event that it is done with, 0 for none.
    pub position: u64,
    /// The position of the last event there is.
    pub latest_position: u64,
    /// How many events of its store it has not seen, at most.
    pub lag: u64,
    /// How many it is done with.
    pub events_processed: u64,
}

/// Keeps checkpoints.
#[derive(Clone, Debug)]
pub struct CheckpointRepository {
    database: Database,
    tracer: Tracer,
}

component!(CheckpointRepository);

impl CheckpointRepository {
    /// Those in that database, with tracing.
    ///
    /// # Errors
    /// Where that can't be written.
    pub fn new(database: &Database) -> Result<Self, EventSourceError> {
        database.create(SCHEMA)?;
        Ok(Self { database: database.clone(), tracer: Tracer::new(LOGGER) })
    }
}

#[spanwright::instrument_all(name_prefix = "eventsource.checkpoint", target = LOGGER, kind = client, enabled = self, err)]
impl CheckpointRepository {
    /// How far one is, if it is anywhere.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        {ATTR_POSITION} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    pub async fn get_checkpoint(
        &self,
        projection_name: &str,
    ) -> Result<Option<Checkpoint>, EventSourceError> {
        let found = self.find(projection_name).await?;
        if let Some(checkpoint) = &found {
            spanwright::record!({ ATTR_POSITION } = checkpoint.position);
        }
        Ok(found)
    }

    /// It is done with this event, and so many since the last time.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        {ATTR_POSITION} = event.position,
        {ATTR_EVENTS_PROCESSED} = processed,
        ..EventIdentity = event.identity(),
        ..DatabaseAttributes = self.database.asked("INSERT")
    ))]
    pub async fn update_checkpoint(
        &self,
        projection_name: &str,
        event: &Event,
        processed: u64,
    ) -> Result<(), EventSourceError> {
        let (name, id, its_type) =
            (projection_name.to_owned(), event.event_id.clone(), event.event_type.clone());
        let position = event.position.unwrap_or(0);
        self.database
            .call(move |db| {
                db.prepare_cached(
                    "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET position = excluded.position, event_id = excluded.event_id,
                        event_type = excluded.event_type, updated_at = excluded.updated_at,
                        events_processed = events_processed + excluded.events_processed",
                )?
                .execute(params![name, position, id, its_type, processed, now_millis()])
            })
            .await?;
        Ok(())
    }

    /// It begins anew.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        ..DatabaseAttributes = self.database.asked("DELETE")
    ))]
    pub async fn reset_checkpoint(&self, projection_name: &str) -> Result<(), EventSourceError> {
        let name = projection_name.to_owned();
        let delete = "DELETE FROM checkpoints WHERE projection_name = ?1";
        self.database.call(move |db| db.execute(delete, [name])).await?;
        Ok(())
    }

    /// How far all are.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(..DatabaseAttributes = self.database.asked("SELECT")))]
    pub async fn get_all_checkpoints(&self) -> Result<Vec<Checkpoint>, EventSourceError> {
        self.database
            .call(|db| {
                db.prepare_cached("SELECT * FROM checkpoints ORDER BY projection_name")?
                    .query_map([], checkpoint)?
                    .collect::<rusqlite::Result<_>>()
            })
            .await
    }

    /// How far one is behind the last event, which is at that position.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        {ATTR_POSITION} = Empty,
        {ATTR_EVENTS_PROCESSED} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    pub async fn get_lag_metrics(
        &self,
        projection_name: &str,
        latest_position: u64,
    ) -> Result<LagMetrics, EventSourceError> {
        let found = self.find(projection_name).await?;
        let (position, events_processed) = found.map_or((0, 0), |its| (its.position, its.events_processed));
        spanwright::record!({ ATTR_POSITION } = position, { ATTR_EVENTS_PROCESSED } = events_processed);
        let lag = latest_position.saturating_sub(position);
        Ok(LagMetrics {
            projection_name: projection_name.to_owned(),
            position,
            latest_position,
            lag,
            events_processed,
        })
    }

    #[instrument(skip)]
    async fn find(&self, projection_name: &str) -> Result<Option<Checkpoint>, EventSourceError> {
        let name = projection_name.to_owned();
        let select = "SELECT * FROM checkpoints WHERE projection_name = ?1";
        self.database
            .call(move |db| db.prepare_cached(select)?.query_row([name], checkpoint).optional())
            .await
    }
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        projection_name: row.get("projection_name")?,
        position: row.get("position")?,
        event_id: row.get("event_id")?,
        event_type: row.get("event_type")?,
        events_processed: row.get("events_processed")?,
        updated_at: row.get("updated_at")?,
    })
}
