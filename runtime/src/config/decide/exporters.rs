//! Where spans, log records and metrics are sent.
//!
//! Nothing is sent unless somebody asked for it: by an endpoint, or by an exporter's name.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::Said;
use crate::config::decided::{ClientIdentity, LogsExporter, MetricsExporter, Otlp, TraceExporter, Zipkin};
use crate::config::kind::{
    LogsExporterName, MetricsExporterName, OtlpCompression, OtlpProtocol, TracesExporterName,
};
use crate::config::pairs::Headers;
use crate::config::problem::Problem;
use crate::config::reader::add_once;
use crate::config::url::Url;
use crate::export::Temporality;

const HTTP_PORT: u16 = 4_318;
const GRPC_PORT: u16 = 4_317;

/// What is said about one signal over OTLP.
pub(super) struct SignalSettings {
    pub(super) endpoint: Option<Url>,
    pub(super) headers: Option<Headers>,
    pub(super) timeout: Duration,
    pub(super) protocol: OtlpProtocol,
    pub(super) compression: OtlpCompression,
    pub(super) certificate: Option<PathBuf>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) client_key: Option<PathBuf>,
}

/// What is said about Zipkin.
pub(super) struct ZipkinSettings {
    pub(super) endpoint: Option<Url>,
    pub(super) timeout: Duration,
}

/// A signal's words.
struct Signal {
    /// What is appended to the base.
    path: &'static str,
    /// The variables of its client's certificates and key, the signal's before those of all.
    certificate: [&'static str; 2],
    key: [&'static str; 2],
}

const TRACES: Signal = Signal {
    path: "/v1/traces",
    certificate: ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
    key: ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
};
const LOGS: Signal = Signal {
    path: "/v1/logs",
    certificate: ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
    key: ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
};

const METRICS: Signal = Signal {
    path: "/v1/metrics",
    certificate: ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
    key: ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
};

/// The base of all signals' endpoints, where one is set.
pub(super) struct Endpoints {
    pub(super) base: Option<Url>,
}

impl Endpoints {
    /// The list where there is one; else what code asks for, and OTLP where it has an endpoint.
    pub(super) fn trace_exporters(
        &self,
        list: Option<Vec<TracesExporterName>>,
        in_code: Vec<TracesExporterName>,
        otlp: &SignalSettings,
    ) -> Vec<TracesExporterName> {
        list.unwrap_or_else(|| {
            let by_endpoint =
                (self.base.is_some() || otlp.endpoint.is_some()).then_some(TracesExporterName::Otlp);
            by_endpoint.into_iter().chain(in_code).collect()
        })
    }

    /// The list where there is one; else OTLP where it has an endpoint.
    pub(super) fn log_exporters(
        &self,
        list: Option<Vec<LogsExporterName>>,
        otlp: &SignalSettings,
    ) -> Vec<LogsExporterName> {
        list.unwrap_or_else(|| {
            let is_set = self.base.is_some() || otlp.endpoint.is_some();
            is_set.then_some(LogsExporterName::Otlp).into_iter().collect()
        })
    }

    /// The exporters of spans.
    pub(super) fn traces(
        &self,
        names: &[TracesExporterName],
        otlp: SignalSettings,
        zipkin: ZipkinSettings,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Vec<TraceExporter> {
        if said.settings.zipkin_endpoint.is_some() && !names.contains(&TracesExporterName::Zipkin) {
            problems.push(Problem::NoEffect {
                variable: "OTEL_EXPORTER_ZIPKIN_ENDPOINT".to_owned(),
                because: "`zipkin` is not among the exporters of `OTEL_TRACES_EXPORTER`",
            });
        }
        let (mut otlp, mut zipkin) = (Some(otlp), Some(zipkin));
        let exporter = |name: &TracesExporterName| match name {
            TracesExporterName::Otlp => {
                otlp.take().map(|otlp| TraceExporter::Otlp(self.otlp(&TRACES, otlp, said, problems)))
            }
            TracesExporterName::Zipkin => zipkin.take().map(|zipkin| TraceExporter::Zipkin(zipkin.decide())),
            TracesExporterName::Console => Some(TraceExporter::Console),
            TracesExporterName::Stdout => Some(TraceExporter::Stdout),
        };
        names.iter().filter_map(exporter).collect()
    }

    /// The exporters of log records.
    pub(super) fn logs(
        &self,
        names: &[LogsExporterName],
        otlp: SignalSettings,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Vec<LogsExporter> {
        let mut otlp = Some(otlp);
        let exporter = |name: &LogsExporterName| match name {
            LogsExporterName::Otlp => {
                otlp.take().map(|otlp| LogsExporter::Otlp(self.otlp(&LOGS, otlp, said, problems)))
            }
            LogsExporterName::Stdout => Some(LogsExporter::Stdout),
        };
        names.iter().filter_map(exporter).collect()
    }

    /// The exporters of metrics: the list where there is one, else OTLP where it has an endpoint.
    pub(super) fn metrics(
        &self,
        list: Option<Vec<MetricsExporterName>>,
        (otlp, temporality): (SignalSettings, Temporality),
        server_is_on: bool,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Vec<MetricsExporter> {
        let is_set = self.base.is_some() || otlp.endpoint.is_some();
        let names = list.unwrap_or_else(|| is_set.then_some(MetricsExporterName::Otlp).into_iter().collect());
        let mut otlp = Some(otlp);
        let exporter = |name: &MetricsExporterName| match name {
            MetricsExporterName::Otlp => otlp
                .take()
                .map(|otlp| MetricsExporter::Otlp(self.otlp(&METRICS, otlp, said, problems), temporality)),
            MetricsExporterName::Prometheus => {
                if !server_is_on {
                    problems.push(Problem::NoEffect {
                        variable: "OTEL_METRICS_EXPORTER=prometheus".to_owned(),
                        because: "there is no admin server",
                    });
                }
                None
            }
            MetricsExporterName::Console => Some(MetricsExporter::Console),
            MetricsExporterName::Stdout => Some(MetricsExporter::Stdout(temporality)),
        };
        names.iter().filter_map(exporter).collect()
    }

    /// One signal over OTLP.
    fn otlp(
        &self,
        signal: &Signal,
        settings: SignalSettings,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Otlp {
        let SignalSettings {
            endpoint,
            headers,
            timeout,
            protocol,
            compression,
            certificate,
            client_certificate,
            client_key,
        } = settings;
        let set = endpoint.as_ref().or(self.base.as_ref());
        if let Some(remark) = set.and_then(|url| other_protocols_port(url, protocol)) {
            add_once(problems, remark);
        }
        Otlp {
            endpoint: self.endpoint(endpoint, protocol, signal.path),
            headers: headers.unwrap_or_default(),
            timeout,
            protocol,
            compression,
            certificate,
            client: client_identity(signal, client_certificate, client_key, said, problems),
        }
    }

    /// The signal's own endpoint as it is; else under the base, or on this machine. With gRPC there is no path.
    fn endpoint(&self, own: Option<Url>, protocol: OtlpProtocol, path: &str) -> Url {
        let local = match protocol {
            OtlpProtocol::HttpProtobuf => "http://localhost:4318",
            OtlpProtocol::Grpc => "http://localhost:4317",
        };
        own.unwrap_or_else(|| {
            let base = self.base.clone().unwrap_or_else(|| Url::known(local));
            match protocol {
                OtlpProtocol::HttpProtobuf => base.join(path),
                OtlpProtocol::Grpc => base,
            }
        })
    }
}

impl ZipkinSettings {
    fn decide(self) -> Zipkin {
        Zipkin {
            endpoint: self.endpoint.unwrap_or_else(|| Url::known("http://localhost:9411/api/v2/spans")),
            timeout: self.timeout,
        }
    }
}

/// Whether the port is by convention that of the protocol that is not spoken.
fn other_protocols_port(url: &Url, protocol: OtlpProtocol) -> Option<Problem> {
    let port = url.port()?;
    let (other, other_port, its_port) = match protocol {
        OtlpProtocol::HttpProtobuf => (OtlpProtocol::Grpc, GRPC_PORT, HTTP_PORT),
        OtlpProtocol::Grpc => (OtlpProtocol::HttpProtobuf, HTTP_PORT, GRPC_PORT),
    };
    (port == other_port).then(|| Problem::OtherProtocolsPort {
        endpoint: url.shown(),
        port,
        its_protocol: other.name(),
        protocol: protocol.name(),
        its_port,
    })
}

/// Certificates are nothing without their key, nor is a key without them.
fn client_identity(
    signal: &Signal,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    said: &Said<'_>,
    problems: &mut Vec<Problem>,
) -> Option<ClientIdentity> {
    let (variables, because) = match (certificate, key) {
        (Some(certificate), Some(key)) => return Some(ClientIdentity { certificate, key }),
        (None, None) => return None,
        (Some(_), None) => (signal.certificate, "`OTEL_EXPORTER_OTLP_CLIENT_KEY` is not set"),
        (None, Some(_)) => (signal.key, "`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is not set"),
    };
    if let Some(variable) = said.first_set(&variables) {
        add_once(problems, Problem::NoEffect { variable: variable.to_owned(), because });
    }
    None
}
