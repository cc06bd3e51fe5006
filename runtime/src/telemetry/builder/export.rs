//! Where spans, events and metrics are sent.

use std::path::PathBuf;
use std::time::Duration;

use super::Builder;
use crate::config::{
    self, BaseEndpoint, Count, JaegerEndpoint, Millis, OtlpCompression, OtlpProtocol, Settings,
    TracesExporterName, ZipkinEndpoint,
};
use crate::export::{LogExporter, MetricExporter, SpanExporter, Temporality};

impl Builder {
    /// Sends spans, log records and metrics to this receiver, over OTLP: `http://localhost:4318`, to which `/v1/traces`,
    /// `/v1/logs` and `/v1/metrics` are appended; with [gRPC](Builder::otlp_protocol) `http://localhost:4317`, as it is. Nowhere by
    /// default. What is no such URL is a [`Problem`](super::Problem) and ignored.
    pub fn otlp_endpoint(mut self, base: &str) -> Self {
        self.code.otlp_endpoint = self.read::<BaseEndpoint>("otlp_endpoint", base);
        self
    }

    /// How spans, log records and metrics are sent over OTLP. By HTTP with protobuf, where nothing is said.
    pub fn otlp_protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.code.otlp_traces_protocol = Some(protocol);
        self.code.otlp_logs_protocol = Some(protocol);
        self.code.otlp_metrics_protocol = Some(protocol);
        self
    }

    /// Whether requests of OTLP are compressed. They aren't by default.
    pub fn otlp_compression(mut self, compression: OtlpCompression) -> Self {
        self.code.otlp_traces_compression = Some(compression);
        self.code.otlp_logs_compression = Some(compression);
        self.code.otlp_metrics_compression = Some(compression);
        self
    }

    /// A header of each request of OTLP, such as `authorization`. Its value is shown nowhere. None by default. A header
    /// that can't be sent is a [`Problem`](super::Problem) and ignored.
    pub fn otlp_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let checked = config::check_header(&name, &value);
        if self.parsed("otlp_header", checked.map_err(str::to_owned)).is_some() {
            let Settings { otlp_traces_headers, otlp_logs_headers, otlp_metrics_headers, .. } =
                &mut self.code;
            for headers in [otlp_traces_headers, otlp_logs_headers, otlp_metrics_headers] {
                config::set_pair(&mut headers.get_or_insert_default().0, name.clone(), value.clone());
            }
        }
        self
    }

    /// Sends spans to this Jaeger, which takes OTLP: `http://localhost:4318`. Its older ways in are taken for that,
    /// with a [`Problem`](super::Problem) that is a warning: `http://localhost:14268/api/traces`, and its agent's `localhost:6831`.
    /// Log records and metrics are not sent there. [`Builder::otlp_endpoint`] wins over it. What is no place of Jaeger's is a
    /// [`Problem`](super::Problem) and ignored.
    pub fn jaeger_endpoint(mut self, endpoint: &str) -> Self {
        self.code.jaeger_endpoint = self.read::<JaegerEndpoint>("jaeger_endpoint", endpoint);
        self
    }

    /// Sends spans to this Zipkin server too: `http://localhost:9411/api/v2/spans`. What is no such URL is a
    /// [`Problem`](super::Problem) and ignored. Needs the feature `zipkin`.
    pub fn zipkin_endpoint(mut self, endpoint: &str) -> Self {
        self.code.zipkin_endpoint = self.read::<ZipkinEndpoint>("zipkin_endpoint", endpoint);
        if self.code.zipkin_endpoint.is_some() {
            self.code.add_exporter(TracesExporterName::Zipkin);
        }
        self
    }

    /// Writes spans to the standard output too, for people.
    pub fn console(mut self) -> Self {
        self.code.add_exporter(TracesExporterName::Console);
        self
    }

    /// The same where `trace` of this target is logged: `console_at_trace("my_crate")` and `RUST_LOG=my_crate=trace`, for
    /// development.
    pub fn console_at_trace(mut self, target: impl Into<String>) -> Self {
        self.code.console_at_trace = Some(target.into());
        self
    }

    /// Writes spans into this file too, one line of OTLP's JSON for each batch. `OTEL_TRACES_EXPORTER` doesn't concern
    /// it.
    pub fn trace_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.code.trace_file = Some(path.into());
        self
    }

    /// Sends spans to an exporter of one's own too. `OTEL_TRACES_EXPORTER` doesn't concern it.
    pub fn exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters.push(Box::new(exporter));
        self
    }

    /// Sends events to an exporter of one's own too, as log records: those that are logged. `OTEL_LOGS_EXPORTER`
    /// doesn't concern it.
    pub fn log_exporter(mut self, exporter: impl LogExporter + 'static) -> Self {
        self.log_exporters.push(Box::new(exporter));
        self
    }

    /// Pushes metrics to an exporter of one's own too, at the [interval](Builder::metric_interval), when
    /// [flushed](crate::Guard::flush) and at the end. `OTEL_METRICS_EXPORTER` doesn't concern it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use spanwright::Telemetry;
    /// use spanwright::export::{ExportError, MetricExporter};
    /// use spanwright::registry::Snapshot;
    ///
    /// struct Counts;
    ///
    /// impl MetricExporter for Counts {
    ///     fn name(&self) -> &'static str {
    ///         "counts"
    ///     }
    ///
    ///     fn export(&mut self, snapshot: &Snapshot, _timeout: Duration) -> Result<(), ExportError> {
    ///         snapshot.for_each(|sample| println!("{} {}", sample.name, sample.value));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let builder = Telemetry::builder().metric_exporter(Counts).metric_interval(Duration::from_secs(10));
    /// ```
    pub fn metric_exporter(mut self, exporter: impl MetricExporter + 'static) -> Self {
        self.metric_exporters.push(Box::new(exporter));
        self
    }

    /// How often metrics are pushed, from a millisecond to an hour; the first time after so long. Every 60 seconds by
    /// default. Anything else is a [`Problem`](super::Problem) and ignored.
    pub fn metric_interval(mut self, interval: Duration) -> Self {
        self.code.metric_interval =
            self.parsed("metric_interval", config::parse::<Millis>(&interval.as_millis().to_string()));
        self
    }

    /// Whether counters and histograms are sent over OTLP as all since the start, or as what came since the last push.
    /// Cumulative by default.
    pub fn metric_temporality(mut self, temporality: Temporality) -> Self {
        self.code.temporality = Some(temporality);
        self
    }

    /// How many finished spans may wait for their exporters, from 1 to 1,000,000; more are dropped and counted. 2,048
    /// by default. Anything else is a [`Problem`](super::Problem) and ignored.
    pub fn queue_size(mut self, spans: usize) -> Self {
        self.code.batch_queue = self.parsed("queue_size", config::parse::<Count>(&spans.to_string()));
        self
    }

    /// The most spans that are exported at a time, from 1 to the queue's size. 512 by default. Anything else is a
    /// [`Problem`](super::Problem).
    pub fn batch_size(mut self, spans: usize) -> Self {
        self.code.batch_size = self.parsed("batch_size", config::parse::<Count>(&spans.to_string()));
        self
    }

    /// The longest time that a finished span waits for its batch to fill, from a millisecond to an hour. 5 seconds by
    /// default. Anything else is a [`Problem`](super::Problem) and ignored.
    pub fn batch_delay(mut self, delay: Duration) -> Self {
        self.code.batch_delay =
            self.parsed("batch_delay", config::parse::<Millis>(&delay.as_millis().to_string()));
        self
    }

    /// Whether every span and event is exported at once, so that a developer sees it when it happens. Not by default:
    /// it costs a request each.
    pub fn immediate(mut self, immediate: bool) -> Self {
        self.code.immediate = Some(immediate);
        self
    }
}
