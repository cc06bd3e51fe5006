//! Configuration: code, then `OTEL_*` and other variables that are agreed on, then variables with a prefix of the
//! program's choice, `SPANWRIGHT` unless [`Builder::prefix`](crate::telemetry::Builder::prefix) says otherwise;
//! each wins over those before it. An empty variable is unset.
//!
//! A value that can't be used is a [`Problem`]: it is printed once at the start and kept in
//! [`Guard::problems`](crate::telemetry::Guard::problems), and something else is used in its place. All are
//! reported, not only the first.
//!
#![doc = include_str!("variables.md")]
//!
//! Invariants:
//! - a key is one row of the table in `keys`, and one rule in `decide`, which does not compile without it;
//! - the environment is read once, in one place, and comes in as an argument;
//! - no value of a secret gets into a message or into `Debug`.

mod environment;
mod keys;
mod kind;
mod near;
mod pairs;
mod problem;
mod url;

pub(crate) use environment::Environment;
pub(crate) use keys::Settings;
pub(crate) use kind::ListenAddress;
pub use kind::LogFormat;
pub(crate) use pairs::Headers;
pub use problem::{Instead, Problem, ShownValue};
pub(crate) use url::Url;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

use keys::{KEYS, Reader};
use kind::{BaseEndpoint, Filter, Kind, OtlpProtocol, SamplerName, TracesExporter};

/// The prefix of variables where the program chooses none.
pub(crate) const DEFAULT_PREFIX: &str = "SPANWRIGHT";

/// The port of the admin server where nothing else is set.
const DEFAULT_PORT: u16 = 9090;

/// What holds: every key decided.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The resource, `service.name` first; each key once.
    pub(crate) resource: Vec<(String, String)>,
    /// What to do with spans; nothing where they are switched off.
    pub(crate) traces: Option<Traces>,
    /// Which events are logged.
    pub(crate) log_filter: Targets,
    /// How; nothing where the output decides it.
    pub(crate) log_format: Option<LogFormat>,
    /// Where the admin server listens; nothing where there is to be none.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "read by the admin server"))]
    pub(crate) server: Option<SocketAddr>,
    /// Whether a problem stops the program.
    pub(crate) required: bool,
    /// The bound of the last flush.
    pub(crate) shutdown_timeout: Duration,
}

/// What to do with spans.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    /// Which are recorded.
    pub(crate) filter: Targets,
    /// How roots are sampled.
    pub(crate) sampling: Sampling,
    /// Where they are sent; nothing where OTLP is not asked for.
    pub(crate) otlp: Option<Otlp>,
    /// The longest time that a span waits for its batch to fill.
    pub(crate) delay: Duration,
    /// How many spans may wait.
    pub(crate) queue: usize,
    /// The most spans in a batch; not more than may wait.
    pub(crate) batch: usize,
    /// How long the export of a batch may take.
    pub(crate) export_timeout: Duration,
}

/// How the roots of traces are sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sampling {
    /// All of them.
    AlwaysOn,
    /// None of them.
    AlwaysOff,
    /// This share of them, 0 to 1.
    Ratio(f64),
}

/// How to send spans over OTLP.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "read by the exporter"))]
pub(crate) struct Otlp {
    /// The full URL.
    pub(crate) endpoint: Url,
    /// Headers of each request.
    pub(crate) headers: Headers,
    /// How long a request may take, repetitions included.
    pub(crate) timeout: Duration,
}

impl Config {
    /// Decides every key from what `code` says and what the environment says over it.
    pub(crate) fn resolve(
        prefix: &str,
        code: Settings,
        environment: &Environment,
        program: &str,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut reader = Reader { environment, prefix, problems: &mut problems };
        let mut from_environment = Settings::read(&mut reader, &code);
        problems.extend(nearly_ours(prefix, environment));
        // `service.name` among the attributes is below the variables for it, but above the code.
        let mut resource = code.resource_attributes.clone().unwrap_or_default();
        for (key, value) in from_environment.resource_attributes.take().into_iter().flatten() {
            if key == "service.name" && from_environment.service_name.is_none() {
                from_environment.service_name = Some(value);
            } else {
                pairs::set(&mut resource, key, value);
            }
        }
        let mut settings = from_environment.over(code);
        settings.resource_attributes = Some(resource);
        (settings.decide(program, &mut problems), problems)
    }

    /// The resource's attribute of that name.
    pub(crate) fn resource(&self, key: &str) -> Option<&str> {
        self.resource.iter().find(|(its_key, _)| its_key == key).map(|(_, value)| value.as_str())
    }
}

impl Settings {
    /// Applies defaults and rules. Taken apart without `..`: a key that nobody handles does not compile.
    fn decide(self, program: &str, problems: &mut Vec<Problem>) -> Config {
        let Self {
            service_name,
            resource_attributes,
            sdk_disabled,
            tracing_enabled,
            trace_filter,
            sample_rate,
            sampler,
            sampler_arg,
            traces_exporter,
            otlp_traces_endpoint,
            otlp_endpoint,
            otlp_headers,
            otlp_timeout,
            otlp_protocol,
            batch_delay,
            batch_queue,
            batch_size,
            batch_timeout,
            log_filter,
            log_format,
            metrics_enabled,
            metrics_addr,
            metrics_port,
            required,
            shutdown_timeout,
        } = self;
        // There is one protocol.
        let (OtlpProtocol::HttpProtobuf, millis) =
            (otlp_protocol.unwrap_or(OtlpProtocol::HttpProtobuf), Duration::from_millis);
        let log_filter = log_filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
        let traces_on = tracing_enabled.unwrap_or(true) && !sdk_disabled.unwrap_or(false);
        let (queue, batch) = decide_batch(batch_queue, batch_size, problems);
        let endpoint = decide_endpoint(traces_exporter, otlp_traces_endpoint, otlp_endpoint);
        let traces = Traces {
            filter: trace_filter.unwrap_or_else(|| info_and(&log_filter)),
            sampling: decide_sampling(sample_rate, sampler, sampler_arg, problems),
            otlp: endpoint.map(|endpoint| Otlp {
                endpoint,
                headers: otlp_headers.unwrap_or_default(),
                timeout: otlp_timeout.unwrap_or(millis(10_000)),
            }),
            delay: batch_delay.unwrap_or(millis(5_000)),
            queue,
            batch,
            export_timeout: batch_timeout.unwrap_or(millis(30_000)),
        };
        Config {
            resource: decide_resource(service_name, resource_attributes.unwrap_or_default(), program),
            traces: traces_on.then_some(traces),
            log_filter,
            log_format,
            server: metrics_enabled.unwrap_or(true).then(|| decide_address(metrics_addr, metrics_port)),
            required: required.unwrap_or(false),
            shutdown_timeout: shutdown_timeout.unwrap_or(millis(5_000)),
        }
    }
}

/// A batch is not larger than the queue. Only who asked for a larger one is told.
fn decide_batch(queue: Option<usize>, batch: Option<usize>, problems: &mut Vec<Problem>) -> (usize, usize) {
    let queue = queue.unwrap_or(2_048);
    if let Some(batch) = batch.filter(|batch| *batch > queue) {
        problems.push(Problem::BatchOverQueue {
            variable: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            queue_variable: "OTEL_BSP_MAX_QUEUE_SIZE",
            batch,
            queue,
        });
    }
    (queue, batch.unwrap_or(512).min(queue))
}

/// Nothing is sent unless somebody asked for it: by an endpoint, or by the exporter's name.
fn decide_endpoint(exporter: Option<TracesExporter>, traces: Option<Url>, base: Option<Url>) -> Option<Url> {
    let set = traces.or_else(|| base.map(|base| base.join_traces()));
    match exporter {
        Some(TracesExporter::None) => None,
        Some(TracesExporter::Otlp) => Some(set.unwrap_or_else(Url::local_collector)),
        None => set,
    }
}

/// Our rate wins over the standard sampler.
fn decide_sampling(
    rate: Option<f64>,
    sampler: Option<SamplerName>,
    argument: Option<f64>,
    problems: &mut Vec<Problem>,
) -> Sampling {
    match (rate, sampler) {
        (Some(rate), _) => Sampling::Ratio(rate),
        (None, Some(SamplerName::Ratio)) => Sampling::Ratio(argument.unwrap_or(1.0)),
        (None, other) => {
            if argument.is_some() {
                problems.push(Problem::NoEffect {
                    variable: "OTEL_TRACES_SAMPLER_ARG".to_owned(),
                    because: "`OTEL_TRACES_SAMPLER` is neither `traceidratio` nor `parentbased_traceidratio`",
                });
            }
            if other == Some(SamplerName::AlwaysOff) { Sampling::AlwaysOff } else { Sampling::AlwaysOn }
        }
    }
}

/// `info`, and what the other filter lets through beyond it: quiet logs lose no spans.
fn info_and(logs: &Targets) -> Targets {
    let default = logs.default_level().map_or(LevelFilter::INFO, |level| level.max(LevelFilter::INFO));
    let targets = logs.iter().map(|(target, level)| (target, level.max(LevelFilter::INFO)));
    Targets::new().with_default(default).with_targets(targets)
}

/// The port's key wins over the address's port.
fn decide_address(address: Option<ListenAddress>, port: Option<u16>) -> SocketAddr {
    let local = ListenAddress { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None };
    let address = address.unwrap_or(local);
    SocketAddr::new(address.ip, port.or(address.port).unwrap_or(DEFAULT_PORT))
}

/// The resource as OpenTelemetry has it: the service first, then who measured, then what was added.
fn decide_resource(
    service_name: Option<String>,
    attributes: Vec<(String, String)>,
    program: &str,
) -> Vec<(String, String)> {
    let service_name = service_name.unwrap_or_else(|| {
        let named = attributes.iter().find(|(key, _)| key == "service.name").map(|(_, value)| value.clone());
        named.unwrap_or_else(|| format!("unknown_service:{program}"))
    });
    let mut resource = vec![
        ("service.name".to_owned(), service_name),
        ("telemetry.sdk.name".to_owned(), "spanwright".to_owned()),
        ("telemetry.sdk.language".to_owned(), "rust".to_owned()),
        ("telemetry.sdk.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ];
    for (key, value) in attributes.into_iter().filter(|(key, _)| key != "service.name") {
        pairs::set(&mut resource, key, value);
    }
    resource
}

/// Variables with our prefix that are nearly ours. Others may be the program's own.
fn nearly_ours(prefix: &str, environment: &Environment) -> Vec<Problem> {
    let ours = || KEYS.iter().filter_map(|key| key.suffix);
    let mut near: Vec<_> = environment
        .names()
        .filter_map(|name| name.strip_prefix(prefix)?.strip_prefix('_'))
        .filter(|suffix| !ours().any(|known| known == *suffix))
        .filter_map(|suffix| Some((suffix, near::nearest(suffix, ours())?)))
        .map(|(suffix, meant)| Problem::NearlyOurs {
            variable: format!("{prefix}_{suffix}"),
            meant: format!("{prefix}_{meant}"),
        })
        .collect();
    near.sort_by_key(ToString::to_string);
    near
}

/// Reads a filter that was given in code.
pub(crate) fn parse_filter(text: &str) -> Result<Targets, String> {
    Filter::parse(text).map_err(|reason| format!("is not {}: {reason}", Filter::EXPECTS))
}

/// Reads a URL that was given in code.
pub(crate) fn parse_base_endpoint(text: &str) -> Result<Url, String> {
    BaseEndpoint::parse(text).map_err(|reason| format!("is not {}: {reason}", BaseEndpoint::EXPECTS))
}

/// The table of variables in Markdown.
#[cfg(test)]
fn markdown() -> String {
    let mut text = "| Variable | What it says | May be | Default |\n| --- | --- | --- | --- |\n".to_owned();
    for key in KEYS {
        let prefixed = key.suffix.map(|suffix| format!("`<PREFIX>_{suffix}`"));
        let names: Vec<_> =
            prefixed.into_iter().chain(key.standard.iter().map(|name| format!("`{name}`"))).collect();
        let row =
            [names.join(", "), key.doc.trim().to_owned(), key.expects.to_owned(), key.default.to_owned()];
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests;
