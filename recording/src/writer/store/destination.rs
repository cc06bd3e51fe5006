//! Where files are uploaded to, and under which names.

use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::connector::Connector;
use crate::show::to_rfc3339;

/// Where files are uploaded to, and under which names.
#[derive(Clone, Debug)]
pub struct Destination {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: Path,
    service: String,
    host: String,
    /// How long to wait after the first failure, and at most.
    pub(super) backoff: (Duration, Duration),
}

impl Destination {
    /// A store of one's own making, and what comes before the names there.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self {
            store,
            prefix: Path::from(prefix),
            service: "unknown".to_owned(),
            host: "unknown".to_owned(),
            backoff: (Duration::from_secs(1), Duration::from_secs(300)),
        }
    }

    /// A store by its address: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, `file:///folder`.
    ///
    /// Keys and all else come from the environment by the names that `object_store` documents, such as `AWS_ACCESS_KEY_ID`, `AWS_REGION` and
    /// `AWS_ENDPOINT`, and from `settings`, which are stronger: `("aws_endpoint", "https://…")`. Addresses without TLS need `AWS_ALLOW_HTTP=true`.
    ///
    /// Fails where the address is of an unknown kind or has a key in it, and where a setting is unknown or missing.
    pub fn from_url(address: &str, settings: impl IntoIterator<Item = (String, String)>) -> io::Result<Self> {
        // Before it is read as an address, which one with a `/` in its key is not, and is shown.
        if address.contains(['@', '?', '#']) {
            return Err(invalid("an address must have no keys and no query; set them in the environment"));
        }
        let url =
            Url::parse(address).map_err(|error| invalid(format!("`{address}` is no address: {error}")))?;
        let (scheme, prefix) =
            ObjectStoreScheme::parse(&url).map_err(|error| invalid(format!("`{url}`: {error}")))?;
        let store = open(&scheme, &url, settings.into_iter().collect())?;
        Ok(Self::new(store, prefix.as_ref()))
    }

    /// The service's name, in names of files.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        self.service = or_unknown(name);
        self
    }

    /// The machine's name, in names of files.
    #[must_use]
    pub fn host(mut self, name: &str) -> Self {
        self.host = or_unknown(name);
        self
    }

    /// Waits so long after the first failure, twice as long after the next, and so on up to `most`.
    #[must_use]
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = (first, most.max(first));
        self
    }

    /// The name of a file in the store.
    pub(super) fn key(&self, start: u64, number: &str) -> Path {
        let start: String = to_rfc3339(start).chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
        let name = format!("{start}-{number}.spwr");
        // Each is one part, whatever is in it.
        [&self.service, &self.host, &name]
            .into_iter()
            .fold(self.prefix.clone(), |path, part| path.join(part.as_str()))
    }
}

fn or_unknown(name: &str) -> String {
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

fn invalid(said: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, said.into())
}

/// The uploading thread tries again by itself, so that it can tell of it.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() }
}

fn open(
    scheme: &ObjectStoreScheme,
    url: &Url,
    settings: Vec<(String, String)>,
) -> io::Result<Arc<dyn ObjectStore>> {
    /// The three differ in their types only.
    macro_rules! cloud {
        ($builder:ty, $key:ty) => {{
            let mut builder = <$builder>::from_env()
                .with_url(url.as_str())
                .with_retry(retry())
                .with_http_connector(Connector);
            for (key, value) in settings {
                let known =
                    <$key>::from_str(&key).map_err(|_| invalid(format!("unknown setting `{key}`")))?;
                builder = builder.with_config(known, value);
            }
            Arc::new(builder.build().map_err(|error| invalid(format!("`{url}`: {error}")))?)
        }};
    }
    Ok(match scheme {
        ObjectStoreScheme::AmazonS3 => cloud!(AmazonS3Builder, AmazonS3ConfigKey),
        ObjectStoreScheme::GoogleCloudStorage => cloud!(GoogleCloudStorageBuilder, GoogleConfigKey),
        ObjectStoreScheme::MicrosoftAzure => cloud!(MicrosoftAzureBuilder, AzureConfigKey),
        ObjectStoreScheme::Local | ObjectStoreScheme::Memory => {
            let (store, _) = object_store::parse_url(url).map_err(|error| invalid(error.to_string()))?;
            store.into()
        }
        _ => {
            return Err(invalid(format!(
                "`{url}` is of a kind that is not known; write `s3://bucket/prefix`"
            )));
        }
    })
}
