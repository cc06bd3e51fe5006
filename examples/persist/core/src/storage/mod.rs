//! Where snapshots are kept: one file for each kind of place.

pub(crate) mod bucket;
pub(crate) mod local;
pub(crate) mod memory;
#[cfg(feature = "s3")]
pub(crate) mod object_store;
pub(crate) mod s3;

use std::fmt::Debug;

use crate::PersistError;

/// A place for bytes by their keys.
pub(crate) trait Storage: Debug + Send + Sync {
    fn write(&self, key: &str, data: &[u8]) -> Result<(), PersistError>;
    fn read(&self, key: &str) -> Result<Vec<u8>, PersistError>;
}
