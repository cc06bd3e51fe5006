//! The exporters of spans, of log records and of metrics.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::delivery::Delivery;
use super::silence::Silence;
use super::{OtlpError, OtlpSettings};
use crate::export::delta::Deltas;
use crate::export::points::{self, Point};
use crate::export::{ExportError, LogExporter, MetricExporter, SpanExporter, Temporality};
use crate::registry::Snapshot;
use crate::span::{EventRef, SpanRef};

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
    pub(super) silence: Silence,
}

impl OtlpLogExporter {
    /// An exporter with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// Those of [`OtlpExporter::new`].
    pub fn new(settings: OtlpSettings) -> Result<Self, OtlpError> {
        Ok(Self { delivery: Delivery::new::<EventRef<'_>>(&settings)?, silence: Silence::default() })
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
        self.silence.check(events.len())?;
        self.delivery.deliver(events, timeout).map_err(|failure| self.silence.heed(failure, NO_LOGS))
    }
}

/// What to do where a receiver takes no logs.
const NO_LOGS: &str =
    "if it takes no logs, set `OTEL_LOGS_EXPORTER=none`, or send them to a receiver that does";
/// What to do where it takes no metrics.
const NO_METRICS: &str =
    "if it takes no metrics, set `OTEL_METRICS_EXPORTER=none`, or send them to a receiver that does";

/// Sends metrics over OTLP; in all else like [`OtlpExporter`]. What is counted as lost is data points: values of series.
///
/// Names are those of Prometheus, with their unit and `_total`: a Prometheus that takes OTLP does not append a second one.
/// Units are UCUM's: `s` for `seconds`, `By` for `bytes`, `1` for `ratio`, and in braces what UCUM does not know.
/// A native histogram becomes an exponential one, of at most 160 buckets; a counter beyond 2⁶³ − 1 a floating-point number.
///
/// With [`Temporality::Delta`] counters and histograms are sent as what came since the last push that the receiver took, or
/// refused for what was in it; those that have not changed are not sent, but for the first time. What could not be
/// delivered now is part of the next push. Where a request was repeated or a push timed out after the receiver had taken
/// it, it has taken a delta twice: cumulative values, the default, don't mind.
///
/// A receiver that takes no metrics is treated as one that takes no logs by [`OtlpLogExporter`].
///
/// ```
/// use spanwright::export::Temporality;
/// use spanwright::export::otlp::{OtlpMetricExporter, OtlpSettings};
///
/// let exporter = OtlpMetricExporter::new(OtlpSettings::metrics_default())?.temporality(Temporality::Delta);
/// # Ok::<(), spanwright::export::otlp::OtlpError>(())
/// ```
pub struct OtlpMetricExporter {
    delivery: Delivery,
    pub(super) silence: Silence,
    /// Nothing where values are cumulative.
    deltas: Option<Deltas>,
}

impl OtlpMetricExporter {
    /// An exporter of cumulative values with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// Those of [`OtlpExporter::new`].
    pub fn new(settings: OtlpSettings) -> Result<Self, OtlpError> {
        let delivery = Delivery::new::<Point<'_>>(&settings)?;
        Ok(Self { delivery, silence: Silence::default(), deltas: None })
    }

    /// The same with this temporality.
    #[must_use]
    pub fn temporality(self, temporality: Temporality) -> Self {
        let deltas = (temporality == Temporality::Delta).then(|| Deltas::new(SystemTime::now()));
        Self { deltas, ..self }
    }
}

impl MetricExporter for OtlpMetricExporter {
    fn name(&self) -> &'static str {
        "otlp_metrics"
    }

    /// Sends a snapshot in one request or several. `timeout` bounds all of them, the settings' timeout each.
    ///
    /// # Errors
    /// When data points were given up, as with spans; and when the receiver takes no metrics, now or since less than five
    /// minutes.
    fn export(&mut self, snapshot: &Snapshot, timeout: Duration) -> Result<(), ExportError> {
        let Self { delivery, silence, deltas } = self;
        let all = snapshot.families.iter().map(|family| family.series.len()).sum();
        if all == 0 {
            return Ok(());
        }
        silence.check(all)?;
        let sent = match deltas {
            None => delivery.deliver(&points::all(snapshot).collect::<Vec<_>>(), timeout),
            Some(deltas) => {
                let changes = deltas.owed(snapshot);
                let points = points::with_changes(snapshot, &changes);
                delivery.deliver_and(&points, timeout, |settled| deltas.settle_all(settled))
            }
        };
        sent.map_err(|failure| silence.heed(failure, NO_METRICS))
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

impl fmt::Debug for OtlpMetricExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(f, "OtlpMetricExporter", &self.delivery)
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
