//! S3, with repetitions of what failed for the moment, and a look at what was uploaded.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use spanwright::{instrument, record};

use super::Storage;
use super::bucket::{Bucket, S3Error};
use crate::PersistError;
use crate::config::S3Config;
use crate::metrics::{Operation, PersistMetrics};

/// A bucket.
#[derive(Debug)]
pub(crate) struct S3Storage {
    config: S3Config,
    client: Arc<dyn Bucket>,
}

/// What became of a request, and how often it was repeated.
struct Tried<T> {
    result: Result<T, S3Error>,
    retries: u32,
}

impl S3Storage {
    pub(crate) fn new(config: S3Config, client: Arc<dyn Bucket>) -> Self {
        Self { config, client }
    }

    /// Uploads an object, and reads it again.
    #[instrument(
        record(key),
        fields(bucket = self.config.bucket, size_bytes = data.len(), operation_type = "save", retry_count = Empty)
    )]
    fn s3_upload(&self, key: &str, data: &[u8]) -> Result<(), PersistError> {
        let Tried { result, retries } =
            self.with_retries(Operation::PutObject, key, || self.put_object_request(key, data));
        record!(retry_count = retries);
        result.and_then(|()| self.verify_upload(key, data)).map_err(|error| {
            let bucket = self.config.bucket.as_str();
            tracing::error!(bucket, key, error = %error, retry_count = retries, "S3 upload failed");
            PersistError::of_s3(bucket, key, error)
        })
    }

    #[instrument(
        record(key),
        fields(bucket = self.config.bucket, size_bytes = Empty, operation_type = "load", retry_count = Empty)
    )]
    fn s3_download(&self, key: &str) -> Result<Vec<u8>, PersistError> {
        let Tried { result, retries } =
            self.with_retries(Operation::GetObject, key, || self.get_object_request(key));
        record!(retry_count = retries);
        match result {
            Ok(data) => {
                record!(size_bytes = data.len());
                Ok(data)
            }
            Err(error) => {
                let bucket = self.config.bucket.as_str();
                tracing::error!(bucket, key, error = %error, retry_count = retries, "S3 download failed");
                Err(PersistError::of_s3(bucket, key, error))
            }
        }
    }

    /// Reads what was uploaded: that a request was answered says that it arrived, and not what is there.
    #[instrument(
        record(key),
        fields(bucket = self.config.bucket, size_bytes = data.len(), operation_type = "verify", retry_count = Empty)
    )]
    fn verify_upload(&self, key: &str, data: &[u8]) -> Result<(), S3Error> {
        let Tried { result, retries } =
            self.with_retries(Operation::GetObject, key, || self.get_object_request(key));
        record!(retry_count = retries);
        if result? == data {
            Ok(())
        } else {
            Err(S3Error::new("BadDigest", "What was uploaded is not what is there"))
        }
    }

    /// One request. Calls, errors and durations of it are counted by the annotation.
    #[instrument(
        record(key),
        fields(bucket = self.config.bucket, size_bytes = data.len()),
        err(level = "debug"),
        metrics(into = PersistMetrics::global(), labels = Operation::PutObject)
    )]
    fn put_object_request(&self, key: &str, data: &[u8]) -> Result<(), S3Error> {
        tracing::trace!(size_bytes = data.len(), "Sending the request");
        self.client.put_object(key, data)
    }

    /// The same for what is read.
    #[instrument(
        record(key),
        fields(bucket = self.config.bucket),
        err(level = "debug"),
        metrics(into = PersistMetrics::global(), labels = Operation::GetObject)
    )]
    fn get_object_request(&self, key: &str) -> Result<Vec<u8>, S3Error> {
        tracing::trace!("Sending the request");
        self.client.get_object(key)
    }

    /// Repeats a request for as long as it fails for the moment, with ever longer breaks.
    fn with_retries<T>(
        &self,
        operation: Operation,
        key: &str,
        request: impl Fn() -> Result<T, S3Error>,
    ) -> Tried<T> {
        let S3Config { bucket, max_retries, .. } = &self.config;
        let (start, mut delay, mut retries) = (Instant::now(), self.config.first_delay, 0);
        loop {
            let result = request();
            match &result {
                Err(error) if error.is_transient() && retries < *max_retries => {}
                Err(_) => return Tried { result, retries },
                Ok(_) => {
                    let duration_ms = start.elapsed().as_millis() as u64;
                    tracing::info!(
                        bucket,
                        key,
                        operation = operation.name(),
                        duration_ms,
                        "S3 operation completed successfully"
                    );
                    return Tried { result, retries };
                }
            }
            retries += 1;
            PersistMetrics::global().s3_retries_total.with(operation).inc();
            tracing::warn!(
                bucket,
                key,
                operation = operation.name(),
                retry_attempt = retries,
                max_retries,
                "Retrying S3 operation due to transient error"
            );
            thread::sleep(delay);
            delay *= 2;
        }
    }
}

impl Storage for S3Storage {
    fn write(&self, key: &str, data: &[u8]) -> Result<(), PersistError> {
        self.s3_upload(key, data)
    }

    fn read(&self, key: &str) -> Result<Vec<u8>, PersistError> {
        self.s3_download(key)
    }
}
