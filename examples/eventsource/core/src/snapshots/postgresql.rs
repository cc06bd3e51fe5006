//! Snapshots in PostgreSQL.

use async_trait::async_trait;

use super::{Snapshot, SnapshotStore};
use crate::observability::attributes::{
    ATTR_AGGREGATE_ID, ATTR_AGGREGATE_TYPE, ATTR_VERSION, DatabaseAttributes,
};
use crate::observability::{Tracer, component};
use crate::postgresql::{PostgreSQL, json, signed, unsigned};
use crate::{Address, EventSourceError};

const LOGGER: &str = "eventsource.snapshots.postgresql";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS snapshots (
        aggregate_type TEXT NOT NULL,
        aggregate_id TEXT NOT NULL,
        version BIGINT NOT NULL,
        state JSONB NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id)
    );
";

/// Keeps snapshots in PostgreSQL.
#[derive(Debug)]
pub struct PostgreSQLSnapshotStore {
    database: PostgreSQL,
    tracer: Tracer,
}

component!(PostgreSQLSnapshotStore);

impl PostgreSQLSnapshotStore {
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
}

#[spanwright::instrument_all(name_prefix = "eventsource.snapshot", target = LOGGER, kind = client, enabled = self, err)]
#[async_trait]
impl SnapshotStore for PostgreSQLSnapshotStore {
    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = &snapshot.aggregate_id,
        {ATTR_AGGREGATE_TYPE} = &snapshot.aggregate_type,
        {ATTR_VERSION} = snapshot.version,
        ..DatabaseAttributes = self.database.asked("INSERT")
    ))]
    async fn save(&self, snapshot: Snapshot) -> Result<(), EventSourceError> {
        let Snapshot { aggregate_id, aggregate_type, version, state, created_at } = snapshot;
        let (version, state, created_at) = (signed(version), state.to_string(), signed(created_at));
        let upsert = "INSERT INTO snapshots (aggregate_type, aggregate_id, version, state, created_at)
             VALUES ($1, $2, $3, $4::text::jsonb, $5)
             ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE
             SET version = excluded.version, state = excluded.state, created_at = excluded.created_at
             WHERE excluded.version >= snapshots.version";
        self.database
            .execute(upsert, &[&aggregate_type, &aggregate_id, &version, &state, &created_at])
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
        let select = "SELECT version, state::text, created_at FROM snapshots
             WHERE aggregate_type = $1 AND aggregate_id = $2";
        let found = self.database.query(select, &[&aggregate_type, &aggregate_id]).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let version = unsigned(row, 0)?;
        spanwright::record!({ ATTR_VERSION } = version);
        Ok(Some(Snapshot {
            aggregate_id: aggregate_id.to_owned(),
            aggregate_type: aggregate_type.to_owned(),
            version,
            state: json(row, 1)?,
            created_at: unsigned(row, 2)?,
        }))
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("DELETE")
    ))]
    async fn delete(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        let delete = "DELETE FROM snapshots WHERE aggregate_type = $1 AND aggregate_id = $2";
        Ok(self.database.execute(delete, &[&aggregate_type, &aggregate_id]).await? > 0)
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_ID} = aggregate_id,
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    async fn exists(&self, aggregate_id: &str, aggregate_type: &str) -> Result<bool, EventSourceError> {
        let select = "SELECT 1 FROM snapshots WHERE aggregate_type = $1 AND aggregate_id = $2";
        Ok(!self.database.query(select, &[&aggregate_type, &aggregate_id]).await?.is_empty())
    }

    #[instrument(fields(
        {ATTR_AGGREGATE_TYPE} = aggregate_type,
        ..DatabaseAttributes = self.database.asked("DELETE")
    ))]
    async fn delete_by_type(&self, aggregate_type: &str) -> Result<u64, EventSourceError> {
        self.database.execute("DELETE FROM snapshots WHERE aggregate_type = $1", &[&aggregate_type]).await
    }
}
