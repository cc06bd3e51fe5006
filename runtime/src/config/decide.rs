//! Defaults, and the rules between keys.

mod exporters;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::decided::{
    Config, Limits, Measured, PushSettings, QueueSettings, Recording, RootSampling, SampleRule, Sampling,
    TailPolicy, TraceExporter, Traces,
};
use super::keys::Settings;
use super::kind::{ListenAddress, RootSampler, SamplerName};
use super::problem::Problem;
use super::{Said, pairs};
use crate::propagation::Format;
use exporters::{Endpoints, SignalSettings, ZipkinSettings};

/// The port of the admin server where nothing else is set.
const DEFAULT_PORT: u16 = 9090;
/// The telemetry ring buffer where nothing else is set, in bytes.
const DEFAULT_RING: usize = 16 << 20;
/// A file of spans where nothing else is set, in bytes.
const DEFAULT_FILE: u64 = 64 << 20;

/// How many rules of sampling there can be: as many as the sampler has places for, besides the default's.
const MAX_RULES: usize = crate::span::MAX_SAMPLERS - 1;

impl Settings {
    /// Applies defaults and rules. Taken apart without `..`: a key that nobody handles does not compile.
    pub(super) fn decide(
        self,
        said: &Said<'_>,
        prefix: &str,
        program: &str,
        problems: &mut Vec<Problem>,
    ) -> Config {
        let Self {
            exporters_in_code,
            service_name,
            resource_attributes,
            sdk_disabled,
            tracing_enabled,
            trace_filter,
            sample_rate,
            sample_limit,
            sample_rules,
            sampler,
            sampler_arg,
            keep_errors,
            keep_slower_than,
            traces_exporter,
            logs_exporter,
            metrics_exporter,
            otlp_traces_endpoint,
            otlp_logs_endpoint,
            otlp_metrics_endpoint,
            otlp_endpoint,
            otlp_traces_headers,
            otlp_logs_headers,
            otlp_metrics_headers,
            otlp_traces_timeout,
            otlp_logs_timeout,
            otlp_metrics_timeout,
            otlp_traces_protocol,
            otlp_logs_protocol,
            otlp_metrics_protocol,
            otlp_traces_compression,
            otlp_logs_compression,
            otlp_metrics_compression,
            otlp_traces_certificate,
            otlp_logs_certificate,
            otlp_metrics_certificate,
            otlp_traces_client_certificate,
            otlp_logs_client_certificate,
            otlp_metrics_client_certificate,
            otlp_traces_client_key,
            otlp_logs_client_key,
            otlp_metrics_client_key,
            temporality,
            // Decided where histograms are declared; who asks for something else is told.
            histogram_aggregation: _,
            // These three have become an endpoint of OTLP.
            jaeger_endpoint: _,
            jaeger_agent_host: _,
            jaeger_agent_port: _,
            zipkin_endpoint,
            zipkin_timeout,
            trace_file,
            trace_file_max_bytes,
            batch_delay,
            batch_queue,
            batch_size,
            batch_timeout,
            logs_batch_delay,
            logs_batch_queue,
            logs_batch_size,
            logs_batch_timeout,
            metric_interval,
            metric_timeout,
            span_attributes,
            attribute_length,
            span_events,
            span_links,
            event_attributes,
            redaction_key,
            ring_size,
            immediate,
            opentelemetry,
            propagators,
            log_filter,
            log_format,
            metrics_enabled,
            metrics_addr,
            metrics_port,
            process_metrics,
            runtime_metrics,
            build_info,
            metrics_recorder,
            own_metrics,
            rolling_windows,
            required,
            shutdown_timeout,
        } = self;
        let millis = Duration::from_millis;
        let log_filter = log_filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
        let sdk_on = !sdk_disabled.unwrap_or(false);
        let traces_on = tracing_enabled.unwrap_or(true) && sdk_on;

        let endpoints = Endpoints { base: otlp_endpoint };
        let otlp_traces = SignalSettings {
            endpoint: otlp_traces_endpoint,
            headers: otlp_traces_headers,
            timeout: otlp_traces_timeout,
            protocol: otlp_traces_protocol,
            compression: otlp_traces_compression,
            certificate: otlp_traces_certificate,
            client_certificate: otlp_traces_client_certificate,
            client_key: otlp_traces_client_key,
        };
        let otlp_logs = SignalSettings {
            endpoint: otlp_logs_endpoint,
            headers: otlp_logs_headers,
            timeout: otlp_logs_timeout,
            protocol: otlp_logs_protocol,
            compression: otlp_logs_compression,
            certificate: otlp_logs_certificate,
            client_certificate: otlp_logs_client_certificate,
            client_key: otlp_logs_client_key,
        };
        let otlp_metrics = SignalSettings {
            endpoint: otlp_metrics_endpoint,
            headers: otlp_metrics_headers,
            timeout: otlp_metrics_timeout,
            protocol: otlp_metrics_protocol,
            compression: otlp_metrics_compression,
            certificate: otlp_metrics_certificate,
            client_certificate: otlp_metrics_client_certificate,
            client_key: otlp_metrics_client_key,
        };
        let zipkin = ZipkinSettings { endpoint: zipkin_endpoint, timeout: zipkin_timeout };
        let mut exporters = Vec::new();
        if traces_on {
            let names = endpoints.trace_exporters(traces_exporter, exporters_in_code, &otlp_traces);
            exporters = endpoints.traces(&names, otlp_traces, zipkin, said, problems);
        }
        let mut logs_export = Vec::new();
        if sdk_on {
            let names = endpoints.log_exporters(logs_exporter, &otlp_logs);
            logs_export = endpoints.logs(&names, otlp_logs, said, problems);
        }
        let server_is_on = metrics_enabled.unwrap_or(true);
        let mut metrics_export = Vec::new();
        if sdk_on {
            let otlp = (otlp_metrics, temporality.unwrap_or_default());
            let has_server = server_is_on && cfg!(feature = "server");
            metrics_export = endpoints.metrics(metrics_exporter, otlp, has_server, said, problems);
        }
        match (trace_file, trace_file_max_bytes) {
            (Some(path), max_bytes) => {
                exporters.push(TraceExporter::File { path, max_bytes: max_bytes.unwrap_or(DEFAULT_FILE) });
            }
            (None, Some(_)) => problems.push(Problem::NoEffect {
                variable: format!("{prefix}_TRACE_FILE_MAX_BYTES"),
                because: "no file is set that spans are written to",
            }),
            (None, None) => {}
        }

        let spans = Queue {
            variables: ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
            queue: batch_queue,
            batch: batch_size,
            delay: batch_delay.unwrap_or(millis(5_000)),
            export_timeout: batch_timeout.unwrap_or(millis(30_000)),
        };
        let logs = Queue {
            variables: ["OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"],
            queue: logs_batch_queue,
            batch: logs_batch_size,
            delay: logs_batch_delay.unwrap_or(millis(1_000)),
            export_timeout: logs_batch_timeout.unwrap_or(millis(30_000)),
        };
        let defaults = Limits::default();
        let traces = Traces {
            filter: trace_filter.unwrap_or_else(|| info_and(&log_filter)),
            sampling: SamplingSettings {
                rate: sample_rate,
                limit: sample_limit,
                rules: sample_rules.unwrap_or_default(),
                sampler,
                argument: sampler_arg,
            }
            .decide(said, prefix, problems),
            tail: decide_tail(keep_errors.unwrap_or(false), keep_slower_than),
            exporters,
            spans: spans.decide(said.settings.batch_size.is_none(), problems),
            opentelemetry: opentelemetry.unwrap_or(false),
        };
        let recording = Recording {
            limits: Limits {
                attributes: span_attributes.unwrap_or(defaults.attributes),
                attribute_length: attribute_length.or(defaults.attribute_length),
                events: span_events.unwrap_or(defaults.events),
                links: span_links.unwrap_or(defaults.links),
                event_attributes: event_attributes.unwrap_or(defaults.event_attributes),
            },
            ring_bytes: ring_size.unwrap_or(DEFAULT_RING),
            immediate: immediate.unwrap_or(false),
        };
        Config {
            resource: decide_resource(service_name, resource_attributes.unwrap_or_default(), program),
            traces: traces_on.then_some(traces),
            recording,
            redaction_key,
            logs_export,
            logs_queue: logs.decide(false, problems),
            metrics_export,
            metrics_push: PushSettings {
                interval: metric_interval.unwrap_or(millis(60_000)),
                timeout: metric_timeout.unwrap_or(millis(30_000)),
            },
            log_filter,
            log_format,
            propagators: propagators.unwrap_or_else(|| vec![Format::TraceContext, Format::Baggage]),
            server: server_is_on.then(|| decide_address(metrics_addr, metrics_port)),
            measured: Measured {
                process: process_metrics.unwrap_or(true),
                runtimes: runtime_metrics.unwrap_or(true),
                build: build_info.unwrap_or(true),
                recorder: metrics_recorder,
                own_state: own_metrics.unwrap_or(true),
                windows: rolling_windows.unwrap_or(false),
            },
            required: required.unwrap_or(false),
            shutdown_timeout: shutdown_timeout.unwrap_or(millis(5_000)),
        }
    }
}

/// What is said about a queue. `variables` are the queue's and the batch's.
struct Queue {
    variables: [&'static str; 2],
    queue: Option<usize>,
    batch: Option<usize>,
    delay: Duration,
    export_timeout: Duration,
}

impl Queue {
    /// A batch is not larger than the queue. Only who asked for a larger one is told.
    fn decide(self, in_code: bool, problems: &mut Vec<Problem>) -> QueueSettings {
        let Self { variables: [queue_variable, batch_variable], queue, batch, delay, export_timeout } = self;
        let queue = queue.unwrap_or(2_048);
        if let Some(batch) = batch.filter(|batch| *batch > queue) {
            let variable = if in_code { "Builder::batch_size" } else { batch_variable };
            problems.push(Problem::BatchOverQueue { variable, queue_variable, batch, queue });
        }
        QueueSettings { queue, batch: batch.unwrap_or(512).min(queue), delay, export_timeout }
    }
}

/// What is said about sampling.
struct SamplingSettings {
    rate: Option<f64>,
    limit: Option<f64>,
    rules: Vec<SampleRule>,
    sampler: Option<SamplerName>,
    argument: Option<f64>,
}

impl SamplingSettings {
    /// Our rate wins over the standard sampler, and is parent-based; the limit is on top of either.
    fn decide(self, said: &Said<'_>, prefix: &str, problems: &mut Vec<Problem>) -> Sampling {
        let Self { rate, limit, mut rules, sampler, argument } = self;
        SampleRule::most_specific_first(&mut rules);
        if rules.len() > MAX_RULES {
            problems.push(Problem::NoEffect {
                variable: format!("{prefix}_TRACE_SAMPLE_RULES"),
                because: "there can be 63 rules, set in code or here; the least specific ones beyond them don't count",
            });
        }
        let sampler = sampler.unwrap_or(SamplerName { parent_based: true, root: RootSampler::AlwaysOn });
        if rate.is_none() && sampler.root != RootSampler::Ratio && said.settings.sampler_arg.is_some() {
            problems.push(Problem::NoEffect {
                variable: "OTEL_TRACES_SAMPLER_ARG".to_owned(),
                because: "`OTEL_TRACES_SAMPLER` is neither `traceidratio` nor `parentbased_traceidratio`",
            });
        }
        let ratio = rate.unwrap_or(match sampler.root {
            RootSampler::AlwaysOn => 1.0,
            RootSampler::AlwaysOff => 0.0,
            RootSampler::Ratio => argument.unwrap_or(1.0),
        });
        Sampling {
            parent_based: rate.is_some() || sampler.parent_based,
            root: RootSampling { ratio, per_second: limit },
            rules,
        }
    }
}

/// Without a reason to keep a trace, there is no policy.
fn decide_tail(errors: bool, slower_than: Option<Duration>) -> Option<TailPolicy> {
    (errors || slower_than.is_some()).then_some(TailPolicy { errors, slower_than })
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
