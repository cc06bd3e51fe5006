//! What can go wrong, with what it went wrong with.

use std::io;

use spanwright::ErrorType;
use spanwright::telemetry::InstallError;

use crate::storage::bucket::S3Error;

/// Why a snapshot was not saved, loaded or verified. None of its texts has any of the agent's state.
#[derive(Debug, thiserror::Error, ErrorType)]
pub enum PersistError {
    /// There is no such snapshot.
    #[error("no snapshot at `{key}`")]
    NotFound {
        /// The object's key, or the file's path.
        key: String,
    },
    /// The file or the object is somebody else's.
    #[error("access to `{key}` is denied")]
    PermissionDenied {
        /// The object's key, or the file's path.
        key: String,
    },
    /// What is to be saved is no JSON.
    #[error("the agent's state is no JSON, at line {} and column {}", .0.line(), .0.column())]
    InvalidState(#[source] serde_json::Error),
    /// What was saved there is something else.
    #[error("`{key}` is no snapshot")]
    NoSnapshot {
        /// The object's key, or the file's path.
        key: String,
        /// Where it is not.
        #[source]
        source: io::Error,
    },
    /// The state is not what it was when it was saved.
    #[error("the state in `{key}` has the hash {found}, and was saved with {expected}")]
    IntegrityCheckFailed {
        /// The object's key, or the file's path.
        key: String,
        /// The hash it was saved with.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// The disk has failed.
    #[error("`{key}`: {source}")]
    Io {
        /// The file's path.
        key: String,
        /// How.
        #[source]
        source: io::Error,
    },
    /// S3 has failed, and as often as it was tried again.
    #[error("`{key}` in the bucket `{bucket}`: {source}")]
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
        /// The last answer.
        #[source]
        source: S3Error,
    },
    /// The storage can't be set up as the configuration says.
    #[error("{0}")]
    Configuration(String),
    /// The telemetry can't be installed.
    #[error("{0}")]
    Observability(#[from] InstallError),
}

impl PersistError {
    /// What an error of the file system means here.
    pub(crate) fn of_file(key: &str, source: io::Error) -> Self {
        let key = key.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { key },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { key },
            _ => Self::Io { key, source },
        }
    }

    /// What an answer of S3 means here.
    pub(crate) fn of_s3(bucket: &str, key: &str, source: S3Error) -> Self {
        let key = key.to_owned();
        match source.code() {
            S3Error::NO_SUCH_KEY => Self::NotFound { key },
            S3Error::ACCESS_DENIED | "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
                Self::PermissionDenied { key }
            }
            _ => Self::S3 { bucket: bucket.to_owned(), key, source },
        }
    }

    /// What is there is no snapshot.
    pub(crate) fn no_snapshot(key: &str, source: impl Into<io::Error>) -> Self {
        Self::NoSnapshot { key: key.to_owned(), source: source.into() }
    }
}
