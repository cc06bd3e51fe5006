//! S3 over HTTP, by the crate `object_store`.

use std::future::Future;
use std::sync::mpsc;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, RetryConfig};
use tokio::runtime::{self, Runtime};

use super::bucket::{Bucket, S3Error};
use crate::PersistError;

/// A bucket of the S3 that the environment names.
#[derive(Debug)]
pub(crate) struct ObjectStoreBucket {
    store: AmazonS3,
    /// A runtime of its own: its callers may be on one, and wait without it.
    runtime: Runtime,
}

impl ObjectStoreBucket {
    pub(crate) fn from_environment(bucket: &str) -> Result<Self, PersistError> {
        // A program of its own may choose the cryptography of the process; where it has been chosen, that holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: &dyn std::fmt::Display| PersistError::Configuration(error.to_string());
        // Whoever asks tries again, and tells of it.
        let once = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(once);
        let store = store.build().map_err(|error| failed(&error))?;
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Self { store, runtime: runtime.map_err(|error| failed(&error))? })
    }

    /// Has the runtime do it, and waits.
    fn wait<T: Send + 'static>(
        &self,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> Result<T, S3Error> {
        let (done, answer) = mpsc::sync_channel(1);
        self.runtime.spawn(async move { done.send(request.await) });
        let lost = || S3Error::new(S3Error::NO_ANSWER, "The request was not finished");
        answer.recv().map_err(|_| lost())?.map_err(|error| told(&error))
    }
}

impl Bucket for ObjectStoreBucket {
    fn put_object(&self, key: &str, data: &[u8]) -> Result<(), S3Error> {
        let (store, key, data) = (self.store.clone(), Path::from(key), data.to_vec());
        self.wait(async move { store.put(&key, data.into()).await.map(drop) })
    }

    fn get_object(&self, key: &str) -> Result<Vec<u8>, S3Error> {
        let (store, key) = (self.store.clone(), Path::from(key));
        self.wait(async move { Ok(store.get(&key).await?.bytes().await?.into()) })
    }
}

/// S3's own code and message. Of all else only what it is: addresses may be signed.
fn told(error: &Error) -> S3Error {
    let answer = error.to_string();
    match (element(&answer, "Code"), element(&answer, "Message")) {
        (Some(code), Some(message)) => S3Error::new(code.to_owned(), message.to_owned()),
        _ => match error {
            Error::NotFound { .. } => S3Error::no_such_key(),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => S3Error::access_denied(),
            error => of_source(error),
        },
    }
}

fn of_source(error: &Error) -> S3Error {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<HttpError>().map(HttpError::kind) {
            Some(HttpErrorKind::Connect) => {
                return S3Error::new(S3Error::NO_ANSWER, "The store can't be reached");
            }
            Some(HttpErrorKind::Timeout) => {
                return S3Error::new(S3Error::NO_ANSWER, "The store does not answer in time");
            }
            _ => next = error.source(),
        }
    }
    S3Error::new("InternalError", "The store failed")
}

/// What is in an element of the answer's XML.
fn element<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}
