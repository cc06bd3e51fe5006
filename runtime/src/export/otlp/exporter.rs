//! The exporters of spans and of log records.

use std::fmt;
use std::time::{Duration, Instant};

use super::delivery::Delivery;
use super::{OtlpError, OtlpSettings};
use crate::export::deadline::after;
use crate::export::{ExportError, LogExporter, SpanExporter};
use crate::span::{EventRef, SpanRef};

/// How long nothing is sent to a receiver that does not take logs.
const SILENCE: Duration = Duration::from_secs(5 * 60);

/// Sends spans over OTLP, with HTTP or gRPC.
///
/// Batches are sent in requests of at most 1 MiB (a single greater span alone in one); a request that is too large for
/// the receiver is sent again in halves, as is one of more than 64 KiB over HTTP under which the connection broke twice.
/// A request is repeated until [`OtlpSettings::timeout`] is over where it met no connection, a broken one, HTTP's status
/// 429, 502, 503 or 504, or a status of gRPC that the specification calls retryable: after 0.2 seconds, then doubling up
/// to 5, each shortened by up to a half at random so that processes do not come back all at once, and not before the
/// answer's `Retry-After` or `RetryInfo`. A repeated request may deliver a span twice where the connection broke after it
/// had been read; OTLP prefers that to losing it.
///
/// Over HTTP redirects are not followed, and proxies are those of `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and
/// `NO_PROXY`; gRPC uses none. A receiver's remark on spans that it took is dropped; see [`SpanExporter::export`] for
/// what becomes an error.
///
/// ```
/// use spanwright::export::otlp::{OtlpExporter, OtlpSettings};
///
/// let settings = OtlpSettings {
///     headers: vec![("authorization".into(), "Bearer 123".into())],
///     resource: vec![("service.name".into(), "shop".into())],
///     ..OtlpSettings::default()
/// };
/// let exporter = OtlpExporter::new(settings)?;
/// # Ok::<(), spanwright::export::otlp::OtlpError>(())
/// ```
pub struct OtlpExporter(Delivery);

impl OtlpExporter {
    /// An exporter with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`OtlpError::Endpoint`] where the endpoint is not an `http` or `https` URL, or has a user or password;
    /// [`OtlpError::NoTls`] where it is `https` and the feature `tls` is off; [`OtlpError::NoGrpc`] where the protocol
    /// is gRPC and the feature `grpc` is off; [`OtlpError::Header`] where a header has a name or a value that HTTP
    /// can't carry, or describes the request itself; [`OtlpError::Certificate`] where a file can't be read, or holds
    /// something else; [`OtlpError::Grpc`] where gRPC can't be started.
    ///
    /// ```
    /// use spanwright::export::otlp::{OtlpError, OtlpExporter, OtlpSettings};
    ///
    /// let settings = OtlpSettings { endpoint: "collector:4318".into(), ..OtlpSettings::default() };
    /// let error = OtlpExporter::new(settings).unwrap_err();
    /// assert!(matches!(error, OtlpError::Endpoint { .. }));
    /// ```
    pub fn new(settings: OtlpSettings) -> Result<Self, OtlpError> {
        Delivery::new::<SpanRef<'_>>(&settings).map(Self)
    }
}

impl SpanExporter for OtlpExporter {
    fn name(&self) -> &'static str {
        "otlp"
    }

    /// Sends a batch in one request or several. `timeout` bounds all of them, the settings' timeout each.
    ///
    /// # Errors
    /// When spans were given up: a request could not be sent in time, was answered with a status other than success, or
    /// the receiver said that it rejected spans. The reason is that of the first such request.
    fn export(&mut self, spans: &[SpanRef<'_>], timeout: Duration) -> Result<(), ExportError> {
        Ok(self.0.deliver(spans, timeout)?)
    }
}

/// Sends events over OTLP, as log records; in all else like [`OtlpExporter`].
///
/// Not every receiver of spans takes logs. One that does not (it answers with HTTP's status 404 or gRPC's
/// `UNIMPLEMENTED`) is left alone for five minutes, during which events are lost without a request.
///
/// ```
/// use spanwright::export::otlp::{OtlpLogExporter, OtlpSettings};
///
/// let exporter = OtlpLogExporter::new(OtlpSettings::logs_default())?;
/// # Ok::<(), spanwright::export::otlp::OtlpError>(())
/// ```
pub struct OtlpLogExporter {
    delivery: Delivery,
    /// Why nothing is sent, and until when.
    pub(super) silence: Option<(String, Instant)>,
}

impl OtlpLogExporter {
    /// An exporter with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// Those of [`OtlpExporter::new`].
    pub fn new(settings: OtlpSettings) -> Result<Self, OtlpError> {
        Ok(Self { delivery: Delivery::new::<EventRef<'_>>(&settings)?, silence: None })
    }
}

impl LogExporter for OtlpLogExporter {
    fn name(&self) -> &'static str {
        "otlp_logs"
    }

    /// Sends a batch in one request or several. `timeout` bounds all of them, the settings' timeout each.
    ///
    /// # Errors
    /// When events were given up, as with spans; and when the receiver takes no logs, now or since less than five
    /// minutes.
    fn export(&mut self, events: &[EventRef<'_>], timeout: Duration) -> Result<(), ExportError> {
        if events.is_empty() {
            return Ok(());
        }
        if let Some((reason, until)) = &self.silence {
            if Instant::now() < *until {
                return Err(ExportError::lost(events.len(), reason.clone()));
            }
            self.silence = None;
        }
        let Err(mut failure) = self.delivery.deliver(events, timeout) else { return Ok(()) };
        if failure.unsupported {
            failure.reason.push_str(
                "; if it takes no logs, set `OTEL_LOGS_EXPORTER=none`, or send them to a receiver that does",
            );
            self.silence = Some((failure.reason.clone(), after(SILENCE)));
        }
        Err(failure.into())
    }
}

impl fmt::Debug for OtlpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(f, "OtlpExporter", &self.0)
    }
}

impl fmt::Debug for OtlpLogExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(f, "OtlpLogExporter", &self.delivery)
    }
}

fn describe(f: &mut fmt::Formatter<'_>, name: &str, delivery: &Delivery) -> fmt::Result {
    let headers: Vec<_> = delivery.peer().headers.keys().collect();
    f.debug_struct(name)
        .field("endpoint", &delivery.peer().shown)
        .field("headers", &headers)
        .field("timeout", &delivery.timeout())
        .finish_non_exhaustive()
}
