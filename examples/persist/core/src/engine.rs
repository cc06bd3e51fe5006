//! Saves, loads and verifies.

use spanwright::{instrument, record};

use crate::compression::{compress_data, decompress_data};
use crate::metrics::PersistMetrics;
use crate::snapshot::{Envelope, serialize_agent_state};
use crate::storage::Storage;
use crate::{PersistError, Snapshot, SnapshotMetadata};

/// Keeps snapshots in a storage. All its calls are plain ones: they return when it is done.
#[derive(Debug)]
pub struct SnapshotEngine {
    storage: Box<dyn Storage>,
}

/// A snapshot that was saved.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Saved {
    /// Where.
    pub key: String,
    /// How many bytes it takes there.
    pub stored_bytes: usize,
}

impl SnapshotEngine {
    pub(crate) fn new(storage: Box<dyn Storage>) -> Self {
        Self { storage }
    }

    /// Saves an agent's state, which is JSON, under a key, in place of what was there.
    ///
    /// # Errors
    /// Where the state is no JSON, and those of the storage.
    #[instrument(
        record(key),
        fields(..metadata, size_bytes = agent_json.len(), operation_type = "save")
    )]
    pub fn save_snapshot(
        &self,
        agent_json: &str,
        metadata: &SnapshotMetadata,
        key: &str,
    ) -> Result<Saved, PersistError> {
        let json = serialize_agent_state(agent_json, metadata)?;
        let data = compress_data(&json).map_err(|source| PersistError::of_file(key, source))?;
        self.storage.write(key, &data)?;
        PersistMetrics::global().state_size_bytes.observe(agent_json.len() as f64);
        let SnapshotMetadata { agent_id, session_id } = metadata;
        tracing::info!(agent_id, session_id, key, size_bytes = agent_json.len(), "Snapshot saved");
        Ok(Saved { key: key.to_owned(), stored_bytes: data.len() })
    }

    /// Loads a snapshot, whose state is what was saved.
    ///
    /// # Errors
    /// Where there is none, where it was harmed, and those of the storage.
    #[instrument(
        record(key),
        fields(agent_id = Empty, session_id = Empty, size_bytes = Empty, operation_type = "load")
    )]
    pub fn load_snapshot(&self, key: &str) -> Result<Snapshot, PersistError> {
        let snapshot = self.open(key)?;
        let SnapshotMetadata { agent_id, session_id } = &snapshot.metadata;
        let size_bytes = snapshot.agent_json.len();
        record!(agent_id = agent_id, session_id = session_id, size_bytes = size_bytes);
        tracing::info!(agent_id, session_id, key, size_bytes, "Snapshot loaded");
        Ok(snapshot)
    }

    /// Looks whether a snapshot can be loaded and is what was saved; says whose it is.
    ///
    /// # Errors
    /// As [`load_snapshot`](Self::load_snapshot).
    #[instrument(
        record(key),
        fields(agent_id = Empty, session_id = Empty, size_bytes = Empty, operation_type = "verify")
    )]
    pub fn verify_snapshot(&self, key: &str) -> Result<SnapshotMetadata, PersistError> {
        let Snapshot { metadata, agent_json } = self.open(key)?;
        let SnapshotMetadata { agent_id, session_id } = &metadata;
        record!(agent_id = agent_id, session_id = session_id, size_bytes = agent_json.len());
        tracing::info!(agent_id, session_id, key, size_bytes = agent_json.len(), "Snapshot verified");
        Ok(metadata)
    }

    fn open(&self, key: &str) -> Result<Snapshot, PersistError> {
        let data = self.storage.read(key)?;
        let json = decompress_data(&data).map_err(|source| PersistError::no_snapshot(key, source))?;
        Envelope::open(key, &json)
    }
}
