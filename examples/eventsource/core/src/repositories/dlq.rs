//! Events that a projection could not handle.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, params};
use spanwright::ErrorType;

use crate::observability::attributes::{
    ATTR_ACTOR_ID, ATTR_ERROR_TYPE, ATTR_EVENT_COUNT, ATTR_EVENT_ID, ATTR_EVENT_TYPE, ATTR_PROJECTION_NAME,
    ATTR_RETRY_COUNT, DatabaseAttributes, EventIdentity,
};
use crate::observability::{Tracer, component};
use crate::{Database, Event, EventSourceError, HandlerError, now_millis};

const LOGGER: &str = "eventsource.repositories.dlq";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS dead_letters (
        id INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL,
        projection_name TEXT NOT NULL,
        event TEXT NOT NULL,
        error_type TEXT NOT NULL,
        error_message TEXT NOT NULL,
        retry_count INTEGER NOT NULL,
        status TEXT NOT NULL,
        first_failed_at INTEGER NOT NULL,
        last_failed_at INTEGER NOT NULL,
        resolved_at INTEGER,
        resolved_by TEXT,
        UNIQUE (event_id, projection_name)
    );
";

/// What has become of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DLQStatus {
    /// Nobody has looked at it.
    Failed,
    /// It is handled once more.
    Retrying,
    /// It is done with.
    Resolved,
}

impl DLQStatus {
    const ALL: [Self; 3] = [Self::Failed, Self::Retrying, Self::Resolved];

    const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Retrying => "retrying",
            Self::Resolved => "resolved",
        }
    }
}

/// An event, and why it was not handled.
#[derive(Clone, Debug, PartialEq)]
pub struct DLQEntry {
    /// Its number.
    pub id: i64,
    /// The projection that could not handle it.
    pub projection_name: String,
    /// The event.
    pub event: Event,
    /// The name of the error's type.
    pub error_type: String,
    /// What the error said.
    pub error_message: String,
    /// How often it was handled once more.
    pub retry_count: u64,
    /// What has become of it.
    pub status: DLQStatus,
    /// When it failed first, in milliseconds since 1970.
    pub first_failed_at: u64,
    /// When it failed last.
    pub last_failed_at: u64,
    /// Since when it is resolved.
    pub resolved_at: Option<u64>,
    /// Who has done so.
    pub resolved_by: Option<String>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DLQStats {
    /// Nobody has looked at so many.
    pub failed: u64,
    /// So many are handled once more.
    pub retrying: u64,
    /// So many are done with.
    pub resolved: u64,
}

/// Keeps dead letters.
#[derive(Clone, Debug)]
pub struct DLQRepository {
    database: Database,
    tracer: Tracer,
}

component!(DLQRepository);

impl DLQRepository {
    /// Those in that database, with tracing.
    ///
    /// # Errors
    /// Where that can't be written.
    pub fn new(database: &Database) -> Result<Self, EventSourceError> {
        database.create(SCHEMA)?;
        Ok(Self { database: database.clone(), tracer: Tracer::new(LOGGER) })
    }
}

#[spanwright::instrument_all(name_prefix = "eventsource.dlq", target = LOGGER, kind = client, enabled = self, err)]
impl DLQRepository {
    /// A projection could not handle an event, after so many retries. Its entry's number: there is one for each projection and event.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        {ATTR_ERROR_TYPE} = error.error_type(),
        {ATTR_RETRY_COUNT} = retry_count,
        ..EventIdentity = event.identity(),
        ..DatabaseAttributes = self.database.asked("INSERT")
    ))]
    pub async fn add(
        &self,
        event: &Event,
        projection_name: &str,
        error: &HandlerError,
        retry_count: u64,
    ) -> Result<i64, EventSourceError> {
        let (id, name) = (event.event_id.clone(), projection_name.to_owned());
        let (error_type, message) = (error.error_type(), error.to_string());
        let event = serde_json::to_string(event)
            .map_err(|source| EventSourceError::serialization(&event.event_type, source))?;
        self.database
            .call(move |db| {
                db.prepare_cached(
                    "INSERT INTO dead_letters (event_id, projection_name, event, error_type, error_message,
                        retry_count, status, first_failed_at, last_failed_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
                     ON CONFLICT DO UPDATE SET error_type = excluded.error_type, status = excluded.status,
                        error_message = excluded.error_message, last_failed_at = excluded.last_failed_at,
                        retry_count = retry_count + excluded.retry_count
                     RETURNING id",
                )?
                .query_row(
                    params![
                        id,
                        name,
                        event,
                        error_type,
                        message,
                        retry_count,
                        DLQStatus::Failed,
                        now_millis()
                    ],
                    |row| row.get(0),
                )
            })
            .await
    }

    /// Those that nobody has looked at, of a projection or of all, the oldest first, at most so many.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = projection_name,
        {ATTR_EVENT_COUNT} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    pub async fn get(
        &self,
        projection_name: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DLQEntry>, EventSourceError> {
        let name = projection_name.map(str::to_owned);
        let entries: Vec<_> = self
            .database
            .call(move |db| {
                db.prepare_cached(
                    "SELECT * FROM dead_letters WHERE status = ?1 AND (?2 IS NULL OR projection_name = ?2)
                     ORDER BY id LIMIT ?3",
                )?
                .query_map(params![DLQStatus::Failed, name, limit], entry)?
                .collect::<rusqlite::Result<_>>()
            })
            .await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = entries.len());
        Ok(entries)
    }

    /// One of them.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = Empty,
        {ATTR_EVENT_ID} = Empty,
        {ATTR_EVENT_TYPE} = Empty,
        ..DatabaseAttributes = self.database.asked("SELECT")
    ))]
    pub async fn get_by_id(&self, id: i64) -> Result<Option<DLQEntry>, EventSourceError> {
        let select = "SELECT * FROM dead_letters WHERE id = ?1";
        let found = self
            .database
            .call(move |db| db.prepare_cached(select)?.query_row([id], entry).optional())
            .await?;
        if let Some(entry) = &found {
            spanwright::record!(
                { ATTR_PROJECTION_NAME } = &entry.projection_name,
                { ATTR_EVENT_ID } = &entry.event.event_id,
                { ATTR_EVENT_TYPE } = &entry.event.event_type
            );
        }
        Ok(found)
    }

    /// Somebody is done with one. Whether there is such an entry.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields({ATTR_ACTOR_ID} = resolved_by, ..DatabaseAttributes = self.database.asked("UPDATE")))]
    pub async fn resolve(&self, id: i64, resolved_by: &str) -> Result<bool, EventSourceError> {
        let by = resolved_by.to_owned();
        let update = "UPDATE dead_letters SET status = ?2, resolved_at = ?3, resolved_by = ?4 WHERE id = ?1";
        let updated = self
            .database
            .call(move |db| db.execute(update, params![id, DLQStatus::Resolved, now_millis(), by]))
            .await?;
        Ok(updated > 0)
    }

    /// One is about to be handled once more: the entry, if there is such a one that is not resolved.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(
        {ATTR_PROJECTION_NAME} = Empty,
        {ATTR_RETRY_COUNT} = Empty,
        ..DatabaseAttributes = self.database.asked("UPDATE")
    ))]
    pub async fn retry(&self, id: i64) -> Result<Option<DLQEntry>, EventSourceError> {
        let found = self
            .database
            .call(move |db| {
                db.prepare_cached(
                    "UPDATE dead_letters SET status = ?2, retry_count = retry_count + 1
                     WHERE id = ?1 AND status <> ?3 RETURNING *",
                )?
                .query_row(params![id, DLQStatus::Retrying, DLQStatus::Resolved], entry)
                .optional()
            })
            .await?;
        if let Some(entry) = &found {
            spanwright::record!(
                { ATTR_PROJECTION_NAME } = &entry.projection_name,
                { ATTR_RETRY_COUNT } = entry.retry_count
            );
        }
        Ok(found)
    }

    /// How many there are.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(..DatabaseAttributes = self.database.asked("SELECT")))]
    pub async fn get_stats(&self) -> Result<DLQStats, EventSourceError> {
        self.database
            .call(|db| {
                let mut select = db.prepare_cached("SELECT count(*) FROM dead_letters WHERE status = ?1")?;
                let mut count = |status: DLQStatus| select.query_row([status], |row| row.get(0));
                Ok::<_, rusqlite::Error>(DLQStats {
                    failed: count(DLQStatus::Failed)?,
                    retrying: count(DLQStatus::Retrying)?,
                    resolved: count(DLQStatus::Resolved)?,
                })
            })
            .await
    }

    /// How many of each projection's are not resolved.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields(..DatabaseAttributes = self.database.asked("SELECT")))]
    pub async fn get_projection_counts(&self) -> Result<Vec<(String, u64)>, EventSourceError> {
        self.database
            .call(|db| {
                db.prepare_cached(
                    "SELECT projection_name, count(*) FROM dead_letters WHERE status <> ?1
                     GROUP BY projection_name ORDER BY projection_name",
                )?
                .query_map([DLQStatus::Resolved], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()
            })
            .await
    }

    /// Forgets those that were resolved before that time, in milliseconds since 1970. How many there were.
    ///
    /// # Errors
    /// Where the database fails.
    #[instrument(fields({ATTR_EVENT_COUNT} = Empty, ..DatabaseAttributes = self.database.asked("DELETE")))]
    pub async fn delete_resolved(&self, before: u64) -> Result<u64, EventSourceError> {
        let delete = "DELETE FROM dead_letters WHERE status = ?1 AND resolved_at < ?2";
        let deleted =
            self.database.call(move |db| db.execute(delete, params![DLQStatus::Resolved, before])).await?;
        spanwright::record!({ ATTR_EVENT_COUNT } = deleted);
        Ok(deleted as u64)
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<DLQEntry> {
    Ok(DLQEntry {
        id: row.get("id")?,
        projection_name: row.get("projection_name")?,
        event: crate::database::json(row, "event")?,
        error_type: row.get("error_type")?,
        error_message: row.get("error_message")?,
        retry_count: row.get("retry_count")?,
        status: row.get("status")?,
        first_failed_at: row.get("first_failed_at")?,
        last_failed_at: row.get("last_failed_at")?,
        resolved_at: row.get("resolved_at")?,
        resolved_by: row.get("resolved_by")?,
    })
}

impl ToSql for DLQStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for DLQStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Self::ALL.into_iter().find(|status| status.name() == name).ok_or(FromSqlError::InvalidType)
    }
}
