//! Spans, log records and metrics over OTLP: HTTP with protobuf, or gRPC.
//!
//! | Module | Does |
//! | --- | --- |
//! | `settings` | what an exporter is made of, and why it can't be |
//! | `exporter` | the exporters of spans, of log records and of metrics |
//! | `silence` | leaves receivers alone that take one signal and not another |
//! | `delivery` | splits a batch into requests, repeats those where that can help, counts what is lost |
//! | `http`, `grpc` | bring a request to the receiver, once |
//! | `tls` | certificates and keys from files |
//! | `peer` | the receiver, and how messages speak of it |
//! | `answer` | reads what the receiver says: what it rejected, when to come back |
//! | `request` | as many items as fit into a request, by scope |
//! | `spans`, `logs`, `metrics`, `attributes` | spans, events and values of series as messages, by hand |
//!
//! Sources: [the OTLP specification](https://opentelemetry.io/docs/specs/otlp/) 1.9 and the `.proto` files of
//! `opentelemetry-proto`, whose decoder judges the writers in the tests.
//!
//! Invariants:
//! - header values are secrets: no message and no `Debug` text has one, or what an endpoint's URL has beside scheme,
//!   host and path;
//! - nothing asynchronous goes on after a call: the runtime of gRPC is driven within
//!   [`export`](super::SpanExporter::export) alone, and is never the program's;
//! - nothing here logs: all that goes wrong is in the returned error.

mod answer;
mod attributes;
mod delivery;
mod exporter;
#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod logs;
mod metrics;
mod peer;
mod request;
mod settings;
mod silence;
mod spans;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;

pub use exporter::{OtlpExporter, OtlpLogExporter, OtlpMetricExporter};
pub use settings::{Compression, OtlpError, OtlpProtocol, OtlpSettings};

/// A request without a limit, for the tests of those who say the same otherwise.
#[cfg(test)]
pub(in crate::export) fn whole_request(
    resource: &[(String, String)],
    points: &[super::points::Point<'_>],
) -> Vec<u8> {
    let mut out = Vec::new();
    request::request(&mut out, &attributes::resource(resource), points, usize::MAX);
    out
}
