//! Spans over OTLP: HTTP with protobuf.
//!
//! | Module | Does |
//! | --- | --- |
//! | `writer` | spans to the bytes of an `ExportTraceServiceRequest`, by hand |
//! | `exporter` | sends them, and again where that can help |
//! | `answer` | reads what the receiver says: rejected spans, when to come back |
//!
//! Sources: [the OTLP specification](https://opentelemetry.io/docs/specs/otlp/) 1.9 and the `.proto` files of
//! `opentelemetry-proto`, whose decoder judges the writer in the tests.
//!
//! Invariants:
//! - header values are secrets: no message and no `Debug` text has one, or what an endpoint's URL has beside scheme,
//!   host and path;
//! - nothing here is asynchronous, and nothing logs: all that goes wrong is in the returned error.

mod answer;
mod exporter;
#[cfg(test)]
mod receiver;
mod writer;

use std::fmt;
use std::time::Duration;

pub use exporter::OtlpExporter;

/// Where spans go and what goes with them.
///
/// ```
/// use spanwright::export::otlp::OtlpSettings;
///
/// let settings = OtlpSettings {
///     endpoint: "http://collector:4318/v1/traces".into(),
///     resource: vec![("service.name".into(), "shop".into())],
///     ..OtlpSettings::default()
/// };
/// assert_eq!(settings.timeout.as_secs(), 10);
/// ```
#[derive(Clone)]
pub struct OtlpSettings {
    /// The full URL for traces, path included. By default that of a collector on this machine,
    /// `http://localhost:4318/v1/traces`.
    pub endpoint: String,
    /// Headers to send along, such as credentials; none by default.
    pub headers: Vec<(String, String)>,
    /// How long sending one request may take, all its repetitions and the time between them included; 10 seconds by
    /// default, as the specification has it.
    pub timeout: Duration,
    /// Attributes of what sends: `service.name` and others; none by default.
    pub resource: Vec<(String, String)>,
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:4318/v1/traces".to_owned(),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            resource: Vec::new(),
        }
    }
}

impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("OtlpSettings")
            .field("endpoint", &without_secrets(&self.endpoint))
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .field("resource", &self.resource)
            .finish()
    }
}

/// Why an exporter can't be made of its settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The endpoint is not a URL that spans can be sent to.
    #[error("OTLP endpoint `{endpoint}`: {reason}")]
    Endpoint {
        /// The endpoint, without user, password and query.
        endpoint: String,
        /// What is wrong, and what to write.
        reason: &'static str,
    },
    /// The endpoint is `https`, and the crate was built without it.
    #[error(
        "OTLP endpoint `{endpoint}`: `https` needs the feature `tls` of `spanwright`; turn it on, or send over \
         `http` to a collector nearby"
    )]
    NoTls {
        /// The endpoint, without user, password and query.
        endpoint: String,
    },
    /// A header can't be sent.
    #[error("OTLP header `{name}`: {reason}")]
    Header {
        /// The header's name; its value may be a secret.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// A URL for messages: without user, password, query and fragment, which may hold secrets.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Anything might stand in what is no URL; the length is for what isn't one by far.
    format!("{scheme}{host}{path}").chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, shown) in [
            ("http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces"),
            ("https://user:pass@host/v1?api-key=1#2", "https://host/v1"),
            ("https://us@er:pass@host", "https://host"),
            ("http://[::1]:4318/a@b", "http://[::1]:4318/a@b"),
            ("user:pass@host:4318", "host:4318"),
            ("http://a\nb", "http://a b"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    #[test]
    fn settings_are_shown_without_secrets() {
        let settings = OtlpSettings {
            endpoint: "http://me:hidden@host?hidden".into(),
            headers: vec![("authorization".into(), "hidden".into())],
            ..OtlpSettings::default()
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains("authorization") && shown.contains("http://host"), "{shown}");
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
