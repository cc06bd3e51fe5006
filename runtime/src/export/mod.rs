//! Exporters: from snapshots to what others read. They see plain data and nothing else of the runtime.
//!
//! | Module | Writes |
//! | --- | --- |
//! | [`text`] | metrics in Prometheus' text format 0.0.4 and OpenMetrics 1.0 |
//! | [`collector`] | metrics as a `prometheus::core::Collector` |
//! | `otlp` | spans over OTLP, HTTP with protobuf |

#[cfg(feature = "telemetry")]
pub mod collector;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "telemetry")]
mod spans;
pub mod text;

#[cfg(feature = "telemetry")]
pub use spans::{ExportError, LogExporter, SpanExporter};
