//! What is stored: an agent's state, whose it is, and the hash by which it is seen to be unharmed.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use spanwright::{Attributes, instrument};

use crate::PersistError;

/// Whose snapshot it is. Both are on the spans of all that is done with it.
#[derive(Attributes, Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SnapshotMetadata {
    /// Agent identifier
    #[attribute(example = "agent-7")]
    pub agent_id: String,
    /// Session identifier
    #[attribute(example = "session-42")]
    pub session_id: String,
}

impl SnapshotMetadata {
    /// Of this agent, in this session.
    pub fn new(agent_id: impl Into<String>, session_id: impl Into<String>) -> Self {
        Self { agent_id: agent_id.into(), session_id: session_id.into() }
    }
}

/// A snapshot that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Whose it is.
    pub metadata: SnapshotMetadata,
    /// The agent's state, as it was saved.
    pub agent_json: String,
}

/// What is in a file, before it is compressed.
#[derive(Deserialize, Serialize)]
pub(crate) struct Envelope<'a> {
    metadata: SnapshotMetadata,
    /// SHA-256 of the state.
    content_hash: String,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// Puts the state, its hash and whose it is into JSON.
#[instrument(fields(..metadata, size_bytes = agent_json.len()), err)]
pub(crate) fn serialize_agent_state(
    agent_json: &str,
    metadata: &SnapshotMetadata,
) -> Result<Vec<u8>, PersistError> {
    let state: &RawValue = serde_json::from_str(agent_json).map_err(PersistError::InvalidState)?;
    let content_hash = calculate_hash(state.get());
    let envelope = Envelope { metadata: metadata.clone(), content_hash, state };
    let json = serde_json::to_vec(&envelope).map_err(PersistError::InvalidState)?;
    tracing::debug!(size_bytes = json.len(), "State serialized");
    Ok(json)
}

impl Envelope<'_> {
    /// Reads it, and compares the state with its hash.
    pub(crate) fn open(key: &str, json: &[u8]) -> Result<Snapshot, PersistError> {
        let Envelope { metadata, content_hash, state } =
            serde_json::from_slice(json).map_err(|error| PersistError::no_snapshot(key, error))?;
        let found = calculate_hash(state.get());
        if found == content_hash {
            tracing::debug!(key, content_hash, "Integrity verified");
            return Ok(Snapshot { metadata, agent_json: state.get().to_owned() });
        }
        tracing::error!(key, expected = content_hash, found, "Integrity check failed");
        Err(PersistError::IntegrityCheckFailed { key: key.to_owned(), expected: content_hash, found })
    }
}

/// SHA-256, in hexadecimal.
#[instrument(fields(size_bytes = state.len()))]
fn calculate_hash(state: &str) -> String {
    let hash = hmac_sha256::Hash::hash(state.as_bytes());
    hash.iter().fold(String::with_capacity(64), |mut hexadecimal, byte| {
        // A string takes everything.
        let _ = write!(hexadecimal, "{byte:02x}");
        hexadecimal
    })
}
