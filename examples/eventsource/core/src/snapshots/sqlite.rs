//! Snapshots in SQLite.

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

use super::{Snapshot, SnapshotStore};
use crate::database::json;
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_VERSION, DatabaseAttributes,
};
use crate::observability::{Tracer, component};
use crate::{Database, EventSourceError};

const LOGGER: &str = "eventsource.snapshots.sqlite";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS snapshots (
        aggregate_type TEXT NOT NULL,
        aggregate_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id)
    );
";

/// Keeps snapshots in SQLite.
#[derive(Debug)]
pub struct SQLiteSnapshotStore {
    database: Database,
    tracer: Tracer,
}

component!(SQLiteSnapshotStore);

impl SQLiteSnapshotStore {
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
        Ok(Self { database: database.clone(), tracer: Tracer::new(LOGGER) })
    }
}

#[spanwright::instrument_all(name_prefix = "eventsource.snapshot", target = LOGGER, kind = client, enabled = self, err)]
#[async_trait]
impl SnapshotStore for SQLiteSnapshotStore {
    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = &snapshot.aggregate_id,
        {ATTR_AGGREGATE_TYPE} = &snapshot.aggregate_type,
        {ATTR_VERSION} = snapshot.version,
        ..DatabaseAttributes = self.database.asked("INSERT")
    ))]
    async fn save(&self, snapshot: Snapshot) -> Result<(), EventSourceError> {
        self.database
            .call(move |db| {
                let Snapshot { aggregate_id, aggregate_type, version, state, created_at } = snapshot;
                db.prepare_cached(
                    "INSERT INTO snapshots (aggregate_type, aggregate_id, version, state, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE
                     SET version = excluded.version, state = excluded.state, created_at = excluded.created_at
                     WHERE excluded.version >= version",
                )?
                .execute(params![
                    aggregate_type,
                    aggregate_id,
                    version,
                    state.to_string(),
                    created_at
                ])
            })
            .await?;
        Ok(())
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        {ATTR_VERSION} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    async fn get(
        &self,
        aggregate_id: &str,
        aggregate_type: &str,
    ) -> Result<Option<Snapshot>, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let found = self
            .database
            .call(move |db| {
                db.prepare_cached("SELECT * FROM snapshots WHERE aggregate_type = ?1 AND aggregate_id = ?2")?
                    .query_row([&its_type, &id], |row| {
                        Ok(Snapshot {
                            aggregate_id: row.get("aggregate_id")?,
                            aggregate_type: row.get("aggregate_type")?,
                            version: row.get("version")?,
                            state: json(row, "state")?,
                            created_at: row.get("created_at")?,
                        })
                    })
                    .optional()
            })
            .await?;
        if let Some(snapshot) = &found {
            spanwright::record!({ ATTR_VERSION } = snapshot.version);
        }
        Ok(found)
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("DELETE")
    ))]
    async fn delete(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let delete = "DELETE FROM snapshots WHERE aggregate_type = ?1 AND aggregate_id = ?2";
        self.database
            .call(move |db| Ok::<_, rusqlite::Error>(db.execute(delete, [&its_type, &id])? > 0))
            .await
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    async fn exists(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        let (id, its_type) = (aggregate_id.to_owned(), aggregate_type.to_owned());
        let select = "SELECT 1 FROM snapshots WHERE aggregate_type = ?1 AND aggregate_id = ?2";
        self.database.call(move |db| db.prepare_cached(select)?.exists([&its_type, &id])).await
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("DELETE")
    ))]
    async fn delete_by_type(&self, aggregate_type: &str) -> Result<u64, EventSourceError> {
        let its_type = aggregate_type.to_owned();
        let delete = "DELETE FROM snapshots WHERE aggregate_type = ?1";
        let deleted = self.database.call(move |db| db.execute(delete, [&its_type])).await?;
        Ok(deleted as u64)
    }
}
