//! Spans to Zipkin: version 2 of its API, as JSON.
//!
//! | Module | Does |
//! | --- | --- |
//! | `writer` | spans to the JSON of a request |
//! | `remote` | whom a span talked to |
//! | `exporter` | sends requests |
//!
//! Sources: OpenTelemetry's
//! [transformation to Zipkin](https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/) and
//! [to other formats](https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/),
//! [Zipkin's API](https://zipkin.io/zipkin-api/). The crate `zipkin-types` judges the writer in the tests.
//!
//! The transformation has no place for links and `tracestate`: they are left out.

mod exporter;
mod remote;
mod writer;

use std::fmt;
use std::time::Duration;

use super::http::{self, SettingsError};
use crate::config::Shown;

pub use exporter::ZipkinExporter;

/// Where spans go and what goes with them.
///
/// ```
/// use spanwright::export::zipkin::ZipkinSettings;
///
/// let settings = ZipkinSettings {
///     endpoint: "http://zipkin:9411/api/v2/spans".into(),
///     service_name: "shop".into(),
///     ..ZipkinSettings::default()
/// };
/// assert_eq!(settings.timeout.as_secs(), 10);
/// ```
#[derive(Clone)]
pub struct ZipkinSettings {
    /// The full URL for spans, path included. By default that of a Zipkin on this machine,
    /// `http://localhost:9411/api/v2/spans`.
    pub endpoint: String,
    /// Headers to send along, such as credentials; none by default.
    pub headers: Vec<(String, String)>,
    /// How long sending one request may take, all its repetitions and the time between them included; 10 seconds by
    /// default.
    pub timeout: Duration,
    /// The service's name, as in `service.name`. Where it is empty, as it is by default, it is that of the resource, and
    /// `unknown_service` where the resource has none either.
    pub service_name: String,
    /// Attributes of what sends, which become tags of every span, except `service.name`; none by default.
    pub resource: Vec<(String, String)>,
}

impl Default for ZipkinSettings {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:9411/api/v2/spans".to_owned(),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            service_name: String::new(),
            resource: Vec::new(),
        }
    }
}

impl fmt::Debug for ZipkinSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("ZipkinSettings")
            .field("endpoint", &http::without_secrets(&self.endpoint))
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .field("service_name", &self.service_name)
            .field("resource", &Shown(&self.resource))
            .finish()
    }
}

/// Why an exporter can't be made of its settings.
///
/// ```
/// use spanwright::export::zipkin::{ZipkinError, ZipkinExporter, ZipkinSettings};
///
/// let settings = ZipkinSettings { headers: vec![("a b".into(), "c".into())], ..ZipkinSettings::default() };
/// let error = ZipkinExporter::new(settings).unwrap_err();
/// assert!(matches!(error, ZipkinError::Header { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipkinError {
    /// The endpoint is not a URL that spans can be sent to.
    #[error("Zipkin endpoint `{endpoint}`: {reason}")]
    Endpoint {
        /// The endpoint, without user, password and query.
        endpoint: String,
        /// What is wrong, and what to write.
        reason: &'static str,
    },
    /// The endpoint is `https`, and the crate was built without it.
    #[error(
        "Zipkin endpoint `{endpoint}`: `https` needs the feature `tls` of `spanwright`; turn it on, or send over \
         `http` to a receiver nearby"
    )]
    NoTls {
        /// The endpoint, without user, password and query.
        endpoint: String,
    },
    /// A header can't be sent.
    #[error("Zipkin header `{name}`: {reason}")]
    Header {
        /// The header's name; its value may be a secret.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl From<SettingsError> for ZipkinError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Endpoint { endpoint, reason } => Self::Endpoint { endpoint, reason },
            SettingsError::NoTls { endpoint } => Self::NoTls { endpoint },
            SettingsError::Header { name, reason } => Self::Header { name, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shown_without_secrets() {
        let settings = ZipkinSettings {
            endpoint: "http://me:hidden@host?hidden".into(),
            headers: vec![("authorization".into(), "hidden".into())],
            ..ZipkinSettings::default()
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains("authorization") && shown.contains("http://***@host?…"), "{shown}");
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn what_is_wrong_with_settings_is_said_without_secrets() {
        let endpoint =
            ZipkinSettings { endpoint: "grpc://zipkin?hidden".into(), ..ZipkinSettings::default() };
        let header =
            ZipkinSettings { headers: vec![("a\nb".into(), "hidden".into())], ..ZipkinSettings::default() };
        for (settings, start) in [
            (endpoint, "Zipkin endpoint `grpc://zipkin?…`: its scheme"),
            (header, "Zipkin header `a\\nb`: its name has"),
        ] {
            let said = ZipkinExporter::new(settings).unwrap_err().to_string();
            assert!(said.starts_with(start) && !said.contains("hidden"), "{said}");
        }
    }
}
