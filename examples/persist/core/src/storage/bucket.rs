//! What a client of S3 can do, and how it says that it could not.

use std::borrow::Cow;
use std::fmt::Debug;

use spanwright::ErrorType;

/// A bucket of S3. A call is one request: whoever asks tries again.
pub trait Bucket: Debug + Send + Sync {
    /// Writes an object, in place of what was there.
    ///
    /// # Errors
    /// S3's answer.
    fn put_object(&self, key: &str, data: &[u8]) -> Result<(), S3Error>;

    /// Reads an object.
    ///
    /// # Errors
    /// S3's answer.
    fn get_object(&self, key: &str) -> Result<Vec<u8>, S3Error>;
}

/// An answer of S3 that says no: one of its codes, and what it says to it.
#[derive(Clone, Debug, ErrorType, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct S3Error {
    code: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl S3Error {
    pub(crate) const NO_SUCH_KEY: &str = "NoSuchKey";
    pub(crate) const ACCESS_DENIED: &str = "AccessDenied";
    /// Not S3's: nobody answered.
    pub(crate) const NO_ANSWER: &str = "NoAnswer";

    /// An answer with this code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// There is no such bucket.
    pub fn no_such_bucket() -> Self {
        Self::new("NoSuchBucket", "The specified bucket does not exist")
    }

    /// There is no such object.
    pub fn no_such_key() -> Self {
        Self::new(Self::NO_SUCH_KEY, "The specified key does not exist.")
    }

    /// The object is somebody else's.
    pub fn access_denied() -> Self {
        Self::new(Self::ACCESS_DENIED, "Access Denied")
    }

    /// There were too many requests.
    pub fn slow_down() -> Self {
        Self::new("SlowDown", "Please reduce your request rate.")
    }

    /// S3's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether it may go well the next time.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.code(),
            "InternalError" | Self::NO_ANSWER | "RequestTimeout" | "ServiceUnavailable" | "SlowDown"
        )
    }
}
