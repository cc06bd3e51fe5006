//! Where snapshots are kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::storage::bucket::Bucket;
use crate::storage::local::LocalStorage;
use crate::storage::s3::S3Storage;
use crate::{PersistError, SnapshotEngine};

/// Where snapshots are kept.
#[derive(Clone, Debug)]
pub enum StorageConfig {
    /// On the local disk: keys are paths, relative ones begin in this directory.
    Local(PathBuf),
    /// In S3, or in what speaks like it.
    S3(S3Config),
}

/// A bucket, and how often a request to it is tried again.
#[derive(Clone, Debug)]
pub struct S3Config {
    pub(crate) bucket: String,
    pub(crate) client: Option<Arc<dyn Bucket>>,
    pub(crate) max_retries: u32,
    pub(crate) first_delay: Duration,
}

impl StorageConfig {
    /// This bucket of the S3 that the environment names as AWS' own tools have it: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`. Needs the feature `s3`.
    pub fn s3_with_bucket(bucket: String) -> Self {
        Self::S3(S3Config::new(bucket))
    }

    /// A directory of the local disk.
    pub fn local(directory: impl Into<PathBuf>) -> Self {
        Self::Local(directory.into())
    }
}

impl S3Config {
    /// This bucket, with three repetitions of what failed for the moment.
    pub fn new(bucket: String) -> Self {
        Self { bucket, client: None, max_retries: 3, first_delay: Duration::from_millis(50) }
    }

    /// A client of one's own for it, such as a [`MemoryBucket`](crate::MemoryBucket).
    #[must_use]
    pub fn client(mut self, client: Arc<dyn Bucket>) -> Self {
        self.client = Some(client);
        self
    }

    /// How often what failed for the moment is tried again, and how long after it failed first; after that twice as long each time.
    #[must_use]
    pub fn retries(mut self, max_retries: u32, first_delay: Duration) -> Self {
        (self.max_retries, self.first_delay) = (max_retries, first_delay);
        self
    }
}

/// Makes an engine that keeps snapshots there.
///
/// # Errors
/// [`Configuration`](PersistError::Configuration) where the environment does not say what S3 needs, or the feature `s3` is off.
pub fn create_engine_from_config(config: StorageConfig) -> Result<SnapshotEngine, PersistError> {
    Ok(SnapshotEngine::new(match config {
        StorageConfig::Local(directory) => Box::new(LocalStorage::new(directory)),
        StorageConfig::S3(mut config) => {
            let client = match config.client.take() {
                Some(client) => client,
                None => from_environment(&config.bucket)?,
            };
            Box::new(S3Storage::new(config, client))
        }
    }))
}

#[cfg(feature = "s3")]
fn from_environment(bucket: &str) -> Result<Arc<dyn Bucket>, PersistError> {
    Ok(Arc::new(crate::storage::object_store::ObjectStoreBucket::from_environment(bucket)?))
}

#[cfg(not(feature = "s3"))]
fn from_environment(bucket: &str) -> Result<Arc<dyn Bucket>, PersistError> {
    let reason = format!("the bucket `{bucket}` can't be reached: build with the feature `s3`");
    Err(PersistError::Configuration(reason))
}
