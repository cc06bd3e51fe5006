//! The table of keys: the one place that says what can be configured, by which variables, and what is otherwise
//! so. The settings, their reading, the messages and the documentation come from it.

use super::environment::Environment;
use super::jaeger::JaegerEndpoint;
use super::kind::{
    Address, BaseEndpoint, Compressions, Count, FileBytes, FilePath, Filter, Format, HashKey,
    HistogramAggregation, Host, Kind, Limit, LogExporters, LogsEndpoint, MetricExporters, MetricsEndpoint,
    Millis, PerSecond, Port, Propagators, Protocol, Ratio, RingBytes, SampleRules, Samplers, StandardSwitch,
    Switch, TemporalityPreference, Text, TraceExporters, TracesEndpoint, TracesExporterName, ZipkinEndpoint,
};
use super::pairs::{Attributes, HeaderList};
use super::problem::{Instead, Problem, ShownValue};

/// A row of the table.
#[derive(Debug)]
pub(super) struct Key {
    /// What it means. Only the documentation's test reads it.
    #[cfg(test)]
    pub(super) doc: &'static str,
    /// The variable after the prefix and its `_`, where there is one. It wins over the others.
    pub(super) suffix: Option<&'static str>,
    /// Variables that others have agreed on, the most specific one first.
    pub(super) standard: &'static [&'static str],
    /// What it may be.
    #[cfg(test)]
    pub(super) expects: &'static str,
    /// What holds where nothing is set.
    pub(super) default: &'static str,
}

/// Declares keys. A row is: documentation, field, kind, suffix of the prefixed variable or nothing, standard
/// variables, the default in words.
macro_rules! keys {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $kind:ty, [$($suffix:literal)?], [$($standard:literal),*], $default:literal;
    )*) => {
        /// All keys, in the order of the documentation.
        pub(super) static KEYS: &[Key] = &[$(Key {
            #[cfg(test)]
            doc: concat!($($doc),+),
            suffix: keys!(@suffix $($suffix)?),
            standard: &[$($standard),*],
            #[cfg(test)]
            expects: <$kind as Kind>::EXPECTS,
            default: $default,
        }),*];

        /// What one source of configuration says: code, or the environment.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Settings {
            /// Exporters that code asks for, besides those that its endpoints ask for.
            pub(crate) exporters_in_code: Vec<TracesExporterName>,
            $($(#[doc = $doc])+ pub(crate) $field: Option<<$kind as Kind>::Value>,)*
        }

        impl Settings {
            /// What the environment says. `code` is what stands below it, for the messages.
            pub(super) fn read(reader: &mut Reader<'_>, code: &Self) -> Self {
                let mut keys = KEYS.iter();
                Self {
                    exporters_in_code: Vec::new(),
                    // Rows and fields are of the same order, being of the same macro.
                    $($field: keys.next().and_then(|key| reader.read::<$kind>(key, code.$field.is_some())),)*
                }
            }

            /// These settings, and where they say nothing, those below.
            pub(super) fn over(self, below: Self) -> Self {
                Self {
                    exporters_in_code: below.exporters_in_code,
                    $($field: self.$field.or(below.$field),)*
                }
            }
        }
    };
    (@suffix) => { None };
    (@suffix $suffix:literal) => { Some($suffix) };
}

keys! {
    /// The service's name: `service.name` of the resource.
    service_name: Text, ["SERVICE_NAME"], ["OTEL_SERVICE_NAME"], "`unknown_service:` and the program's name";
    /// More attributes of the resource; they add to those set in code. The value of one that is called like a secret is sent
    /// as `REDACTED`.
    resource_attributes: Attributes, [], ["OTEL_RESOURCE_ATTRIBUTES"], "none";
    /// Records and exports no spans, exports no log records and pushes no metrics. Log lines, the counting of metrics, the
    /// admin server and health go on.
    sdk_disabled: StandardSwitch, [], ["OTEL_SDK_DISABLED"], "`false`";
    /// Whether spans are recorded and exported.
    tracing_enabled: Switch, ["TRACING_ENABLED"], [], "`true`";
    /// Which spans are recorded, by target and level.
    trace_filter: Filter, ["TRACE_FILTER"], [],
        "`info`, and what the filter of the logs lets through beyond it";
    /// The share of traces that is recorded, where there is no parent to decide it. It wins over the sampler.
    sample_rate: Ratio, ["TRACE_SAMPLE_RATE"], [], "the sampler's";
    /// The most traces per second that are recorded, of those that the share or the sampler lets through.
    sample_limit: PerSecond, ["TRACE_SAMPLE_LIMIT"], [], "no limit";
    /// Which traces are sampled otherwise, by where they start: a target, `component:` or `name:`, then `on`, `off`, a
    /// share, or a rate per second. A name wins over a component, that over a target, and a longer target over a
    /// shorter one; they add to those set in code.
    sample_rules: SampleRules, ["TRACE_SAMPLE_RULES"], [], "none";
    /// How traces are sampled. After `parentbased_`, only where there is no parent to decide it.
    sampler: Samplers, [], ["OTEL_TRACES_SAMPLER"], "`parentbased_always_on`";
    /// The share of the ratio samplers.
    sampler_arg: Ratio, [], ["OTEL_TRACES_SAMPLER_ARG"], "`1.0`";
    /// Keeps traces that were not sampled where they have an error.
    keep_errors: Switch, ["TRACE_KEEP_ERRORS"], [], "`false`";
    /// Keeps traces that were not sampled where their first span in this process took longer.
    keep_slower_than: Millis, ["TRACE_KEEP_SLOWER_THAN"], [], "none is kept for that";
    /// Where spans are exported to.
    traces_exporter: TraceExporters, [], ["OTEL_TRACES_EXPORTER"],
        "`otlp` where an endpoint is set, and what is set in code";
    /// Where events are exported to as log records.
    logs_exporter: LogExporters, [], ["OTEL_LOGS_EXPORTER"],
        "`otlp` where an endpoint is set, `none` elsewhere";
    /// Where metrics are pushed to. `prometheus` is the admin server, which has them anyway.
    metrics_exporter: MetricExporters, [], ["OTEL_METRICS_EXPORTER"],
        "`otlp` where an endpoint is set, `none` elsewhere";
    /// The URL that spans are sent to, as it is.
    otlp_traces_endpoint: TracesEndpoint, [], ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
        "the base, with HTTP and `/v1/traces`";
    /// The URL that log records are sent to, as it is.
    otlp_logs_endpoint: LogsEndpoint, [], ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
        "the base, with HTTP and `/v1/logs`";
    /// The URL that metrics are pushed to, as it is.
    otlp_metrics_endpoint: MetricsEndpoint, [], ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
        "the base, with HTTP and `/v1/metrics`";
    /// The base of the URLs that spans, log records and metrics are sent to; with HTTP, `/v1/traces`, `/v1/logs` or
    /// `/v1/metrics` is appended.
    otlp_endpoint: BaseEndpoint, [], ["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "`http://localhost:4318`, or `http://localhost:4317` with `grpc`, where an exporter is set to `otlp`";
    /// Headers of the requests that carry spans. Their values never appear in a message.
    otlp_traces_headers: HeaderList, [], ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
        "none";
    /// Headers of the requests that carry log records. Their values never appear in a message.
    otlp_logs_headers: HeaderList, [], ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
        "none";
    /// Headers of the requests that carry metrics. Their values never appear in a message.
    otlp_metrics_headers: HeaderList, [],
        ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
        "none";
    /// How long a request with spans may take, repetitions included.
    otlp_traces_timeout: Millis, [], ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        "`10000`";
    /// How long a request with log records may take, repetitions included.
    otlp_logs_timeout: Millis, [], ["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        "`10000`";
    /// How long a request with metrics may take, repetitions included.
    otlp_metrics_timeout: Millis, [],
        ["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        "`10000`";
    /// How spans are sent.
    otlp_traces_protocol: Protocol, [], ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        "`http/protobuf`";
    /// How log records are sent.
    otlp_logs_protocol: Protocol, [], ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        "`http/protobuf`";
    /// How metrics are sent.
    otlp_metrics_protocol: Protocol, [],
        ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        "`http/protobuf`";
    /// How requests with spans are made smaller.
    otlp_traces_compression: Compressions, [],
        ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        "`none`";
    /// How requests with log records are made smaller.
    otlp_logs_compression: Compressions, [],
        ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        "`none`";
    /// How requests with metrics are made smaller.
    otlp_metrics_compression: Compressions, [],
        ["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        "`none`";
    /// The certificates to trust where spans are sent over TLS, in PEM.
    otlp_traces_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to trust where log records are sent over TLS, in PEM.
    otlp_logs_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to trust where metrics are sent over TLS, in PEM.
    otlp_metrics_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to show where spans are sent over TLS, in PEM.
    otlp_traces_client_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
        "none";
    /// The certificates to show where log records are sent over TLS, in PEM.
    otlp_logs_client_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
        "none";
    /// The certificates to show where metrics are sent over TLS, in PEM.
    otlp_metrics_client_certificate: FilePath, [],
        ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
        "none";
    /// The key of the certificates to show where spans are sent over TLS, in PEM.
    otlp_traces_client_key: FilePath, [],
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
        "none";
    /// The key of the certificates to show where log records are sent over TLS, in PEM.
    otlp_logs_client_key: FilePath, [],
        ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
        "none";
    /// The key of the certificates to show where metrics are sent over TLS, in PEM.
    otlp_metrics_client_key: FilePath, [],
        ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
        "none";
    /// Whether counters and histograms are sent as all since the start, or as what came since the last push. Up-down
    /// counters are always cumulative.
    temporality: TemporalityPreference, [], ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
        "`cumulative`";
    /// How observations are put into buckets: as each histogram was declared.
    histogram_aggregation: HistogramAggregation, [],
        ["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"],
        "`explicit_bucket_histogram`";
    /// Jaeger's URL in its older ways, which becomes that of its OTLP receiver. Endpoints of OTLP win over it.
    jaeger_endpoint: JaegerEndpoint, ["JAEGER_ENDPOINT"], ["OTEL_EXPORTER_JAEGER_ENDPOINT"], "none";
    /// The host of Jaeger's agent, taken for that of its OTLP receiver.
    jaeger_agent_host: Host, [], ["OTEL_EXPORTER_JAEGER_AGENT_HOST"],
        "`localhost` where the agent's port is set";
    /// The port of Jaeger's agent, in whose place spans are sent to its OTLP receiver.
    jaeger_agent_port: Port, [], ["OTEL_EXPORTER_JAEGER_AGENT_PORT"], "`6831` where the agent's host is set";
    /// The URL that spans are sent to in Zipkin's format, as it is.
    zipkin_endpoint: ZipkinEndpoint, [], ["OTEL_EXPORTER_ZIPKIN_ENDPOINT"],
        "`http://localhost:9411/api/v2/spans`";
    /// How long a request to Zipkin may take.
    zipkin_timeout: Millis, [], ["OTEL_EXPORTER_ZIPKIN_TIMEOUT"], "`10000`";
    /// A file that spans are written to, as lines of OTLP's JSON. `OTEL_TRACES_EXPORTER` does not concern it.
    trace_file: FilePath, ["TRACE_FILE"], [], "none";
    /// The most bytes in that file.
    trace_file_max_bytes: FileBytes, ["TRACE_FILE_MAX_BYTES"], [], "`67108864`";
    /// The longest time that a finished span waits for its batch to fill.
    batch_delay: Millis, [], ["OTEL_BSP_SCHEDULE_DELAY"], "`5000`";
    /// How many finished spans may wait; more are dropped and counted.
    batch_queue: Count, [], ["OTEL_BSP_MAX_QUEUE_SIZE"], "`2048`";
    /// The most spans in a batch.
    batch_size: Count, [], ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"], "`512`, or the queue where that is shorter";
    /// How long the export of a batch of spans may take.
    batch_timeout: Millis, [], ["OTEL_BSP_EXPORT_TIMEOUT"], "`30000`";
    /// The longest time that an event waits for its batch to fill.
    logs_batch_delay: Millis, [], ["OTEL_BLRP_SCHEDULE_DELAY"], "`1000`";
    /// How many events may wait for export; more are dropped and counted.
    logs_batch_queue: Count, [], ["OTEL_BLRP_MAX_QUEUE_SIZE"], "`2048`";
    /// The most events in a batch.
    logs_batch_size: Count, [], ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"],
        "`512`, or the queue where that is shorter";
    /// How long the export of a batch of events may take.
    logs_batch_timeout: Millis, [], ["OTEL_BLRP_EXPORT_TIMEOUT"], "`30000`";
    /// How often metrics are pushed, the first time after so long.
    metric_interval: Millis, [], ["OTEL_METRIC_EXPORT_INTERVAL"], "`60000`";
    /// How long a push of metrics may take.
    metric_timeout: Millis, [], ["OTEL_METRIC_EXPORT_TIMEOUT"], "`30000`";
    /// The most attributes of a span; more are dropped and counted.
    span_attributes: Limit, [], ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"], "`128`";
    /// The longest text of an attribute, in characters; longer ones are cut.
    attribute_length: Limit, [],
        ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
        "only that of the recording, 1024 bytes";
    /// The most events of a span.
    span_events: Limit, [], ["OTEL_SPAN_EVENT_COUNT_LIMIT"], "`128`";
    /// The most links of a span.
    span_links: Limit, [], ["OTEL_SPAN_LINK_COUNT_LIMIT"], "`128`";
    /// The most attributes of an event.
    event_attributes: Limit, [], ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"], "`128`";
    /// The key of the hashes that stand for attributes with `redact = hash`, so that programs agree on them. It never
    /// appears in a message.
    redaction_key: HashKey, ["REDACTION_KEY"], [], "a random one in each process";
    /// The size of the telemetry ring buffer, in which spans and events wait.
    ring_size: RingBytes, ["RING_SIZE"], [], "`16MiB`";
    /// Exports every span and event at once, for development.
    immediate: Switch, ["TRACE_IMMEDIATE"], [], "`false`";
    /// Whether the global tracer and context of the `opentelemetry` API are ours; needs the feature `opentelemetry`.
    opentelemetry: Switch, ["OPENTELEMETRY"], [], "`false`";
    /// How traces and baggage are read from headers and written into them, in this order.
    propagators: Propagators, [], ["OTEL_PROPAGATORS"], "`tracecontext,baggage`";
    /// Which events are logged, by target and level.
    log_filter: Filter, ["LOG"], ["RUST_LOG"], "`info`";
    /// How log lines look.
    log_format: Format, ["LOG_FORMAT"], [], "`pretty` on a terminal, `json` elsewhere";
    /// Whether there is an admin server: `/metrics`, `/health`, `/ready` and `/live`.
    metrics_enabled: Switch, ["METRICS_ENABLED"], [], "`true`";
    /// Where the admin server listens.
    metrics_addr: Address, ["METRICS_ADDR"], [], "`127.0.0.1:9090`";
    /// The admin server's port; it wins over the address's. `0` lets the system choose.
    metrics_port: Port, ["METRICS_PORT"], [], "the address's";
    /// Whether the process is measured: processor time, memory, threads, files, disk, network.
    process_metrics: Switch, ["PROCESS_METRICS"], [], "`true`";
    /// Whether Tokio runtimes are measured.
    runtime_metrics: Switch, ["RUNTIME_METRICS"], [], "`true`";
    /// Whether there are `build_info`, and `target_info` on the admin server's page.
    build_info: Switch, ["BUILD_INFO"], [], "`true`";
    /// Whether what is counted through the crate `metrics` is among ours, where the program sets no recorder itself; needs
    /// the feature `metrics`.
    metrics_recorder: Switch, ["METRICS_RECORDER"], [], "`true`";
    /// Whether it is measured how full the telemetry's own ring buffer and queues are. What it drops is always counted.
    own_metrics: Switch, ["OWN_METRICS"], [], "`true`";
    /// Whether values of the last 15 minutes are remembered, for rates and trends that code asks for.
    rolling_windows: Switch, ["ROLLING_WINDOWS"], [], "`false`";
    /// Whether the program must not start without its telemetry.
    required: Switch, ["REQUIRED"], [], "`false`";
    /// How long the end of the program may wait for what is not exported yet.
    shutdown_timeout: Millis, ["SHUTDOWN_TIMEOUT"], [], "`5000`";
}

/// Reads variables and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) prefix: &'a str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// The value of the first variable that has a good one.
    fn read<K: Kind>(&mut self, key: &Key, set_in_code: bool) -> Option<K::Value> {
        let prefixed = key.suffix.map(|suffix| format!("{}_{suffix}", self.prefix));
        let variables = prefixed.into_iter().chain(key.standard.iter().map(|name| (*name).to_owned()));
        let mut bad = Vec::new();
        let mut found = None;
        for variable in variables {
            match self.read_variable::<K>(&variable) {
                None => {}
                Some(Err(wrong)) => bad.push((variable, wrong)),
                Some(Ok(value)) => {
                    found = Some((variable, value));
                    break;
                }
            }
        }
        let instead = match &found {
            Some((variable, _)) => Instead::Variable(variable.clone()),
            None if set_in_code => Instead::Code,
            None => Instead::Default(key.default),
        };
        for (variable, wrong) in bad {
            let instead = instead.clone();
            self.report(match wrong {
                Wrong::NotUnicode => Problem::NotUnicode { variable, instead },
                Wrong::Value { value, reason } => {
                    Problem::BadValue { variable, value, expects: K::EXPECTS, reason, instead }
                }
            });
        }
        found.map(|(_, value)| value)
    }

    /// Adds a problem, once: a variable may be read for several keys.
    fn report(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn read_variable<K: Kind>(&mut self, variable: &str) -> Option<Result<K::Value, Wrong>> {
        let Some(text) = self.environment.get(variable)?.to_str() else {
            return Some(Err(Wrong::NotUnicode));
        };
        if text.trim().is_empty() {
            return None;
        }
        let shown = || K::shown(text);
        let value = K::parse(text);
        if let (Ok(_), Some(remark)) = (&value, K::remark(text)) {
            self.report(Problem::Remark { variable: variable.to_owned(), value: shown(), remark });
        }
        Some(value.map_err(|reason| Wrong::Value { value: shown(), reason: reason.into_owned() }))
    }
}

/// What is wrong with one variable.
enum Wrong {
    NotUnicode,
    Value { value: ShownValue, reason: String },
}
