//! The table of keys: the one place that says what can be configured, by which variables and in which place of the file,
//! and what is otherwise so. The settings, their reading, the messages, the documentation and the explanation come from it.

use std::time::Duration;

use tracing_core::LevelFilter;

use super::explanation::Explained;
use super::jaeger::JaegerEndpoint;
use super::kind::{
    Address, AdminToken, BaseEndpoint, Components, Compressions, Count, ExemplarFilter, ExemplarFilters,
    FileBytes, FilePath, Filter, Format, HashKey, HistogramAggregation, Host, JsonKeyList, Kind, Limit,
    LogExporters, LogOutput, LogPatterns, LogRotation, LogsEndpoint, MemoryBytes, MetricExporters,
    MetricsEndpoint, Millis, OtlpCompression, OtlpProtocol, Outputs, OwnLevel, OwnLevels, Pause, PerSecond,
    Port, Propagators, Protocol, Ratio, RecorderSignals, RingBytes, Rotations, SampleRules, Samplers,
    StandardSwitch, StoreAddress, Switch, TemporalityPreference, Text, TraceExporters, TracesEndpoint,
    TracesExporterName, ZipkinEndpoint,
};
use super::levels::TargetLevels;
use super::pairs::{Attributes, HeaderList};
use super::place::Place;
use super::reader::Source;
use crate::export::Temporality;
use crate::propagation::Format::{Baggage, TraceContext};

/// A row of the table.
#[derive(Debug)]
pub(super) struct Key {
    /// What it means. Only the documentation's test reads it.
    #[cfg(test)]
    pub(super) doc: &'static str,
    /// Where it is in the file, the most specific place first; nothing where it can't be there.
    pub(super) paths: &'static [&'static str],
    /// The variable after the prefix and its `_`, where there is one. It wins over the others.
    pub(super) suffix: Option<&'static str>,
    /// Variables that others have agreed on, the most specific one first.
    pub(super) standard: &'static [&'static str],
    /// What it may be.
    #[cfg(test)]
    pub(super) expects: &'static str,
    /// What holds where nothing is set, in words.
    pub(super) default: &'static str,
    /// Whether a file has it as a table of texts.
    #[cfg(feature = "toml")]
    pub(super) is_table: bool,
}

/// Declares keys. A row is: documentation, field, kind, the default where it depends on nothing, places in the file, suffix
/// of the prefixed variable or nothing, standard variables, the default in words.
macro_rules! keys {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $kind:ty $(= $value:expr)?, [$($path:literal),*], [$($suffix:literal)?],
            [$($standard:literal),*], $default:literal;
    )*) => {
        /// All keys, in the order of the documentation.
        pub(super) static KEYS: &[Key] = &[$(Key {
            #[cfg(test)]
            doc: concat!($($doc),+),
            paths: &[$($path),*],
            suffix: keys!(@suffix $($suffix)?),
            standard: &[$($standard),*],
            #[cfg(test)]
            expects: <$kind as Kind>::EXPECTS,
            default: $default,
            #[cfg(feature = "toml")]
            is_table: <$kind as Kind>::SHAPE.is_table(),
        }),*];

        /// What one source of configuration says: code, the file, or the environment.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Settings {
            /// Exporters that code asks for, besides those that its endpoints ask for.
            pub(crate) exporters_in_code: Vec<TracesExporterName>,
            /// A target: where `trace` of it is logged, spans are written to the console.
            pub(crate) console_at_trace: Option<String>,
            /// Whether the file is also the program's own, who says so in code.
            pub(crate) file_is_shared: bool,
            $($(#[doc = $doc])+ pub(crate) $field: Option<<$kind as Kind>::Value>,)*
            /// Where they come from.
            pub(super) places: Places,
        }

        /// Where values come from; nothing where that is code.
        #[derive(Clone, Debug, Default)]
        pub(super) struct Places {
            $(pub(super) $field: Option<Place>,)*
        }

        /// What holds, default included where it depends on nothing. A field that nobody reads is a warning of the compiler's:
        /// a key without an effect.
        pub(super) struct Chosen {
            pub(super) exporters_in_code: Vec<TracesExporterName>,
            pub(super) console_at_trace: Option<String>,
            $(pub(super) $field: keys!(@chosen $kind $(, $value)?),)*
        }

        impl Settings {
            /// What a source says. `below` is what stands below it, for the messages.
            pub(super) fn read(source: &mut impl Source, below: &Self) -> Self {
                let mut keys = KEYS.iter();
                let mut places = Places::default();
                Self {
                    exporters_in_code: Vec::new(),
                    console_at_trace: None,
                    file_is_shared: false,
                    // Rows and fields are of the same order, being of the same macro.
                    $($field: keys.next().and_then(|key| {
                        let place = || below.places.$field.clone().unwrap_or(Place::Code);
                        let below = below.$field.is_some().then(place);
                        let (value, place) = source.read::<$kind>(key, below)?;
                        places.$field = Some(place);
                        Some(value)
                    }),)*
                    places,
                }
            }

            /// These settings, and where they say nothing, those below.
            pub(super) fn over(self, below: Self) -> Self {
                Self {
                    exporters_in_code: below.exporters_in_code,
                    console_at_trace: below.console_at_trace,
                    file_is_shared: below.file_is_shared,
                    places: Places {
                        $($field: if self.$field.is_some() {
                            self.places.$field
                        } else {
                            below.places.$field
                        },)*
                    },
                    $($field: self.$field.or(below.$field),)*
                }
            }

            /// The values, with the defaults that depend on nothing.
            pub(super) fn choose(self) -> Chosen {
                Chosen {
                    exporters_in_code: self.exporters_in_code,
                    console_at_trace: self.console_at_trace,
                    $($field: keys!(@choose self.$field $(, $value)?),)*
                }
            }

            /// What each key has of all that `layers` say, the first of them being above the others.
            pub(super) fn explain(&self, layers: &[&Self]) -> Vec<Explained> {
                let mut keys = KEYS.iter();
                let mut explained = Vec::new();
                $(if let Some(key) = keys.next() {
                    let said = layers.iter().filter(|layer| layer.$field.is_some());
                    let places = said.map(|layer| layer.places.$field.clone().unwrap_or(Place::Code));
                    let value = self.$field.as_ref().map(<$kind as Kind>::show);
                    explained.push(Explained::new(key, value, places.collect()));
                })*
                explained
            }
        }

        /// Keys whose default is not what the documentation says.
        #[cfg(test)]
        pub(super) fn wrong_defaults() -> Vec<&'static str> {
            let mut wrong = Vec::new();
            let mut keys = KEYS.iter();
            $(if let Some(key) = keys.next() {
                keys!(@check wrong, key, $kind $(, $value)?);
            })*
            wrong
        }
    };
    (@suffix) => { None };
    (@suffix $suffix:literal) => { Some($suffix) };
    (@chosen $kind:ty) => { Option<<$kind as Kind>::Value> };
    (@chosen $kind:ty, $value:expr) => { <$kind as Kind>::Value };
    (@choose $said:expr) => { $said };
    (@choose $said:expr, $value:expr) => { $said.unwrap_or_else(|| $value) };
    (@check $wrong:ident, $key:ident, $kind:ty) => {
        let _depends = $key;
    };
    (@check $wrong:ident, $key:ident, $kind:ty, $value:expr) => {
        let words = $key.default.strip_prefix('`').and_then(|words| words.strip_suffix('`'));
        if words.is_none_or(|words| <$kind as Kind>::parse(words) != Ok($value)) {
            $wrong.push($key.default);
        }
    };
}

keys! {
    /// A file with more of this configuration, in TOML. Variables win over it, and it over what is set in code.
    config_file: FilePath, [], ["CONFIG"], [], "none";
    /// Prints at the start what is in force, and where each value comes from.
    explain: Switch = false, ["explain"], ["EXPLAIN_CONFIG"], [], "`false`";
    /// What of the telemetry's own messages is printed: all, from warnings on, errors alone, or nothing.
    own_level: OwnLevels = OwnLevel::All, ["log_level"], [], ["OTEL_LOG_LEVEL"], "`info`";
    /// The service's name: `service.name` of the resource.
    service_name: Text, ["service.name"], ["SERVICE_NAME"],
        ["OTEL_SERVICE_NAME"], "`unknown_service:` and the program's name";
    /// More attributes of the resource; they add to those set in code. The value of one that is called like a secret is sent
    /// as `REDACTED`.
    resource_attributes: Attributes, ["resource"], [], ["OTEL_RESOURCE_ATTRIBUTES"], "none";
    /// Records and exports no spans, exports no log records and pushes no metrics. Log lines, the counting of metrics, the
    /// admin server and health go on.
    sdk_disabled: StandardSwitch = false, ["disabled"], [], ["OTEL_SDK_DISABLED"], "`false`";
    /// Whether spans are recorded and exported.
    tracing_enabled: Switch = true, ["tracing.enabled"], ["TRACING_ENABLED"], [], "`true`";
    /// Which spans are recorded, by target and level.
    trace_filter: Filter, ["tracing.filter"], ["TRACE_FILTER"],
        [], "`info`, and what the filter of the logs lets through beyond it";
    /// The share of traces that is recorded, where there is no parent to decide it. It wins over the sampler.
    sample_rate: Ratio, ["tracing.sample_rate"], ["TRACE_SAMPLE_RATE"], [], "the sampler's";
    /// The most traces per second that are recorded, of those that the share or the sampler lets through.
    sample_limit: PerSecond, ["tracing.sample_limit"], ["TRACE_SAMPLE_LIMIT"], [], "no limit";
    /// Which traces are sampled otherwise, by where they start: a target, `component:` or `name:`, then `on`, `off`, a
    /// share, or a rate per second. A name wins over a component, that over a target, and a longer target over a
    /// shorter one; they add to those set in code.
    sample_rules: SampleRules, ["tracing.sample_rules"], ["TRACE_SAMPLE_RULES"], [], "none";
    /// Which components are switched off, as a whole or in part, until the program says otherwise: a component's name, whose
    /// parts within dots it covers too, then `on`, `off`, `spans` alone or `metrics` alone. They add to those set in code.
    components: Components, ["components"], ["COMPONENTS"], [], "what their libraries say, `on` where they say nothing";
    /// How traces are sampled. After `parentbased_`, only where there is no parent to decide it.
    sampler: Samplers, ["tracing.sampler"], [], ["OTEL_TRACES_SAMPLER"], "`parentbased_always_on`";
    /// The share of the ratio samplers.
    sampler_arg: Ratio, ["tracing.sampler_arg"], [], ["OTEL_TRACES_SAMPLER_ARG"], "`1.0`";
    /// Keeps traces that were not sampled where they have an error.
    keep_errors: Switch = false, ["tracing.keep_errors"], ["TRACE_KEEP_ERRORS"], [], "`false`";
    /// Keeps traces that were not sampled where their first span in this process took longer.
    keep_slower_than: Millis, ["tracing.keep_slower_than"], ["TRACE_KEEP_SLOWER_THAN"],
        [], "none is kept for that";
    /// Where spans are exported to.
    traces_exporter: TraceExporters, ["tracing.exporters"], [],
        ["OTEL_TRACES_EXPORTER"], "`otlp` where an endpoint is set, and what is set in code";
    /// Where events are exported to as log records.
    logs_exporter: LogExporters, ["logging.exporters"], [],
        ["OTEL_LOGS_EXPORTER"], "`otlp` where an endpoint is set, `none` elsewhere";
    /// Where metrics are pushed to. `prometheus` is the admin server, which has them anyway.
    metrics_exporter: MetricExporters, ["metrics.exporters"], [],
        ["OTEL_METRICS_EXPORTER"], "`otlp` where an endpoint is set, `none` elsewhere";
    /// The URL that spans are sent to, as it is.
    otlp_traces_endpoint: TracesEndpoint, ["otlp.traces.endpoint"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], "the base, with HTTP and `/v1/traces`";
    /// The URL that log records are sent to, as it is.
    otlp_logs_endpoint: LogsEndpoint, ["otlp.logs.endpoint"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"], "the base, with HTTP and `/v1/logs`";
    /// The URL that metrics are pushed to, as it is.
    otlp_metrics_endpoint: MetricsEndpoint, ["otlp.metrics.endpoint"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], "the base, with HTTP and `/v1/metrics`";
    /// The base of the URLs that spans, log records and metrics are sent to; with HTTP, `/v1/traces`, `/v1/logs` or
    /// `/v1/metrics` is appended.
    otlp_endpoint: BaseEndpoint, ["otlp.endpoint"], [],
        ["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "`http://localhost:4318`, or `http://localhost:4317` with `grpc`, where an exporter is set to `otlp`";
    /// Headers of the requests that carry spans. Their values never appear in a message.
    otlp_traces_headers: HeaderList, ["otlp.traces.headers", "otlp.headers"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"], "none";
    /// Headers of the requests that carry log records. Their values never appear in a message.
    otlp_logs_headers: HeaderList, ["otlp.logs.headers", "otlp.headers"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"], "none";
    /// Headers of the requests that carry metrics. Their values never appear in a message.
    otlp_metrics_headers: HeaderList, ["otlp.metrics.headers", "otlp.headers"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"], "none";
    /// How long a request with spans may take, repetitions included.
    otlp_traces_timeout: Millis = Duration::from_secs(10), ["otlp.traces.timeout", "otlp.timeout"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"], "`10000`";
    /// How long a request with log records may take, repetitions included.
    otlp_logs_timeout: Millis = Duration::from_secs(10), ["otlp.logs.timeout", "otlp.timeout"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"], "`10000`";
    /// How long a request with metrics may take, repetitions included.
    otlp_metrics_timeout: Millis = Duration::from_secs(10), ["otlp.metrics.timeout", "otlp.timeout"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"], "`10000`";
    /// How spans are sent.
    otlp_traces_protocol: Protocol = OtlpProtocol::HttpProtobuf, ["otlp.traces.protocol", "otlp.protocol"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], "`http/protobuf`";
    /// How log records are sent.
    otlp_logs_protocol: Protocol = OtlpProtocol::HttpProtobuf, ["otlp.logs.protocol", "otlp.protocol"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], "`http/protobuf`";
    /// How metrics are sent.
    otlp_metrics_protocol: Protocol = OtlpProtocol::HttpProtobuf, ["otlp.metrics.protocol", "otlp.protocol"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], "`http/protobuf`";
    /// How requests with spans are made smaller.
    otlp_traces_compression: Compressions = OtlpCompression::None, ["otlp.traces.compression", "otlp.compression"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"], "`none`";
    /// How requests with log records are made smaller.
    otlp_logs_compression: Compressions = OtlpCompression::None, ["otlp.logs.compression", "otlp.compression"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"], "`none`";
    /// How requests with metrics are made smaller.
    otlp_metrics_compression: Compressions = OtlpCompression::None, ["otlp.metrics.compression", "otlp.compression"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"], "`none`";
    /// The certificates to trust where spans are sent over TLS, in PEM.
    otlp_traces_certificate: FilePath, ["otlp.traces.certificate", "otlp.certificate"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to trust where log records are sent over TLS, in PEM.
    otlp_logs_certificate: FilePath, ["otlp.logs.certificate", "otlp.certificate"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to trust where metrics are sent over TLS, in PEM.
    otlp_metrics_certificate: FilePath, ["otlp.metrics.certificate", "otlp.certificate"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        "those that are commonly trusted";
    /// The certificates to show where spans are sent over TLS, in PEM.
    otlp_traces_client_certificate: FilePath, ["otlp.traces.client_certificate", "otlp.client_certificate"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"], "none";
    /// The certificates to show where log records are sent over TLS, in PEM.
    otlp_logs_client_certificate: FilePath, ["otlp.logs.client_certificate", "otlp.client_certificate"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"], "none";
    /// The certificates to show where metrics are sent over TLS, in PEM.
    otlp_metrics_client_certificate: FilePath, ["otlp.metrics.client_certificate", "otlp.client_certificate"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"], "none";
    /// The key of the certificates to show where spans are sent over TLS, in PEM.
    otlp_traces_client_key: FilePath, ["otlp.traces.client_key", "otlp.client_key"], [],
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"], "none";
    /// The key of the certificates to show where log records are sent over TLS, in PEM.
    otlp_logs_client_key: FilePath, ["otlp.logs.client_key", "otlp.client_key"], [],
        ["OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"], "none";
    /// The key of the certificates to show where metrics are sent over TLS, in PEM.
    otlp_metrics_client_key: FilePath, ["otlp.metrics.client_key", "otlp.client_key"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"], "none";
    /// Whether counters and histograms are sent as all since the start, or as what came since the last push. Up-down
    /// counters are always cumulative.
    temporality: TemporalityPreference = Temporality::Cumulative, ["metrics.temporality"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"], "`cumulative`";
    /// How observations are put into buckets: as each histogram was declared.
    histogram_aggregation: HistogramAggregation, ["metrics.histogram_aggregation"], [],
        ["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"], "`explicit_bucket_histogram`";
    /// Jaeger's URL in its older ways, which becomes that of its OTLP receiver. Endpoints of OTLP win over it.
    jaeger_endpoint: JaegerEndpoint, ["tracing.jaeger.endpoint"], ["JAEGER_ENDPOINT"],
        ["OTEL_EXPORTER_JAEGER_ENDPOINT"], "none";
    /// The host of Jaeger's agent, taken for that of its OTLP receiver.
    jaeger_agent_host: Host, ["tracing.jaeger.agent_host"], [],
        ["OTEL_EXPORTER_JAEGER_AGENT_HOST"], "`localhost` where the agent's port is set";
    /// The port of Jaeger's agent, in whose place spans are sent to its OTLP receiver.
    jaeger_agent_port: Port, ["tracing.jaeger.agent_port"], [],
        ["OTEL_EXPORTER_JAEGER_AGENT_PORT"], "`6831` where the agent's host is set";
    /// The URL that spans are sent to in Zipkin's format, as it is.
    zipkin_endpoint: ZipkinEndpoint, ["tracing.zipkin.endpoint"], [],
        ["OTEL_EXPORTER_ZIPKIN_ENDPOINT"], "`http://localhost:9411/api/v2/spans`";
    /// How long a request to Zipkin may take.
    zipkin_timeout: Millis = Duration::from_secs(10), ["tracing.zipkin.timeout"], [],
        ["OTEL_EXPORTER_ZIPKIN_TIMEOUT"], "`10000`";
    /// A file that spans are written to, as lines of OTLP's JSON. `OTEL_TRACES_EXPORTER` does not concern it.
    trace_file: FilePath, ["tracing.file.path"], ["TRACE_FILE"], [], "none";
    /// The most bytes in that file.
    trace_file_max_bytes: FileBytes, ["tracing.file.max_bytes"], ["TRACE_FILE_MAX_BYTES"], [], "`67108864`";
    /// The longest time that a finished span waits for its batch to fill.
    batch_delay: Millis = Duration::from_secs(5), ["tracing.batch.delay"], [],
        ["OTEL_BSP_SCHEDULE_DELAY"], "`5000`";
    /// How many finished spans may wait; more are dropped and counted.
    batch_queue: Count = 2_048, ["tracing.batch.queue"], [], ["OTEL_BSP_MAX_QUEUE_SIZE"], "`2048`";
    /// The most spans in a batch.
    batch_size: Count, ["tracing.batch.size"], [],
        ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"], "`512`, or the queue where that is shorter";
    /// How long the export of a batch of spans may take.
    batch_timeout: Millis = Duration::from_secs(30), ["tracing.batch.timeout"], [],
        ["OTEL_BSP_EXPORT_TIMEOUT"], "`30000`";
    /// The longest time that an event waits for its batch to fill.
    logs_batch_delay: Millis = Duration::from_secs(1), ["logging.batch.delay"], [],
        ["OTEL_BLRP_SCHEDULE_DELAY"], "`1000`";
    /// How many events may wait for export; more are dropped and counted.
    logs_batch_queue: Count = 2_048, ["logging.batch.queue"], [], ["OTEL_BLRP_MAX_QUEUE_SIZE"], "`2048`";
    /// The most events in a batch.
    logs_batch_size: Count, ["logging.batch.size"], [],
        ["OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"], "`512`, or the queue where that is shorter";
    /// How long the export of a batch of events may take.
    logs_batch_timeout: Millis = Duration::from_secs(30), ["logging.batch.timeout"], [],
        ["OTEL_BLRP_EXPORT_TIMEOUT"], "`30000`";
    /// How often metrics are pushed, the first time after so long.
    metric_interval: Millis = Duration::from_secs(60), ["metrics.interval"], [],
        ["OTEL_METRIC_EXPORT_INTERVAL"], "`60000`";
    /// How long a push of metrics may take.
    metric_timeout: Millis = Duration::from_secs(30), ["metrics.timeout"], [],
        ["OTEL_METRIC_EXPORT_TIMEOUT"], "`30000`";
    /// Whether samples of metrics carry the ids of a sampled span.
    exemplar_filter: ExemplarFilters = ExemplarFilter::TraceBased, ["metrics.exemplars"], [],
        ["OTEL_METRICS_EXEMPLAR_FILTER"], "`trace_based`";
    /// The most attributes of a span; more are dropped and counted.
    span_attributes: Limit = 128, ["tracing.limits.attributes"], [],
        ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"], "`128`";
    /// The longest text of an attribute, in characters; longer ones are cut.
    attribute_length: Limit, ["tracing.limits.attribute_length"], [],
        ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
        "only that of the recording, 1024 bytes";
    /// The most events of a span.
    span_events: Limit = 128, ["tracing.limits.events"], [], ["OTEL_SPAN_EVENT_COUNT_LIMIT"], "`128`";
    /// The most links of a span.
    span_links: Limit = 128, ["tracing.limits.links"], [], ["OTEL_SPAN_LINK_COUNT_LIMIT"], "`128`";
    /// The most attributes of an event.
    event_attributes: Limit = 128, ["tracing.limits.event_attributes"], [],
        ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"], "`128`";
    /// The key of the hashes that stand for attributes with `redact = hash`, so that programs agree on them. It never
    /// appears in a message.
    redaction_key: HashKey, ["redaction_key"], ["REDACTION_KEY"], [], "a random one in each process";
    /// The most memory of the telemetry, besides the shared values of metrics and the texts of their labels, of which there
    /// are as many as the program declares, and the request that each exporter is sending.
    memory_limit: MemoryBytes = 128 << 20, ["memory_limit"], ["MEMORY_LIMIT"], [], "`128MiB`";
    /// The size of the telemetry ring buffer, in which spans and events wait. Of what it is beyond its share, the telemetry
    /// takes four times as much beyond its limit.
    ring_size: RingBytes, ["ring_size"], ["RING_SIZE"],
        [], "its part of the memory limit: `14MiB` unless that is set";
    /// A file for recordings of the process and its runtimes; a number comes before its extension. Needs the feature `recorder`.
    recorder_path: FilePath, ["recorder.path"], ["RECORDER_PATH"], [], "none";
    /// Whether the recorder, where there is one, records from the start.
    recorder_enabled: Switch = true, ["recorder.enabled"], ["RECORDER_ENABLED"], [], "`true`";
    /// The most bytes in a file of a recording.
    recorder_file_bytes: FileBytes = 64 << 20, ["recorder.file_bytes"], ["RECORDER_FILE_BYTES"], [], "`67108864`";
    /// The most bytes in all of them, those of former runs included; the oldest are removed.
    recorder_total_bytes: FileBytes = 1 << 30, ["recorder.total_bytes"], ["RECORDER_TOTAL_BYTES"], [], "`1073741824`";
    /// A new file is begun at the latest when the last has so much time in it.
    recorder_file_time: Millis, ["recorder.file_time"], ["RECORDER_FILE_TIME"], [], "no limit";
    /// Where finished files are uploaded to. Keys come from the variables that the store's own tools have, as `AWS_ACCESS_KEY_ID` and
    /// `AWS_SECRET_ACCESS_KEY`. Needs the feature `object_store`.
    recorder_store: StoreAddress, ["recorder.store.address"], ["RECORDER_STORE"], [], "none";
    /// Where the store is, for `s3://` alone: one that speaks S3 and is not Amazon's.
    recorder_store_endpoint: BaseEndpoint, ["recorder.store.endpoint"], ["RECORDER_STORE_ENDPOINT"], [],
        "`AWS_ENDPOINT`, else Amazon's";
    /// The store's region, for `s3://` alone.
    recorder_store_region: Text, ["recorder.store.region"], ["RECORDER_STORE_REGION"], [],
        "`AWS_REGION`, else `us-east-1`";
    /// Keeps the recording in memory, so far back, and writes it when something happens that is watched for.
    recorder_flight: Millis, ["recorder.flight"], ["RECORDER_FLIGHT"], [], "what happens is written as it happens";
    /// The most bytes of it in memory, compressed.
    recorder_flight_bytes: FileBytes = 16 << 20, ["recorder.flight_bytes"], ["RECORDER_FLIGHT_BYTES"], [], "`16777216`";
    /// The least time between two recordings that are written for something that has happened.
    recorder_quiet: Millis, ["recorder.quiet"], ["RECORDER_QUIET"], [], "a minute";
    /// Watches for polls of tasks that take longer.
    recorder_long_poll: Millis, ["recorder.long_poll"], ["RECORDER_LONG_POLL"], [], "they are not watched for";
    /// Watches for more tasks than this that wait in the queue of a runtime's workers.
    recorder_queue_depth: Count, ["recorder.queue_depth"], ["RECORDER_QUEUE_DEPTH"], [], "they are not watched for";
    /// Watches for workers that sleep for longer than this while tasks wait.
    recorder_starvation: Millis, ["recorder.starvation"], ["RECORDER_STARVATION"], [], "they are not watched for";
    /// Writes down where tasks wait that have waited for longer, when something happens that is watched for.
    recorder_task_dumps: Millis, ["recorder.task_dumps"], ["RECORDER_TASK_DUMPS"], [], "they are not written down";
    /// Whether panics are watched for.
    recorder_panics: Switch, ["recorder.panics"], ["RECORDER_PANICS"], [], "`true`";
    /// Watches for a signal.
    recorder_signal: RecorderSignals, ["recorder.signal"], ["RECORDER_SIGNAL"], [], "none is watched for";
    /// How often the lengths of the runtimes' queues are recorded.
    recorder_sample: Millis, ["recorder.sample"], ["RECORDER_SAMPLE"], [], "`10`";
    /// How long an event waits for its block to fill before it is written, at most.
    recorder_delay: Millis, ["recorder.delay"], ["RECORDER_DELAY"], [], "`1000`";
    /// How many bytes of events may wait for a slow disk, besides those in the ring.
    recorder_queue_bytes: FileBytes, ["recorder.queue_bytes"], ["RECORDER_QUEUE_BYTES"], [], "`14680064`";
    /// Whether what is recorded lies in memory that outlives the process, so that the next start writes what a kill has left.
    recorder_recovery: Switch, ["recorder.recovery.enabled"], ["RECORDER_RECOVERY"], [], "`true`";
    /// The folder of that memory.
    recorder_memory_folder: FilePath, ["recorder.recovery.folder"], ["RECORDER_MEMORY_FOLDER"], [],
        "`/dev/shm`, or the folder for temporary files where there is none";
    /// Whose remains are written by the next start: processes with the same text.
    recorder_recover_as: Text, ["recorder.recovery.key"], ["RECORDER_RECOVER_AS"], [],
        "the program's name and the recordings' path";
    /// Exports every span and event at once, for development.
    immediate: Switch = false, ["tracing.immediate"], ["TRACE_IMMEDIATE"], [], "`false`";
    /// Whether the global tracer and context of the `opentelemetry` API are ours; needs the feature `opentelemetry`.
    opentelemetry: Switch = false, ["tracing.opentelemetry"], ["OPENTELEMETRY"], [], "`false`";
    /// How traces and baggage are read from headers and written into them, in this order.
    propagators: Propagators = vec![TraceContext, Baggage], ["propagators"], [],
        ["OTEL_PROPAGATORS"], "`tracecontext,baggage`";
    /// Which events are logged, by target and level.
    log_filter: Filter = TargetLevels::of(LevelFilter::INFO), ["logging.level"], ["LOG"],
        ["RUST_LOG"], "`info`";
    /// How log lines look.
    log_format: Format, ["logging.format"], ["LOG_FORMAT"], [], "`pretty` on a terminal, `json` elsewhere";
    /// The text of a log line, in place of that format: `{timestamp}`, `{level}`, `{target}`, `{message}`, `{fields}`,
    /// `{trace_id}` and `{span_id}` stand for what the event says; outside of a span the ids are empty.
    log_pattern: LogPatterns, ["logging.pattern"], ["LOG_PATTERN"], [], "none";
    /// Where log lines are written: a line is one write, and whoever logs waits for it.
    log_output: Outputs = LogOutput::Stdout, ["logging.output"], ["LOG_OUTPUT"], [], "`stdout`";
    /// The most bytes in a file of log lines; a line that would go beyond them begins a new file, and the former one gets `.1`
    /// after its name.
    log_file_max_bytes: FileBytes, ["logging.file.max_bytes"], ["LOG_FILE_MAX_BYTES"], [], "no limit";
    /// When a new file of log lines is begun besides, in UTC.
    log_file_rotation: Rotations = LogRotation::Never, ["logging.file.rotation"], ["LOG_FILE_ROTATION"], [],
        "`never`";
    /// How many former files of log lines are kept, the oldest with the highest number; `0` keeps none.
    log_file_keep: Limit = 5, ["logging.file.keep"], ["LOG_FILE_KEEP"], [], "`5`";
    /// What keys of JSON lines are called instead: `timestamp`, `level`, `target`, `message`, `fields`, `exception`, `span`,
    /// `spans`, and within a span `trace_id` and `span_id`.
    log_json_keys: JsonKeyList, ["logging.json_keys"], ["LOG_JSON_KEYS"], [], "their own names";
    /// Whether records of the crate `log` are logged as events, where the program sets no logger of its own.
    log_records: Switch = true, ["logging.log_crate"], ["LOG_CRATE"], [], "`true`";
    /// Whether a panic is logged as an event of level `error`, besides what the panic hook before it does.
    log_panics: Switch = true, ["logging.panics"], ["LOG_PANICS"], [], "`true`";
    /// Whether there is an admin server: `/metrics`, `/health`, `/ready` and `/live`.
    metrics_enabled: Switch = true, ["metrics.enabled"], ["METRICS_ENABLED"], [], "`true`";
    /// Where the admin server listens.
    metrics_addr: Address, ["metrics.addr"], ["METRICS_ADDR"],
        ["OTEL_EXPORTER_PROMETHEUS_HOST"], "`127.0.0.1:9090`";
    /// The admin server's port; it wins over the address's. `0` lets the system choose.
    metrics_port: Port, ["metrics.port"], ["METRICS_PORT"],
        ["OTEL_EXPORTER_PROMETHEUS_PORT"], "the address's";
    /// What is to be shown as `authorization: Bearer …` to see what the admin server has besides metrics, health and probes.
    /// Without it, only this machine sees that, and only where the server listens on loopback; one that
    /// can't be used is nobody's. It never appears in a message.
    admin_token: AdminToken, ["admin.token"], ["ADMIN_TOKEN"], [], "none";
    /// A Unix socket at which the admin server listens too, for the program's own user.
    admin_socket: FilePath, ["admin.socket"], ["ADMIN_SOCKET"], [], "none";
    /// Whether the admin server lets this machine change the program while it runs: switch its telemetry off and on, say.
    admin_changes: Switch = false, ["admin.changes"], ["ADMIN_CHANGES"], [], "`false`";
    /// Whether the admin server has the live console, for who may see what is inside; needs the feature `console`.
    console_enabled: Switch = true, ["console.enabled"], ["CONSOLE_ENABLED"], [], "`true`";
    /// Whether the process is measured: processor time, memory, threads, files, disk, network.
    process_metrics: Switch = true, ["metrics.process"], ["PROCESS_METRICS"], [], "`true`";
    /// Whether Tokio runtimes are measured.
    runtime_metrics: Switch = true, ["metrics.runtimes"], ["RUNTIME_METRICS"], [], "`true`";
    /// Whether there are `build_info`, and `target_info` on the admin server's page.
    build_info: Switch = true, ["metrics.build_info"], ["BUILD_INFO"], [], "`true`";
    /// Whether what is counted through the crate `metrics` is among ours, where the program sets no recorder itself; needs
    /// the feature `metrics`.
    metrics_recorder: Switch, ["metrics.recorder"], ["METRICS_RECORDER"], [], "`true`";
    /// Whether it is measured how full the telemetry's own ring buffer and queues are. What it drops is always counted.
    own_metrics: Switch = true, ["metrics.own"], ["OWN_METRICS"], [], "`true`";
    /// Whether values of the last 15 minutes are remembered, for rates and trends that code asks for.
    rolling_windows: Switch = false, ["metrics.rolling_windows"], ["ROLLING_WINDOWS"], [], "`false`";
    /// Whether the program must not start without its telemetry.
    required: Switch = false, ["required"], ["REQUIRED"], [], "`false`";
    /// How long the end of the program may wait for what is not exported yet.
    shutdown_timeout: Millis = Duration::from_secs(5), ["shutdown_timeout"], ["SHUTDOWN_TIMEOUT"],
        [], "`5000`";
    /// How long the program serves on after SIGTERM, with `/ready` turned off, so that nobody sends it anything any more when it
    /// stops. Where there is an admin server; SIGINT, which people send, does not wait.
    drain_period: Pause = Duration::from_secs(5), ["drain_period"], ["DRAIN_PERIOD"], [], "`5000`";
}
