//! From a builder to what runs.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use tracing_subscriber::layer::SubscriberExt;

use super::{Builder, Guard, InstallError, Installed, Problem, report_all};
use crate::config::{
    Config, Environment, LogFormat, LogsExporter, Otlp, RootSampling, TraceExporter, Traces, Zipkin,
};
use crate::export::{LogExporter, SpanExporter};
use crate::health::Health;
use crate::logs::{self, LogStyle};
use crate::registry::Registry;
use crate::signals::{self, Hooks};
use crate::span::{self, PipelineHandle, PipelineSettings, Sampler};

impl Builder {
    /// Starts the telemetry: reads the environment, registers every annotated function, starts the export of spans
    /// and the admin server, and sets the `tracing` subscriber.
    ///
    /// What can't be done as asked is printed to the standard error, is among [`Guard::problems`], and stops nothing.
    ///
    /// # Errors
    /// When the process has its telemetry already, and where the telemetry is [required](Builder::required), when
    /// something can't be done as asked.
    pub fn install(self) -> Result<Guard, InstallError> {
        self.install_in(&Environment::of_process())
    }

    /// Starts the telemetry as this environment says.
    pub(super) fn install_in(mut self, environment: &Environment) -> Result<Guard, InstallError> {
        let installed = Installed::claim().ok_or(InstallError::AlreadyInstalled)?;
        let code = std::mem::take(&mut self.code);
        let (config, problems) = Config::resolve(&self.prefix, code, environment, &program_name());
        self.problems.extend(problems.into_iter().map(Problem::from));
        let stop_if_required = |problems: &mut Vec<Problem>| {
            let failed = problems.iter().position(|problem| config.required && !problem.is_warning());
            failed.map_or(Ok(()), |at| Err(InstallError::Required(problems.swap_remove(at))))
        };
        stop_if_required(&mut self.problems)?;
        // Dropped on the way, the guard stops what it has.
        let mut guard = self.start(&config, installed);
        stop_if_required(&mut guard.problems)?;
        if self.with_subscriber && !set_subscriber(&config, environment) {
            guard.problems.push(Problem::Subscriber);
        }
        report_all(&guard.problems);
        Ok(guard)
    }

    /// Starts everything but the subscriber, which can't be taken back.
    fn start(&mut self, config: &Config, installed: Installed) -> Guard {
        let service = config.resource("service.name").unwrap_or_default().to_owned();
        let version = config.resource("service.version").map(str::to_owned);
        let checks = std::mem::take(&mut self.checks);
        let mut guard = Guard {
            health: Arc::new(Health::new(service, version, checks)),
            pipeline: None,
            #[cfg(feature = "server")]
            server: None,
            handles_signals: false,
            problems: std::mem::take(&mut self.problems),
            timeout: config.shutdown_timeout,
            _installed: installed,
        };
        crate::call::register_all();
        guard.problems.extend(Registry::global().conflicts().into_iter().map(Problem::Metric));
        if let Some(traces) = &config.traces {
            let exporters = self.span_exporters(&config.resource, traces, &mut guard.problems);
            let log_exporters = self.log_exporters(config, &mut guard.problems);
            match start_pipeline(traces, exporters, log_exporters) {
                Ok(pipeline) => guard.pipeline = Some(pipeline),
                Err(error) => guard.problems.push(Problem::Pipeline(error)),
            }
        }
        #[cfg(feature = "server")]
        self.start_server(config, &mut guard);
        if self.handle_signals {
            guard.handles_signals = true;
            if let Err(error) = signals::handle(hooks(&guard)) {
                guard.problems.push(Problem::Signals(error));
            }
        }
        guard
    }

    /// The program's own exporters of spans, and those that were asked for by name.
    fn span_exporters(
        &mut self,
        resource: &[(String, String)],
        traces: &Traces,
        problems: &mut Vec<Problem>,
    ) -> Vec<Box<dyn SpanExporter>> {
        let mut exporters = std::mem::take(&mut self.exporters);
        for decided in &traces.exporters {
            let (exporter, made) = match decided {
                TraceExporter::Otlp(otlp) => ("otlp", otlp_exporter(otlp, resource)),
                TraceExporter::Zipkin(zipkin) => ("zipkin", zipkin_exporter(zipkin, resource)),
                TraceExporter::Console => ("console", console_exporter()),
                TraceExporter::Stdout => ("otlp/stdout", stdout_exporter(resource)),
                TraceExporter::File { path, max_bytes } => {
                    ("file", file_exporter(path, *max_bytes, resource))
                }
            };
            match made {
                Ok(made) => exporters.push(made),
                Err(reason) => problems.push(Problem::Exporter { what: "spans", exporter, reason }),
            }
        }
        exporters
    }

    /// The program's own exporters of log records, and those that were asked for by name.
    fn log_exporters(&mut self, config: &Config, problems: &mut Vec<Problem>) -> Vec<Box<dyn LogExporter>> {
        let mut exporters = std::mem::take(&mut self.log_exporters);
        for decided in &config.logs_export {
            let (exporter, made) = match decided {
                LogsExporter::Otlp(otlp) => ("otlp", otlp_log_exporter(otlp, &config.resource)),
                LogsExporter::Stdout => ("otlp/stdout", stdout_log_exporter(&config.resource)),
            };
            match made {
                Ok(made) => exporters.push(made),
                Err(reason) => problems.push(Problem::Exporter { what: "log records", exporter, reason }),
            }
        }
        exporters
    }

    #[cfg(feature = "server")]
    fn start_server(&mut self, config: &Config, guard: &mut Guard) {
        let Some(address) = config.server else { return };
        let mut registries = vec![Registry::global().clone()];
        registries.append(&mut self.registries);
        let admin = crate::server::Admin { health: Arc::clone(&guard.health), registries };
        match crate::server::Server::start(address, admin) {
            Ok(server) => {
                super::set_address(Some(server.address()));
                guard.server = Some(server);
            }
            Err(source) => {
                guard.problems.push(Problem::Server { address, prefix: self.prefix.clone(), source });
            }
        }
    }
}

/// The program's name, for a service that has none.
fn program_name() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_stem);
    name.map_or_else(|| "rust".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A resource, as exporters take it.
type Resource<'a> = &'a [(String, String)];
type Made<T> = Result<Box<T>, String>;

#[cfg(feature = "otlp")]
fn otlp_settings(otlp: &Otlp, resource: Resource<'_>) -> crate::export::otlp::OtlpSettings {
    use crate::config::{OtlpCompression, OtlpProtocol};
    use crate::export::otlp;

    otlp::OtlpSettings {
        endpoint: otlp.endpoint.as_str().to_owned(),
        headers: otlp.headers.0.clone(),
        timeout: otlp.timeout,
        resource: resource.to_vec(),
        protocol: match otlp.protocol {
            OtlpProtocol::HttpProtobuf => otlp::OtlpProtocol::HttpProtobuf,
            OtlpProtocol::Grpc => otlp::OtlpProtocol::Grpc,
        },
        compression: match otlp.compression {
            OtlpCompression::None => otlp::Compression::None,
            OtlpCompression::Gzip => otlp::Compression::Gzip,
        },
        certificate: otlp.certificate.clone(),
        client_certificate: otlp.client.as_ref().map(|client| client.certificate.clone()),
        client_key: otlp.client.as_ref().map(|client| client.key.clone()),
    }
}

#[cfg(feature = "otlp")]
fn otlp_exporter(otlp: &Otlp, resource: Resource<'_>) -> Made<dyn SpanExporter> {
    match crate::export::otlp::OtlpExporter::new(otlp_settings(otlp, resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(feature = "otlp")]
fn otlp_log_exporter(otlp: &Otlp, resource: Resource<'_>) -> Made<dyn LogExporter> {
    match crate::export::otlp::OtlpLogExporter::new(otlp_settings(otlp, resource)) {
        Ok(exporter) => Ok(Box::new(exporter)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(not(feature = "otlp"))]
const NO_OTLP: &str = "this program is built without the feature `otlp` of `spanwright`";

#[cfg(not(feature = "otlp"))]
fn otlp_exporter(_otlp: &Otlp, _resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err(NO_OTLP.to_owned())
}

#[cfg(not(feature = "otlp"))]
fn otlp_log_exporter(_otlp: &Otlp, _resource: Resource<'_>) -> Made<dyn LogExporter> {
    Err(NO_OTLP.to_owned())
}

/// What those say that have no exporter yet.
const NOT_JOINED: &str = "this version of `spanwright` does not have that exporter";

// joined when the exporters' branch is merged
fn zipkin_exporter(_zipkin: &Zipkin, _resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err(NOT_JOINED.to_owned())
}

// joined when the exporters' branch is merged
fn console_exporter() -> Made<dyn SpanExporter> {
    Err(NOT_JOINED.to_owned())
}

// joined when the exporters' branch is merged
fn stdout_exporter(_resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err(NOT_JOINED.to_owned())
}

// joined when the exporters' branch is merged
fn stdout_log_exporter(_resource: Resource<'_>) -> Made<dyn LogExporter> {
    Err(NOT_JOINED.to_owned())
}

// joined when the exporters' branch is merged
fn file_exporter(_path: &Path, _max_bytes: u64, _resource: Resource<'_>) -> Made<dyn SpanExporter> {
    Err(NOT_JOINED.to_owned())
}

/// Starts recording. Without exporters too: log lines carry the ids of spans.
fn start_pipeline(
    traces: &Traces,
    exporters: Vec<Box<dyn SpanExporter>>,
    // joined when the pipeline's branch is merged, also where only log records are exported
    _log_exporters: Vec<Box<dyn LogExporter>>,
) -> io::Result<PipelineHandle> {
    span::set_filter(traces.filter.clone());
    span::set_sampler(sampler(traces.sampling.root));
    let settings = PipelineSettings {
        queue: traces.spans.queue,
        batch: traces.spans.batch,
        delay: traces.spans.delay,
        export_timeout: traces.spans.export_timeout,
    };
    span::start(settings, exporters)
}

// joined when the pipeline's branch is merged: the limit, the rules, parents and the tail policy
fn sampler(root: RootSampling) -> Sampler {
    if root == RootSampling::ALWAYS_ON {
        Sampler::AlwaysOn
    } else if root == RootSampling::ALWAYS_OFF {
        Sampler::AlwaysOff
    } else {
        Sampler::Ratio(root.ratio)
    }
}

/// What a signal does to this telemetry.
fn hooks(guard: &Guard) -> Hooks {
    let (health, pipeline, timeout) = (Arc::clone(&guard.health), guard.pipeline.clone(), guard.timeout);
    let flush = move || {
        if let Some(pipeline) = &pipeline {
            pipeline.flush(timeout);
            pipeline.report_undelivered(timeout);
        }
    };
    Hooks { announce: Box::new(move || health.shut_down()), flush: Box::new(flush) }
}

/// Whether the global subscriber is ours: it stays when its telemetry ends, and serves the next one.
static OURS: AtomicBool = AtomicBool::new(false);

/// Sets the global subscriber; `false` where there is one that is not ours.
fn set_subscriber(config: &Config, environment: &Environment) -> bool {
    let terminal = io::stdout().is_terminal();
    let by_output = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    let style = LogStyle {
        format: config.log_format.unwrap_or(by_output),
        // <https://no-color.org>
        colours: terminal && environment.get("NO_COLOR").is_none(),
        clock: SystemTime::now,
    };
    let subscriber = tracing_subscriber::registry().with(span::layer()).with(logs::layer(
        style,
        config.log_filter.clone(),
        io::stdout,
    ));
    if tracing::subscriber::set_global_default(subscriber).is_ok() {
        OURS.store(true, Ordering::Relaxed);
    }
    OURS.load(Ordering::Relaxed)
}
