//! From a builder to what runs.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tracing_subscriber::layer::SubscriberExt;

use super::push::Push;
use super::report::{print_lines, set_own_level};
use super::sources::Sources;
use super::{Builder, Guard, InstallError, Installed, Problem, exporters, last, report_all};
use crate::bridge;
#[cfg(feature = "server")]
use crate::config::AdminServer;
use crate::config::{
    self, Config, Environment, LogFormat, LogOutput, LogsExporter, MetricsExporter, Resolved, TargetLevels,
    TraceExporter, Traces,
};
#[cfg(feature = "console")]
use crate::console::{Console, Records};
use crate::export::console::{ConsoleExporter, ConsoleMetricExporter};
use crate::export::{LogExporter, MetricExporter, SpanExporter};
use crate::health::Health;
use crate::logs::{self, Lines, LogFile, Logging, Output};
use crate::registry::Registry;
#[cfg(feature = "server")]
use crate::server::{Access, Admin, Server, Socket};
use crate::signals::{self, Hooks};
use crate::span::{self, Exporters, PipelineSettings};

impl Builder {
    /// Starts the telemetry: reads the environment, registers every annotated function, starts the export of spans
    /// and metrics and the admin server, and sets the `tracing` subscriber.
    ///
    /// What can't be done as asked is printed to the standard error, is among [`Guard::problems`], and stops nothing.
    ///
    /// # Errors
    /// When the process has its telemetry already, and where the telemetry is [required](Builder::required), when
    /// something can't be done as asked.
    pub fn install(self) -> Result<Guard, InstallError> {
        self.install_in(&Environment::of_process())
    }

    /// What would be in force if this were installed now, and where each value comes from; with secrets hidden. The
    /// environment and the file are read, and nothing is started.
    ///
    /// ```
    /// let builder = spanwright::Telemetry::builder().service_name("shop");
    /// let name = builder.explain().keys().iter().find(|key| key.name() == "service.name").cloned();
    /// assert_eq!(name.unwrap().value(), "shop");
    /// ```
    #[must_use]
    pub fn explain(&self) -> config::Explanation {
        let environment = Environment::of_process();
        config::resolve(&self.prefix, self.code.clone(), &environment, &program_name()).explanation
    }

    /// Starts the telemetry of tests, which is the same wherever they run: the exporters' queues take all that the ring has
    /// room for.
    pub(crate) fn install_for_tests(self) -> Result<Guard, InstallError> {
        const QUEUES: [(&str, &str); 2] =
            [("OTEL_BSP_MAX_QUEUE_SIZE", "1000000"), ("OTEL_BLRP_MAX_QUEUE_SIZE", "1000000")];
        self.install_in(&Environment::from_iter(QUEUES))
    }

    /// Starts the telemetry as this environment says.
    pub(super) fn install_in(mut self, environment: &Environment) -> Result<Guard, InstallError> {
        if last::is_forked() {
            return Err(InstallError::Forked);
        }
        let installed = Installed::claim().ok_or(InstallError::AlreadyInstalled)?;
        let code = std::mem::take(&mut self.code);
        let Resolved { config, problems, explanation } =
            config::resolve(&self.prefix, code, environment, &program_name());
        set_own_level(config.own_level);
        if config.explain {
            print_lines(&explanation.to_string());
        }
        self.problems.extend(problems.into_iter().map(Problem::from));
        // The explanation has those of the configuration.
        let is_news = |problem: &&Problem| !(config.explain && matches!(problem, Problem::Config(_)));
        let stop_if_required = |problems: &mut Vec<Problem>| {
            let failed = problems.iter().position(|problem| config.required && !problem.is_warning());
            let Some(at) = failed else { return Ok(()) };
            let first = problems.remove(at);
            // Who mends one wants to know them all.
            report_all(problems.iter().filter(is_news));
            Err(InstallError::Required(first))
        };
        stop_if_required(&mut self.problems)?;
        // Dropped on the way, the guard stops what it has.
        let mut guard = self.start(&config, installed);
        if let Err(error) = stop_if_required(&mut guard.problems) {
            // Nothing was counted that is worth waiting for.
            std::mem::take(&mut guard.push).abandon();
            return Err(error);
        }
        if self.with_subscriber {
            let lines = lines(&config, environment, &mut guard.problems);
            stop_if_required(&mut guard.problems)?;
            Logging::of_process().set_lines(lines);
            if !set_subscriber() {
                guard.problems.push(Problem::Subscriber);
            }
            logs::log_records(config.log_records);
        }
        logs::put_in_force(config.log_filter.clone());
        logs::log_panics(config.log_panics);
        report_all(guard.problems.iter().filter(is_news));
        super::set_explanation(explanation);
        Ok(guard)
    }

    /// Starts everything but the subscriber, which can't be taken back.
    fn start(&mut self, config: &Config, installed: Installed) -> Guard {
        let service = config.resource("service.name").unwrap_or_default().to_owned();
        let version = config.resource("service.version").map(str::to_owned);
        let mut checks = std::mem::take(&mut self.checks);
        #[cfg(feature = "recorder")]
        checks.extend(self.wants_recorder(config).then(crate::recorder::health_check));
        #[cfg(not(feature = "recorder"))]
        let _ = &mut checks;
        let mut guard = Guard {
            health: Arc::new(Health::new(service, version, checks)),
            pipeline: None,
            push: Push::default(),
            #[cfg(feature = "recorder")]
            recorder: None,
            #[cfg(feature = "server")]
            server: None,
            handles_signals: false,
            problems: std::mem::take(&mut self.problems),
            timeout: config.shutdown_timeout,
            drain_period: Duration::ZERO,
            sources: Sources::default(),
            _installed: installed,
        };
        last::watch_forks();
        spanwright_core::cells::limit_own_pages(config.memory.own_pages);
        spanwright_core::carried::limit(config.memory.carried);
        crate::attribute::set_key(config.redaction_key.clone());
        crate::component::configure(config.components.clone());
        crate::registry::set_exemplars(config.exemplars);
        crate::propagation::set_formats(&config.propagators);
        crate::call::register_all();
        guard.problems.extend(Registry::global().conflicts().into_iter().map(Problem::Metric));
        guard.sources = Sources::start(config, &mut guard.problems);
        self.start_pipeline(config, &mut guard);
        self.start_recorder(config, &mut guard);
        let mut registries = vec![Registry::global().clone()];
        registries.append(&mut self.registries);
        self.start_push(config, &registries, &mut guard);
        #[cfg(feature = "server")]
        self.start_server(config, registries, &mut guard);
        if guard.metrics_addr().is_some() {
            // Elsewhere nobody sees that the program is not ready any more.
            guard.drain_period = config.drain_period;
        }
        last::set_flush(flush_of(&guard));
        if self.handle_signals {
            guard.handles_signals = true;
            if let Err(error) = signals::handle(hooks(&guard)) {
                guard.problems.push(Problem::Signals(error));
            }
        }
        guard
    }

    /// Starts recording. Without exporters too: log lines carry the ids of spans. Without spans too, where log records are
    /// exported.
    fn start_pipeline(&mut self, config: &Config, guard: &mut Guard) {
        let logs = self.log_exporters(config, &mut guard.problems);
        let mut exporters = Exporters { spans: Vec::new(), logs };
        if let Some(traces) = &config.traces {
            exporters.spans = self.span_exporters(&config.resource, traces, &mut guard.problems);
            span::set_sampling(&traces.sampling, traces.tail.is_some());
        } else if exporters.logs.is_empty() {
            return;
        }
        let nothing = TargetLevels::default();
        span::set_filter(config.traces.as_ref().map_or(nothing, |traces| traces.filter.clone()));
        let settings = PipelineSettings {
            recording: config.recording,
            memory: config.memory,
            ring_variable: format!("{}_RING_SIZE", self.prefix),
            spans: config.traces.as_ref().map_or(config.logs_queue, |traces| traces.spans),
            logs: config.logs_queue,
            tail: config.traces.as_ref().and_then(|traces| traces.tail),
        };
        match span::start(settings, exporters) {
            Ok(pipeline) => {
                if config.measured.own_state {
                    guard.sources.add_own_state(&pipeline);
                }
                guard.pipeline = Some(pipeline);
                if config.traces.as_ref().is_some_and(|traces| traces.opentelemetry) {
                    guard.problems.extend(bridge::join().err());
                }
            }
            Err(error) => guard.problems.push(Problem::Pipeline(error)),
        }
    }

    /// The program's own exporters of spans, and those that were asked for by name.
    fn span_exporters(
        &mut self,
        resource: &[(String, String)],
        traces: &Traces,
        problems: &mut Vec<Problem>,
    ) -> Vec<Box<dyn SpanExporter>> {
        let mut all = std::mem::take(&mut self.exporters);
        for decided in &traces.exporters {
            let (exporter, made) = match decided {
                TraceExporter::Otlp(otlp) => ("otlp", exporters::otlp_exporter(otlp, resource)),
                TraceExporter::Zipkin(zipkin) => ("zipkin", exporters::zipkin_exporter(zipkin, resource)),
                TraceExporter::Console => {
                    ("console", Ok(Box::new(ConsoleExporter::stdout()) as Box<dyn SpanExporter>))
                }
                TraceExporter::Stdout => ("otlp/stdout", exporters::stdout_exporter(resource)),
                TraceExporter::File { path, max_bytes } => {
                    ("file", exporters::file_exporter(path, *max_bytes, resource))
                }
            };
            match made {
                Ok(made) => all.push(made),
                Err(reason) => problems.push(Problem::Exporter { what: "spans", exporter, reason }),
            }
        }
        all
    }

    /// The program's own exporters of log records, and those that were asked for by name.
    fn log_exporters(&mut self, config: &Config, problems: &mut Vec<Problem>) -> Vec<Box<dyn LogExporter>> {
        let mut all = std::mem::take(&mut self.log_exporters);
        for decided in &config.logs_export {
            let (exporter, made) = match decided {
                LogsExporter::Otlp(otlp) => ("otlp", exporters::otlp_log_exporter(otlp, &config.resource)),
                LogsExporter::Stdout => ("otlp/stdout", exporters::stdout_log_exporter(&config.resource)),
            };
            match made {
                Ok(made) => all.push(made),
                Err(reason) => problems.push(Problem::Exporter { what: "log records", exporter, reason }),
            }
        }
        all
    }

    /// Starts the program's own exporters of metrics, and those that were asked for by name.
    fn start_push(&mut self, config: &Config, registries: &[Registry], guard: &mut Guard) {
        let mut all = std::mem::take(&mut self.metric_exporters);
        for decided in &config.metrics_export {
            let (exporter, made) = match decided {
                MetricsExporter::Otlp(otlp, temporality) => {
                    ("otlp", exporters::otlp_metric_exporter(otlp, *temporality, &config.resource))
                }
                MetricsExporter::Console => {
                    ("console", Ok(Box::new(ConsoleMetricExporter::stdout()) as Box<dyn MetricExporter>))
                }
                MetricsExporter::Stdout(temporality) => {
                    ("otlp/stdout", exporters::stdout_metric_exporter(*temporality, &config.resource))
                }
            };
            match made {
                Ok(made) => all.push(made),
                Err(reason) => guard.problems.push(Problem::Exporter { what: "metrics", exporter, reason }),
            }
        }
        match Push::start(config.metrics_push, registries, all) {
            Ok(push) => guard.push = push,
            Err(error) => guard.problems.push(Problem::Push(error)),
        }
    }

    #[cfg(feature = "server")]
    fn start_server(&mut self, config: &Config, registries: Vec<Registry>, guard: &mut Guard) {
        let Some(AdminServer { address, socket, token, changes, console }) = config.server.clone() else {
            return;
        };
        let mut registries = registries;
        registries.push(guard.sources.page());
        let access = Access {
            is_local: address.ip().to_canonical().is_loopback(),
            token,
            changes,
            prefix: self.prefix.clone(),
        };
        #[cfg(feature = "console")]
        let console = console.then(|| {
            let records = Records { traces: config.traces.is_some(), logs: guard.pipeline.is_some() };
            let pipeline = guard.pipeline.clone();
            Arc::new(Console::new(Arc::clone(&guard.health), registries.clone(), pipeline, records))
        });
        #[cfg(not(feature = "console"))]
        let _ = console;
        let admin = Admin {
            health: Arc::clone(&guard.health),
            registries,
            access,
            #[cfg(feature = "console")]
            console,
        };
        let socket = socket.and_then(|path| match Socket::bind(&path) {
            Ok(socket) => Some(socket),
            Err(source) => {
                guard.problems.push(Problem::Socket { path, prefix: self.prefix.clone(), source });
                None
            }
        });
        match Server::start(address, socket, admin) {
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

/// What a signal does to this telemetry.
fn hooks(guard: &Guard) -> Hooks {
    let health = Arc::clone(&guard.health);
    Hooks {
        announce: Box::new(move || health.shut_down()),
        drain: guard.drain_period,
        flush: Box::new(flush_of(guard)),
    }
}

/// Exports what this telemetry has, within its time, where the process ends.
fn flush_of(guard: &Guard) -> impl Fn() + Send + Sync + use<> {
    let (pipeline, push, timeout) = (guard.pipeline.clone(), guard.push.clone(), guard.timeout);
    move || {
        let asked = push.ask(timeout);
        #[cfg(feature = "recorder")]
        crate::recorder::stop_last(timeout);
        if let Some(pipeline) = &pipeline {
            pipeline.flush(timeout);
            pipeline.report_undelivered(timeout);
        }
        asked.wait();
        push.report_undelivered(timeout);
    }
}

/// Whether the global subscriber is ours: it stays when its telemetry ends, and serves the next one.
static OURS: AtomicBool = AtomicBool::new(false);

/// How log lines are written, as decided; to the standard output where the file can't be opened.
fn lines(config: &Config, environment: &Environment, problems: &mut Vec<Problem>) -> Lines {
    let (output, terminal) = match &config.log_output {
        LogOutput::Stdout => (Output::Stdout, io::stdout().is_terminal()),
        LogOutput::Stderr => (Output::Stderr, io::stderr().is_terminal()),
        LogOutput::File(path) => match LogFile::open(path.clone(), config.log_file, SystemTime::now) {
            Ok(file) => (Output::File(file), false),
            Err(source) => {
                problems.push(Problem::LogFile { path: path.clone(), source });
                (Output::Stdout, io::stdout().is_terminal())
            }
        },
    };
    let by_output = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    Lines {
        format: config.log_format.unwrap_or(by_output),
        pattern: config.log_pattern.clone(),
        // <https://no-color.org>
        colours: terminal && environment.get("NO_COLOR").is_none(),
        keys: config.log_json_keys.clone(),
        clock: SystemTime::now,
        output,
    }
}

/// Sets the global subscriber; `false` where there is one that is not ours.
fn set_subscriber() -> bool {
    let subscriber =
        tracing_subscriber::registry().with(span::layer()).with(logs::layer(Logging::of_process()));
    if tracing::subscriber::set_global_default(span::Answering::new(subscriber)).is_ok() {
        OURS.store(true, Ordering::Relaxed);
    }
    OURS.load(Ordering::Relaxed)
}
