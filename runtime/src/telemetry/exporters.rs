//! From what is decided to exporters, a function for each; the only place that knows which are built in.

use std::path::Path;

use crate::config::{Otlp, Zipkin};
use crate::export::file::{FileExporter, FileLogExporter, FileMetricExporter, FileSettings};
use crate::export::{LogExporter, MetricExporter, SpanExporter, Temporality};

/// A resource, as exporters take it.
type Resource<'a> = &'a [(String, String)];
type Made<T> = Result<Box<T>, String>;

#[cfg(feature = "otlp")]
fn otlp_settings(otlp: &Otlp, resource: Resource<'_>) -> crate::export::otlp::OtlpSettings {
    use crate::config::{OtlpCompression, OtlpProtocol};
    use crate::export::otlp;

    otlp::OtlpSettings {
        endpoint: otlp.endpoint.as_str().to_owned(),
        headers: otlp.headers.0.clone(),
        timeout: otlp.timeout,
        resource: resource.to_vec(),
        protocol: match otlp.protocol {
            OtlpProtocol::HttpProtobuf => otlp::OtlpProtocol::HttpProtobuf,
            OtlpProtocol::Grpc => otlp::OtlpProtocol::Grpc,
        },
        compression: match otlp.compression {
            OtlpCompression::None => otlp::Compression::None,
            OtlpCompression::Gzip => otlp::Compression::Gzip,
        },
        certificate: otlp.certificate.clone(),
        client_certificate: otlp.client.as_ref().map(|client| client.certificate.clone()),
        client_key: otlp.client.as_ref().map(|client| client.key.clone()),
    }
}

#[cfg(feature = "otlp")]
pub(super) fn otlp_exporter(otlp: &Otlp, resource: Resource<'_>) -> Made<dyn SpanExporter> {
    match crate::export::otlp::OtlpExporter::new(otlp_settings(otlp, resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(feature = "otlp")]
pub(super) fn otlp_log_exporter(otlp: &Otlp, resource: Resource<'_>) -> Made<dyn LogExporter> {
    match crate::export::otlp::OtlpLogExporter::new(otlp_settings(otlp, resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(feature = "otlp")]
pub(super) fn otlp_metric_exporter(
    otlp: &Otlp,
    temporality: Temporality,
    resource: Resource<'_>,
) -> Made<dyn MetricExporter> {
    match crate::export::otlp::OtlpMetricExporter::new(otlp_settings(otlp, resource)) {
        Ok(exporter) => Ok(Box::new(exporter.temporality(temporality))),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(not(feature = "otlp"))]
const NO_OTLP: &str = "this program is built without the feature `otlp` of `spanwright`";

#[cfg(not(feature = "otlp"))]
pub(super) fn otlp_exporter(_otlp: &Otlp, _resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err(NO_OTLP.to_owned())
}

#[cfg(not(feature = "otlp"))]
pub(super) fn otlp_log_exporter(_otlp: &Otlp, _resource: Resource<'_>) -> Made<dyn LogExporter> {
    Err(NO_OTLP.to_owned())
}

#[cfg(not(feature = "otlp"))]
pub(super) fn otlp_metric_exporter(
    _otlp: &Otlp,
    _temporality: Temporality,
    _resource: Resource<'_>,
) -> Made<dyn MetricExporter> {
    Err(NO_OTLP.to_owned())
}

#[cfg(feature = "zipkin")]
pub(super) fn zipkin_exporter(zipkin: &Zipkin, resource: Resource<'_>) -> Made<dyn SpanExporter> {
    use crate::export::zipkin::{ZipkinExporter, ZipkinSettings};

    let service = resource.iter().find(|(key, _)| key == "service.name");
    let settings = ZipkinSettings {
        endpoint: zipkin.endpoint.as_str().to_owned(),
        timeout: zipkin.timeout,
        service_name: service.map(|(_, name)| name.clone()).unwrap_or_default(),
        resource: resource.to_vec(),
        ..ZipkinSettings::default()
    };
    match ZipkinExporter::new(settings) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(not(feature = "zipkin"))]
pub(super) fn zipkin_exporter(_zipkin: &Zipkin, _resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err("this program is built without the feature `zipkin` of `spanwright`".to_owned())
}

fn file_settings(path: &Path, resource: Resource<'_>) -> FileSettings {
    FileSettings { path: path.to_owned(), resource: resource.to_vec(), ..FileSettings::default() }
}

pub(super) fn file_exporter(path: &Path, max_bytes: u64, resource: Resource<'_>) -> Made<dyn SpanExporter> {
    match FileExporter::new(FileSettings { max_bytes, ..file_settings(path, resource) }) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn stdout_exporter(resource: Resource<'_>) -> Made<dyn SpanExporter> {
    match FileExporter::new(file_settings(Path::new("-"), resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn stdout_log_exporter(resource: Resource<'_>) -> Made<dyn LogExporter> {
    match FileLogExporter::new(file_settings(Path::new("-"), resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn stdout_metric_exporter(
    temporality: Temporality,
    resource: Resource<'_>,
) -> Made<dyn MetricExporter> {
    match FileMetricExporter::new(file_settings(Path::new("-"), resource)) {
        Ok(exporter) => Ok(Box::new(exporter.temporality(temporality))),
        Err(error) => Err(error.to_string()),
    }
}
