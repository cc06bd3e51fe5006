//! What an exporter is made of.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Shown;
use crate::export::http::without_secrets;

/// How requests travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OtlpProtocol {
    /// Protobuf over HTTP/1.1; by convention at port 4318, with a path for each signal.
    #[default]
    HttpProtobuf,
    /// gRPC, with the feature `grpc`; by convention at port 4317, without a path.
    Grpc,
}

/// How requests are made smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With gzip, which takes about a tenth of the bytes, and some time of the exporter's thread.
    Gzip,
}

/// Where spans, log records or metrics go and what goes with them.
///
/// ```
/// use spanwright::export::otlp::{Compression, OtlpSettings};
///
/// let settings = OtlpSettings {
///     endpoint: "http://collector:4318/v1/traces".into(),
///     compression: Compression::Gzip,
///     resource: vec![("service.name".into(), "shop".into())],
///     ..OtlpSettings::default()
/// };
/// assert_eq!(settings.timeout.as_secs(), 10);
/// ```
#[derive(Clone)]
pub struct OtlpSettings {
    /// For HTTP the full URL of the signal, path included; for gRPC scheme, host and port, a path is ignored. By
    /// default that of a collector on this machine, `http://localhost:4318/v1/traces`.
    pub endpoint: String,
    /// HTTP by default.
    pub protocol: OtlpProtocol,
    /// None by default.
    pub compression: Compression,
    /// Headers to send along, such as credentials; none by default. Over gRPC they are metadata.
    pub headers: Vec<(String, String)>,
    /// How long sending one request may take, all its repetitions and the time between them included; 10 seconds by
    /// default, as the specification has it.
    pub timeout: Duration,
    /// A file with the certificates, in PEM, of who signs the receiver's: `OTEL_EXPORTER_OTLP_CERTIFICATE`. They take
    /// the place of the public ones, which are the default. This file and the two below are read once, when the
    /// exporter is made, and only where the endpoint is `https`.
    pub certificate: Option<PathBuf>,
    /// A file with the client's own certificate, and those between it and who signed it, in PEM:
    /// `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`. It goes with [`client_key`](Self::client_key).
    pub client_certificate: Option<PathBuf>,
    /// A file with the client's private key in PEM: `OTEL_EXPORTER_OTLP_CLIENT_KEY`.
    pub client_key: Option<PathBuf>,
    /// Attributes of what sends: `service.name` and others; none by default.
    pub resource: Vec<(String, String)>,
}

impl OtlpSettings {
    /// The default settings, with the endpoint of logs: `http://localhost:4318/v1/logs`.
    #[must_use]
    pub fn logs_default() -> Self {
        Self { endpoint: "http://localhost:4318/v1/logs".to_owned(), ..Self::default() }
    }

    /// The default settings, with the endpoint of metrics: `http://localhost:4318/v1/metrics`.
    #[must_use]
    pub fn metrics_default() -> Self {
        Self { endpoint: "http://localhost:4318/v1/metrics".to_owned(), ..Self::default() }
    }

    /// The default settings of gRPC, for all signals: the endpoint is `http://localhost:4317`.
    #[must_use]
    pub fn grpc_default() -> Self {
        let endpoint = "http://localhost:4317".to_owned();
        Self { endpoint, protocol: OtlpProtocol::Grpc, ..Self::default() }
    }
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:4318/v1/traces".to_owned(),
            protocol: OtlpProtocol::HttpProtobuf,
            compression: Compression::None,
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            certificate: None,
            client_certificate: None,
            client_key: None,
            resource: Vec::new(),
        }
    }
}

/// Header values are left out, and what the endpoint has beside scheme, host and path.
impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("OtlpSettings")
            .field("endpoint", &without_secrets(&self.endpoint))
            .field("protocol", &self.protocol)
            .field("compression", &self.compression)
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .field("certificate", &self.certificate)
            .field("client_certificate", &self.client_certificate)
            .field("client_key", &self.client_key)
            .field("resource", &Shown(&self.resource))
            .finish()
    }
}

/// Why an exporter can't be made of its settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// The endpoint is not a URL that anything can be sent to.
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
    /// The protocol is gRPC, and the crate was built without it.
    #[error(
        "OTLP endpoint `{endpoint}`: gRPC needs the feature `grpc` of `spanwright`; turn it on, or send with the \
         protocol `http/protobuf` to port 4318"
    )]
    NoGrpc {
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
    /// A certificate or key can't be used.
    #[error("OTLP certificates, file `{}`: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What drives gRPC can't be started.
    #[error("OTLP over gRPC can't be started: {reason}")]
    Grpc {
        /// What the system says.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shown_without_secrets() {
        let settings = OtlpSettings {
            endpoint: "http://me:hidden@host?hidden".into(),
            headers: vec![("authorization".into(), "hidden".into())],
            ..OtlpSettings::default()
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains("authorization") && shown.contains("http://***@host?…"), "{shown}");
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
