//! What a writer says of uploads, whatever it uploads with.

use std::time::SystemTime;

/// How uploads go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadHealth {
    /// Files that wait to be uploaded, the one that is being uploaded among them.
    pub queued_files: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// Files that the store has taken, or had already.
    pub uploaded_files: u64,
    /// Their bytes.
    pub uploaded_bytes: u64,
    /// How often something went wrong.
    pub failures: u64,
    /// What went wrong last, without keys and addresses; nothing once a file was taken again.
    pub last_error: Option<String>,
    /// When a file was taken last.
    pub last_success: Option<SystemTime>,
    /// Files that had to go for the budget before they were uploaded, or before it was known that an earlier process had done so.
    pub lost_files: u64,
    /// Their bytes.
    pub lost_bytes: u64,
}
