//! Defaults that depend on more than their own key, and the rules between keys. Each function is about one part of what is
//! decided; a key that none of them reads is a warning of the compiler's.

mod exporters;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing_core::{Level, LevelFilter};

use super::decided::{
    AdminServer, Config, Limits, LogFile, LogsExporter, Measured, Memory, MetricsExporter, PushSettings,
    QueueSettings, RecorderConfig, RecorderStore, Recording, RootSampling, SampleRule, Sampling, TailPolicy,
    TraceExporter, Traces,
};
use super::keys::Chosen;
use super::kind::{
    ExemplarFilter, ListenAddress, LogOutput, RootSampler, SamplerName, Token, TracesExporterName,
};
use super::levels::TargetLevels;
use super::problem::Problem;
use super::{Said, pairs};
use exporters::{Endpoints, SignalSettings, ZipkinSettings};

/// The port of the admin server where nothing else is set.
const DEFAULT_PORT: u16 = 9090;
/// The largest ring that is made unasked, in bytes.
const LARGEST_RING: usize = 256 << 20;
/// A file of spans where nothing else is set, in bytes.
const DEFAULT_FILE: u64 = 64 << 20;

/// How many rules of sampling there can be: as many as the sampler has places for, besides the default's.
const MAX_RULES: usize = crate::span::MAX_SAMPLERS - 1;

impl Chosen {
    /// Applies the rules.
    pub(super) fn decide(
        mut self,
        said: &Said<'_>,
        prefix: &str,
        program: &str,
        problems: &mut Vec<Problem>,
    ) -> Config {
        // These have done their work: the file is read, Jaeger has become an endpoint of OTLP, and histograms are decided
        // where they are declared; who asks for something else is told.
        let _done = (&self.config_file, &self.histogram_aggregation, &self.jaeger_endpoint);
        let _done = (&self.jaeger_agent_host, self.jaeger_agent_port);
        let endpoints = Endpoints { base: self.otlp_endpoint.take() };
        let traces = self.traces(&endpoints, said, prefix, problems);
        let logs_export = self.logs_export(&endpoints, said, problems);
        let metrics_export = self.metrics_export(&endpoints, said, problems);
        Config {
            resource: decide_resource(
                self.service_name.take(),
                self.resource_attributes.take().unwrap_or_default(),
                program,
            ),
            traces,
            recording: self.recording(),
            memory: Memory::of(self.memory_limit),
            redaction_key: self.redaction_key.take(),
            components: self.components.take().unwrap_or_default(),
            logs_export,
            logs_queue: self.logs_queue(problems),
            metrics_export,
            metrics_push: PushSettings { interval: self.metric_interval, timeout: self.metric_timeout },
            exemplars: self.exemplar_filter == ExemplarFilter::TraceBased,
            log_format: self.log_format,
            log_pattern: self.log_pattern.take(),
            log_file: self.log_file(said, prefix, problems),
            log_output: self.log_output.clone(),
            log_json_keys: self.log_json_keys.take().unwrap_or_default(),
            log_records: self.log_records,
            log_panics: self.log_panics,
            propagators: std::mem::take(&mut self.propagators),
            server: self.server(prefix, problems),
            recorder: self.recorder(prefix, problems),
            measured: self.measured(),
            own_level: self.own_level,
            explain: self.explain,
            required: self.required,
            shutdown_timeout: self.shutdown_timeout,
            drain_period: self.drain_period,
            log_filter: self.log_filter,
        }
    }

    fn traces(
        &mut self,
        endpoints: &Endpoints,
        said: &Said<'_>,
        prefix: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Traces> {
        let is_on = self.tracing_enabled && !self.sdk_disabled;
        let otlp = SignalSettings {
            endpoint: self.otlp_traces_endpoint.take(),
            headers: self.otlp_traces_headers.take(),
            timeout: self.otlp_traces_timeout,
            protocol: self.otlp_traces_protocol,
            compression: self.otlp_traces_compression,
            certificate: self.otlp_traces_certificate.take(),
            client_certificate: self.otlp_traces_client_certificate.take(),
            client_key: self.otlp_traces_client_key.take(),
        };
        let zipkin = ZipkinSettings { endpoint: self.zipkin_endpoint.take(), timeout: self.zipkin_timeout };
        let mut exporters = Vec::new();
        if is_on {
            let mut in_code = std::mem::take(&mut self.exporters_in_code);
            let is_traced = |target: &String| self.log_filter.would_enable(target, &Level::TRACE);
            if self.console_at_trace.as_ref().is_some_and(is_traced)
                && !in_code.contains(&TracesExporterName::Console)
            {
                in_code.push(TracesExporterName::Console);
            }
            let names = endpoints.trace_exporters(self.traces_exporter.take(), in_code, &otlp);
            exporters = endpoints.traces(&names, otlp, zipkin, said, problems);
        }
        match (self.trace_file.take(), self.trace_file_max_bytes) {
            (Some(path), max_bytes) => {
                exporters.push(TraceExporter::File { path, max_bytes: max_bytes.unwrap_or(DEFAULT_FILE) });
            }
            (None, Some(_)) => problems.push(Problem::NoEffect {
                variable: format!("{prefix}_TRACE_FILE_MAX_BYTES"),
                because: "no file is set that spans are written to",
            }),
            (None, None) => {}
        }
        let sampling = SamplingSettings {
            rate: self.sample_rate,
            limit: self.sample_limit,
            rules: self.sample_rules.take().unwrap_or_default(),
            sampler: self.sampler,
            argument: self.sampler_arg,
        };
        let spans = Queue {
            variables: ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
            queue: self.batch_queue,
            batch: self.batch_size,
            delay: self.batch_delay,
            export_timeout: self.batch_timeout,
        };
        let traces = Traces {
            filter: self.trace_filter.take().unwrap_or_else(|| info_and(&self.log_filter)),
            sampling: sampling.decide(said, prefix, problems),
            tail: decide_tail(self.keep_errors, self.keep_slower_than),
            exporters,
            spans: spans.decide(said.settings.batch_size.is_none(), problems),
            opentelemetry: self.opentelemetry,
        };
        is_on.then_some(traces)
    }

    fn recorder(&mut self, prefix: &str, problems: &mut Vec<Problem>) -> RecorderConfig {
        let path = self.recorder_path.take();
        let (endpoint, region) = (self.recorder_store_endpoint.take(), self.recorder_store_region.take());
        let store = self.recorder_store.take();
        let mut none = |suffix: &str, because| {
            problems
                .push(Problem::NoEffect { variable: format!("{prefix}_RECORDER_STORE{suffix}"), because });
        };
        if store.is_some() && path.is_none() {
            none("", "files are uploaded that recordings are written to, and none is set");
        }
        let is_s3 = store.as_ref().is_some_and(|address| address.starts_with("s3://"));
        for (suffix, is_set) in [("_ENDPOINT", endpoint.is_some()), ("_REGION", region.is_some())] {
            if is_set && !is_s3 {
                none(suffix, "recordings are not uploaded to an `s3://` address");
            }
        }
        RecorderConfig {
            path,
            file_time: self.recorder_file_time,
            store: store.map(|address| RecorderStore { address, endpoint, region }),
            panics: self.recorder_panics,
            signal: self.recorder_signal,
            sample: self.recorder_sample,
            delay: self.recorder_delay,
            queue_bytes: self.recorder_queue_bytes,
            recovery: self.recorder_recovery,
            memory_folder: self.recorder_memory_folder.take(),
            recover_as: self.recorder_recover_as.take(),
            enabled: self.recorder_enabled,
            file_bytes: self.recorder_file_bytes,
            total_bytes: self.recorder_total_bytes,
            flight: self.recorder_flight,
            flight_bytes: self.recorder_flight_bytes,
            quiet: self.recorder_quiet,
            long_poll: self.recorder_long_poll,
            queue_depth: self.recorder_queue_depth,
            starvation: self.recorder_starvation,
            task_dumps: self.recorder_task_dumps,
        }
    }

    fn recording(&self) -> Recording {
        let share = || Memory::part(self.memory_limit).min(LARGEST_RING);
        Recording {
            limits: Limits {
                attributes: self.span_attributes,
                attribute_length: self.attribute_length,
                events: self.span_events,
                links: self.span_links,
                event_attributes: self.event_attributes,
            },
            ring_bytes: self.ring_size.unwrap_or_else(share),
            immediate: self.immediate,
        }
    }

    fn logs_export(
        &mut self,
        endpoints: &Endpoints,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Vec<LogsExporter> {
        let otlp = SignalSettings {
            endpoint: self.otlp_logs_endpoint.take(),
            headers: self.otlp_logs_headers.take(),
            timeout: self.otlp_logs_timeout,
            protocol: self.otlp_logs_protocol,
            compression: self.otlp_logs_compression,
            certificate: self.otlp_logs_certificate.take(),
            client_certificate: self.otlp_logs_client_certificate.take(),
            client_key: self.otlp_logs_client_key.take(),
        };
        if self.sdk_disabled {
            return Vec::new();
        }
        let names = endpoints.log_exporters(self.logs_exporter.take(), &otlp);
        endpoints.logs(&names, otlp, said, problems)
    }

    fn logs_queue(&self, problems: &mut Vec<Problem>) -> QueueSettings {
        let logs = Queue {
            variables: ["OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"],
            queue: self.logs_batch_queue,
            batch: self.logs_batch_size,
            delay: self.logs_batch_delay,
            export_timeout: self.logs_batch_timeout,
        };
        logs.decide(false, problems)
    }

    fn metrics_export(
        &mut self,
        endpoints: &Endpoints,
        said: &Said<'_>,
        problems: &mut Vec<Problem>,
    ) -> Vec<MetricsExporter> {
        let otlp = SignalSettings {
            endpoint: self.otlp_metrics_endpoint.take(),
            headers: self.otlp_metrics_headers.take(),
            timeout: self.otlp_metrics_timeout,
            protocol: self.otlp_metrics_protocol,
            compression: self.otlp_metrics_compression,
            certificate: self.otlp_metrics_certificate.take(),
            client_certificate: self.otlp_metrics_client_certificate.take(),
            client_key: self.otlp_metrics_client_key.take(),
        };
        if self.sdk_disabled {
            return Vec::new();
        }
        let has_server = self.metrics_enabled && cfg!(feature = "server");
        endpoints.metrics(self.metrics_exporter.take(), (otlp, self.temporality), has_server, said, problems)
    }

    fn log_file(&self, said: &Said<'_>, prefix: &str, problems: &mut Vec<Problem>) -> LogFile {
        let bounds = [
            (self.log_file_max_bytes.is_some(), "MAX_BYTES"),
            (said.settings.log_file_rotation.is_some(), "ROTATION"),
            (said.settings.log_file_keep.is_some(), "KEEP"),
        ];
        let is_file = matches!(self.log_output, LogOutput::File(_));
        for (_, name) in bounds.into_iter().filter(|(is_set, _)| *is_set && !is_file) {
            problems.push(Problem::NoEffect {
                variable: format!("{prefix}_LOG_FILE_{name}"),
                because: "no file is set that log lines are written to",
            });
        }
        LogFile {
            max_bytes: self.log_file_max_bytes,
            rotation: self.log_file_rotation,
            keep: self.log_file_keep,
        }
    }

    fn server(&mut self, prefix: &str, problems: &[Problem]) -> Option<AdminServer> {
        // Whoever asks for a token does not want to be open to those without.
        let variable = format!("{prefix}_ADMIN_TOKEN");
        let is_bad = problems.iter().any(|problem| problem.is_about(&variable, "admin.token"));
        let server = AdminServer {
            address: decide_address(self.metrics_addr, self.metrics_port),
            socket: self.admin_socket.take(),
            token: self.admin_token.take().or_else(|| is_bad.then_some(Token(None))),
            changes: self.admin_changes,
            console: self.console_enabled,
        };
        self.metrics_enabled.then_some(server)
    }

    const fn measured(&self) -> Measured {
        Measured {
            process: self.process_metrics,
            runtimes: self.runtime_metrics,
            build: self.build_info,
            recorder: self.metrics_recorder,
            own_state: self.own_metrics,
            windows: self.rolling_windows,
        }
    }
}

/// What is said about a queue. `variables` are the queue's and the batch's.
struct Queue {
    variables: [&'static str; 2],
    queue: usize,
    batch: Option<usize>,
    delay: Duration,
    export_timeout: Duration,
}

impl Queue {
    /// A batch is not larger than the queue. Only who asked for a larger one is told.
    fn decide(self, in_code: bool, problems: &mut Vec<Problem>) -> QueueSettings {
        let Self { variables: [queue_variable, batch_variable], queue, batch, delay, export_timeout } = self;
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
fn info_and(logs: &TargetLevels) -> TargetLevels {
    let default = logs.default_level().map_or(LevelFilter::INFO, |level| level.max(LevelFilter::INFO));
    let beyond = |both: TargetLevels, (target, level): (&str, LevelFilter)| {
        both.with_target(target, level.max(LevelFilter::INFO))
    };
    logs.iter().fold(TargetLevels::of(default), beyond)
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
