//! What is decided, as plain data: what telemetry there is to be.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::kind::{
    JsonKeys, LogFormat, LogOutput, LogPattern, LogRotation, OtlpCompression, OtlpProtocol, OwnLevel,
    RecorderSignal, Token,
};
use super::levels::{TargetLevels, is_within};
use super::pairs::Headers;
use super::url::Url;
use crate::Enabled;
use crate::attribute::RedactionKey;
use crate::export::Temporality;
use crate::propagation::Format;

/// What holds: every key decided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// The resource, `service.name` first; each key once.
    pub(crate) resource: Vec<(String, String)>,
    /// What to do with spans; nothing where they are switched off.
    pub(crate) traces: Option<Traces>,
    /// How spans and events are recorded.
    pub(crate) recording: Recording,
    /// How much memory there is for what waits.
    pub(crate) memory: Memory,
    /// The key of the hashes in place of what is redacted; nothing where the process has one of its own.
    pub(crate) redaction_key: Option<RedactionKey>,
    /// Where events are sent as log records.
    pub(crate) logs_export: Vec<LogsExporter>,
    /// How log records wait for their exporters.
    pub(crate) logs_queue: QueueSettings,
    /// Where metrics are pushed.
    pub(crate) metrics_export: Vec<MetricsExporter>,
    /// How often.
    pub(crate) metrics_push: PushSettings,
    /// Whether samples of metrics carry the ids of sampled spans.
    pub(crate) exemplars: bool,
    /// Which events are logged, recorded and exported.
    pub(crate) log_filter: TargetLevels,
    /// How; nothing where the output decides it.
    pub(crate) log_format: Option<LogFormat>,
    /// The text of a line, in place of the format.
    pub(crate) log_pattern: Option<LogPattern>,
    /// Where log lines are written.
    pub(crate) log_output: LogOutput,
    /// How that is kept small, where it is a file.
    pub(crate) log_file: LogFile,
    /// What the keys of JSON lines are called.
    pub(crate) log_json_keys: JsonKeys,
    /// Whether records of the crate `log` are events.
    pub(crate) log_records: bool,
    /// Whether panics are.
    pub(crate) log_panics: bool,
    /// How traces go through headers.
    pub(crate) propagators: Vec<Format>,
    /// The admin server; nothing where there is to be none.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "read by the admin server"))]
    pub(crate) server: Option<AdminServer>,
    /// How components are switched.
    pub(crate) components: Vec<(String, Enabled)>,
    /// What is recorded of the process and its runtimes.
    pub(crate) recorder: RecorderConfig,
    /// What is measured besides what the program measures.
    pub(crate) measured: Measured,
    /// What of the telemetry's own messages is printed.
    pub(crate) own_level: OwnLevel,
    /// Whether what is in force is printed at the start.
    pub(crate) explain: bool,
    /// Whether a problem stops the program.
    pub(crate) required: bool,
    /// The bound of the last flush.
    pub(crate) shutdown_timeout: Duration,
    /// How long the program serves on after it was asked to end, if anybody can see that it is not ready any more.
    pub(crate) drain_period: Duration,
}

/// The admin server.
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "read by the admin server"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it listens too; nothing where it doesn't.
    pub(crate) socket: Option<PathBuf>,
    /// What is to be shown to see the program's inside; nothing where the address decides it.
    pub(crate) token: Option<Token>,
    /// Whether the program can be changed.
    pub(crate) changes: bool,
    /// Whether it has the live console.
    pub(crate) console: bool,
}

impl Config {
    /// The resource's attribute of that name.
    pub(crate) fn resource(&self, key: &str) -> Option<&str> {
        self.resource.iter().find(|(its_key, _)| its_key == key).map(|(_, value)| value.as_str())
    }
}

/// How a file of log lines is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogFile {
    /// The most bytes in it; nothing where there is no limit.
    pub(crate) max_bytes: Option<u64>,
    /// When a new one is begun besides.
    pub(crate) rotation: LogRotation,
    /// How many former ones are kept.
    pub(crate) keep: usize,
}

/// What is measured besides what the program measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    /// The process, as the system sees it.
    pub(crate) process: bool,
    /// Tokio runtimes.
    pub(crate) runtimes: bool,
    /// How the program was built, and what it is.
    pub(crate) build: bool,
    /// What is counted through the crate `metrics`; it is where nothing is said and the feature is on.
    pub(crate) recorder: Option<bool>,
    /// How full the telemetry's own ring and queues are.
    pub(crate) own_state: bool,
    /// What is remembered for rolling windows.
    pub(crate) windows: bool,
}

/// What is recorded of the process and its runtimes.
#[cfg_attr(not(feature = "recorder"), allow(dead_code, reason = "read by the recorder"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecorderConfig {
    /// Where the recordings are; nothing where there are none, or the program's own.
    pub(crate) path: Option<PathBuf>,
    /// Whether it records from the start.
    pub(crate) enabled: bool,
    /// The most bytes in a file …
    pub(crate) file_bytes: u64,
    /// … and in all.
    pub(crate) total_bytes: u64,
    /// How much time is in a file.
    pub(crate) file_time: Option<Duration>,
    /// Where files are uploaded to; nothing where they aren't.
    pub(crate) store: Option<RecorderStore>,
    /// How far back a flight recorder keeps what has happened; nothing in stream mode.
    pub(crate) flight: Option<Duration>,
    /// How many bytes of it.
    pub(crate) flight_bytes: u64,
    /// The least time between two recordings of a flight recorder.
    pub(crate) quiet: Option<Duration>,
    /// What is watched for.
    pub(crate) long_poll: Option<Duration>,
    /// More waiting tasks than this.
    pub(crate) queue_depth: Option<usize>,
    /// Workers that sleep for longer while tasks wait.
    pub(crate) starvation: Option<Duration>,
    /// Tasks that have waited for longer are written down when something happens.
    pub(crate) task_dumps: Option<Duration>,
    /// Panics.
    pub(crate) panics: Option<bool>,
    /// A signal.
    pub(crate) signal: Option<RecorderSignal>,
    /// How often queues are looked at.
    pub(crate) sample: Option<Duration>,
    /// How long an event waits for its block to fill.
    pub(crate) delay: Option<Duration>,
    /// How much may wait for a slow writer.
    pub(crate) queue_bytes: Option<u64>,
    /// Whether a kill loses nothing.
    pub(crate) recovery: Option<bool>,
    /// Where what outlives a kill is.
    pub(crate) memory_folder: Option<PathBuf>,
    /// Who may adopt it.
    pub(crate) recover_as: Option<String>,
}

/// Where recordings are uploaded to. Keys are in the environment.
#[cfg_attr(not(feature = "object_store"), allow(dead_code, reason = "read by the uploads"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecorderStore {
    /// Of the kind `s3://bucket/prefix`.
    pub(crate) address: String,
    /// For S3 alone.
    pub(crate) endpoint: Option<Url>,
    /// For S3 alone.
    pub(crate) region: Option<String>,
}

/// What to do with spans.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Traces {
    /// Which are recorded.
    pub(crate) filter: TargetLevels,
    /// Which traces are sampled.
    pub(crate) sampling: Sampling,
    /// Which others are kept once they have ended; nothing where none are.
    pub(crate) tail: Option<TailPolicy>,
    /// Where spans are sent, each exporter once.
    pub(crate) exporters: Vec<TraceExporter>,
    /// How spans wait for their exporters.
    pub(crate) spans: QueueSettings,
    /// Whether the global tracer and context of the `opentelemetry` API are ours.
    pub(crate) opentelemetry: bool,
}

/// What is said of all that is recorded, spans and events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Recording {
    /// What a span may hold.
    pub(crate) limits: Limits,
    /// The size of the telemetry ring buffer.
    pub(crate) ring_bytes: usize,
    /// Whether each span and event is exported at once, for development.
    pub(crate) immediate: bool,
}

/// How the memory of the telemetry is shared out. What is left of the limit without that of open spans has eight parts: the ring,
/// two for what has been read from it, one for traces that are not decided yet, and those below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// For what traces carry.
    pub(crate) carried: usize,
    /// For events whose spans are open.
    pub(crate) events: usize,
    /// For what waits for exporters, all together.
    pub(crate) waiting: usize,
    /// Pages of metrics' values that threads have of their own, all together.
    pub(crate) own_pages: u32,
}

impl Memory {
    /// What open spans may take, by the number of them.
    const OPEN_SPANS: usize = 16 << 20;
    const PARTS: usize = 8;

    /// One of the eight parts, which is the ring's.
    pub(crate) const fn part(limit: usize) -> usize {
        limit.saturating_sub(Self::OPEN_SPANS) / Self::PARTS
    }

    pub(crate) const fn of(limit: usize) -> Self {
        let part = Self::part(limit);
        Self { carried: part, events: part, waiting: part, own_pages: (part / PAGE) as u32 }
    }
}

/// A page of metrics' values, in bytes.
const PAGE: usize = spanwright_core::cells::PAGE_CELLS as usize * 8;

/// Which traces are sampled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    /// Whether a span with a remote parent does as the parent. Otherwise it is sampled as a root is.
    pub(crate) parent_based: bool,
    /// How roots are sampled that no rule is about.
    pub(crate) root: RootSampling,
    /// How others are: the first rule that [applies](SampleRule::applies) holds.
    pub(crate) rules: Vec<SampleRule>,
}

/// How roots are sampled: of a share of them, at most so many per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RootSampling {
    /// The share, from 0 (none) to 1 (all), by the trace's id.
    pub(crate) ratio: f64,
    /// The limit; nothing where there is none. Above 0.
    pub(crate) per_second: Option<f64>,
}

impl RootSampling {
    /// All of them.
    pub(crate) const ALWAYS_ON: Self = Self { ratio: 1.0, per_second: None };
    /// None of them.
    pub(crate) const ALWAYS_OFF: Self = Self { ratio: 0.0, per_second: None };
}

/// How some roots are sampled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SampleRule {
    /// Which roots.
    pub(crate) key: RuleKey,
    /// How.
    pub(crate) sampling: RootSampling,
}

/// Which roots a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleKey {
    /// Those of this name.
    Name(String),
    /// Those of this component.
    Component(String),
    /// Those whose target is this module or within it.
    Target(String),
}

impl SampleRule {
    /// Whether the rule is about a root.
    pub(crate) fn applies(&self, name: &str, component: Option<&str>, target: &str) -> bool {
        match &self.key {
            RuleKey::Name(its) => its == name,
            RuleKey::Component(its) => component == Some(its),
            RuleKey::Target(its) => is_within(target, its),
        }
    }

    /// Sorts rules so that the first one that applies holds: names, then components, then targets from the longest.
    pub(super) fn most_specific_first(rules: &mut [Self]) {
        rules.sort_by_key(|rule| match &rule.key {
            RuleKey::Name(_) => (0, 0),
            RuleKey::Component(_) => (1, 0),
            RuleKey::Target(target) => (2, usize::MAX - target.len()),
        });
    }
}

/// Which traces are kept though they were not sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TailPolicy {
    /// Those with an error.
    pub(crate) errors: bool,
    /// Those whose local root took longer.
    pub(crate) slower_than: Option<Duration>,
}

/// How spans or events wait for their exporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueSettings {
    /// How many may wait.
    pub(crate) queue: usize,
    /// The most in a batch; not more than may wait.
    pub(crate) batch: usize,
    /// The longest time that one waits for its batch to fill.
    pub(crate) delay: Duration,
    /// How long the export of a batch may take.
    pub(crate) export_timeout: Duration,
}

/// What a span may hold. What is beyond it is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Attributes of a span.
    pub(crate) attributes: usize,
    /// The length of an attribute's text, in characters; nothing where only the recording's own bound holds.
    pub(crate) attribute_length: Option<usize>,
    /// Events of a span.
    pub(crate) events: usize,
    /// Links of a span.
    pub(crate) links: usize,
    /// Attributes of an event.
    pub(crate) event_attributes: usize,
}

impl Default for Limits {
    /// OpenTelemetry's.
    fn default() -> Self {
        Self { attributes: 128, attribute_length: None, events: 128, links: 128, event_attributes: 128 }
    }
}

/// Where spans are sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TraceExporter {
    /// To a receiver of OTLP.
    Otlp(Otlp),
    /// To a Zipkin server.
    Zipkin(Zipkin),
    /// To the standard output, for people.
    Console,
    /// To the standard output, as lines of OTLP's JSON.
    Stdout,
    /// Into a file, as lines of OTLP's JSON.
    File {
        /// The file.
        path: PathBuf,
        /// The most bytes in it.
        max_bytes: u64,
    },
}

/// Where events are sent as log records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LogsExporter {
    /// To a receiver of OTLP.
    Otlp(Otlp),
    /// To the standard output, as lines of OTLP's JSON.
    Stdout,
}

/// Where metrics are pushed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MetricsExporter {
    /// To a receiver of OTLP.
    #[cfg_attr(
        not(feature = "otlp"),
        allow(dead_code, reason = "read by the exporter, which may not be built")
    )]
    Otlp(Otlp, Temporality),
    /// To the standard output, for people.
    Console,
    /// To the standard output, as lines of OTLP's JSON.
    Stdout(Temporality),
}

/// How metrics are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PushSettings {
    /// The time between two pushes, and before the first one.
    pub(crate) interval: Duration,
    /// How long a push may take.
    pub(crate) timeout: Duration,
}

/// How one signal is sent over OTLP.
#[derive(Clone, Debug, PartialEq)]
#[allow(dead_code, reason = "read by the exporter, which may not be built")]
pub(crate) struct Otlp {
    /// The full URL; with gRPC the receiver's, without a path of OTLP's.
    pub(crate) endpoint: Url,
    /// Headers of each request.
    pub(crate) headers: Headers,
    /// How long a request may take, repetitions included.
    pub(crate) timeout: Duration,
    /// How it is sent.
    pub(crate) protocol: OtlpProtocol,
    /// Whether it is made smaller.
    pub(crate) compression: OtlpCompression,
    /// A file of certificates to trust, in PEM.
    pub(crate) certificate: Option<PathBuf>,
    /// Who we are, where the receiver asks.
    pub(crate) client: Option<ClientIdentity>,
}

/// How a client shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "read by the exporter, which may not be built")]
pub(crate) struct ClientIdentity {
    /// A file of its certificates, in PEM.
    pub(crate) certificate: PathBuf,
    /// A file of its private key, in PEM.
    pub(crate) key: PathBuf,
}

/// How spans are sent to Zipkin.
#[derive(Clone, Debug, PartialEq)]
#[allow(dead_code, reason = "read by the exporter, which may not be built")]
pub(crate) struct Zipkin {
    /// The full URL.
    pub(crate) endpoint: Url,
    /// How long a request may take.
    pub(crate) timeout: Duration,
}
