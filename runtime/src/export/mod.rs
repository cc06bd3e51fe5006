//! Exporters: from snapshots to what others read. They see plain data and nothing else of the runtime.
//!
//! | Module | Writes |
//! | --- | --- |
//! | [`text`] | metrics in Prometheus' text format 0.0.4 and OpenMetrics 1.0 |
//! | [`collector`] | metrics as a `prometheus::core::Collector` |
//! | `otlp` | spans over OTLP, HTTP with protobuf |
//! | `zipkin` | spans as Zipkin's JSON |
//!
//! Shared: `json` writes JSON, `http` sends.

#[cfg(feature = "telemetry")]
pub mod collector;
#[cfg(feature = "zipkin")]
mod http;
#[cfg(feature = "zipkin")]
mod json;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "telemetry")]
mod spans;
pub mod text;
#[cfg(feature = "zipkin")]
pub mod zipkin;

#[cfg(feature = "telemetry")]
pub use spans::{ExportError, LogExporter, SpanExporter};
