//! Exporters: from snapshots to what others read. They see plain data and nothing else of the runtime.
//!
//! | Module | Writes |
//! | --- | --- |
//! | [`exposition`] | metrics as Prometheus scrapes them: text 0.0.4, OpenMetrics 1.0, protobuf |
//! | [`collector`] | metrics as a `prometheus::core::Collector` |
//! | `otlp` | spans, events and metrics over OTLP, with HTTP or gRPC |
//! | `zipkin` | spans as Zipkin's JSON |
//! | [`console`] | spans as trees and metrics as tables, that people read |
//! | [`mod@file`] | spans, events and metrics as lines of OTLP's JSON |
//!
//! Shared: `json` writes JSON, `protobuf` its wire format, `http` is what exporters over HTTP have in common, `points`
//! are what is pushed of metrics, `delta` what came since the last push, `deadline` ends waits.

#[cfg(feature = "telemetry")]
pub mod collector;
#[cfg(feature = "telemetry")]
pub mod console;
#[cfg(feature = "telemetry")]
pub(crate) mod deadline;
#[cfg(feature = "telemetry")]
mod delta;
pub mod exposition;
#[cfg(feature = "telemetry")]
pub mod file;
#[cfg(any(feature = "otlp", feature = "zipkin"))]
mod http;
#[cfg(feature = "telemetry")]
pub(crate) mod json;
#[cfg(feature = "telemetry")]
mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "telemetry")]
mod points;
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "OTLP alone uses all of it"))]
mod protobuf;
#[cfg(feature = "telemetry")]
mod spans;
#[cfg(feature = "zipkin")]
pub mod zipkin;

pub(crate) use exposition::canonical_float;

#[cfg(feature = "telemetry")]
pub use metrics::{MetricExporter, Temporality};
#[cfg(feature = "telemetry")]
pub use spans::{ExportError, LogExporter, SpanExporter};
