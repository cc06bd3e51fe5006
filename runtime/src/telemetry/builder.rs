//! What a program says in code. The environment wins over it.

mod export;
mod measured;
mod sampling;

use std::fmt::{self, Display};
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use super::Problem;
use crate::Secret;
use crate::config::{self, Filter, HashKey, LogFormat, Propagators, RingBytes, Settings};
use crate::export::{LogExporter, MetricExporter, SpanExporter};
use crate::health::Check;
use crate::registry::Registry;

/// Says what telemetry there is to be; [`Builder::install`] starts it. Everything has a default, and the
/// environment wins over all of it.
#[must_use = "nothing happens until `install`"]
pub struct Builder {
    pub(super) prefix: String,
    pub(super) code: Settings,
    pub(super) problems: Vec<Problem>,
    pub(super) exporters: Vec<Box<dyn SpanExporter>>,
    pub(super) log_exporters: Vec<Box<dyn LogExporter>>,
    pub(super) metric_exporters: Vec<Box<dyn MetricExporter>>,
    pub(super) checks: Vec<Check>,
    pub(super) registries: Vec<Registry>,
    pub(super) handle_signals: bool,
    pub(super) with_subscriber: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            prefix: config::DEFAULT_PREFIX.to_owned(),
            code: Settings::default(),
            problems: Vec::new(),
            exporters: Vec::new(),
            log_exporters: Vec::new(),
            metric_exporters: Vec::new(),
            checks: Vec::new(),
            registries: Vec::new(),
            handle_signals: false,
            with_subscriber: true,
        }
    }
}

impl Builder {
    /// The prefix of the variables that are read, without the `_` after it: `PERSIST` for `PERSIST_LOG_FORMAT`.
    /// `SPANWRIGHT` by default, and where it is empty.
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        let prefix = prefix.as_ref().trim_end_matches('_');
        self.prefix = if prefix.is_empty() { config::DEFAULT_PREFIX } else { prefix }.to_owned();
        self
    }

    /// The service's name. By default the program's, after `unknown_service:`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.code.service_name = Some(name.into());
        self
    }

    /// The service's version, as in `env!("CARGO_PKG_VERSION")`. It is exported and shown by `/health`.
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.resource_attribute("service.version", version)
    }

    /// Another attribute of the resource: of all that this process exports. One whose name is that of a secret,
    /// `db.password` say, is exported as `REDACTED`, with a [`Problem`] that is a warning.
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, mut value) = (key.into(), value.into());
        if let Some(remark) = config::redacted(&key) {
            self.problems.push(Problem::CodeRemark { method: "resource_attribute", remark });
            value = config::REDACTED.to_owned();
        }
        self.code.resource_attributes.get_or_insert_default().push((key, value));
        self
    }

    /// How log lines look. By default pretty on a terminal, JSON elsewhere.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.code.log_format = Some(format);
        self
    }

    /// Which events are logged, as in `RUST_LOG`: `info,my_crate::db=debug`. `info` by default. A filter that can't
    /// be read is a [`Problem`] and ignored.
    pub fn log_filter(mut self, filter: &str) -> Self {
        self.code.log_filter = self.parsed("log_filter", config::parse::<Filter>(filter));
        self
    }

    /// Which spans are recorded, written as [`Builder::log_filter`]. By default those of level `info` and above, and
    /// what the filter of the logs lets through beyond it. A filter that can't be read is a [`Problem`] and ignored.
    pub fn trace_filter(mut self, filter: &str) -> Self {
        self.code.trace_filter = self.parsed("trace_filter", config::parse::<Filter>(filter));
        self
    }

    /// How traces and baggage go through headers, as in `OTEL_PROPAGATORS`: `tracecontext,baggage` by default. See
    /// [`propagation`](crate::propagation). A list that can't be read is a [`Problem`] and ignored.
    pub fn propagators(mut self, list: &str) -> Self {
        self.code.propagators = self.parsed("propagators", config::parse::<Propagators>(list));
        self
    }

    /// Where the admin server listens; `127.0.0.1:9090` by default. With port 0 the system chooses one, which
    /// [`Guard::metrics_addr`](super::Guard::metrics_addr) tells. Nobody is asked for a password: think twice before
    /// it is more than loopback. Without the feature `server` there is none.
    pub fn metrics_addr(mut self, address: impl Into<SocketAddr>) -> Self {
        self.code.metrics_addr = Some(address.into().into());
        self
    }

    /// Whether there is an admin server at all; there is by default.
    pub fn metrics_enabled(mut self, enabled: bool) -> Self {
        self.code.metrics_enabled = Some(enabled);
        self
    }

    /// Shows the metrics of another registry at `/metrics` too, after those of the default one, and pushes them where
    /// metrics are pushed.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registries.push(registry.clone());
        self
    }

    /// Adds a health check, with a second to answer: see [`Check::new`]. It replaces an earlier one of its name.
    pub fn health_check<F, Fut, E>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.check(Check::new(name, check))
    }

    /// Adds a health check with a limit of its own. It replaces an earlier one of its name.
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Whether the program must not start without its telemetry: then the first problem that is not a warning is
    /// [`InstallError::Required`](super::InstallError::Required). Not by default.
    pub fn required(mut self, required: bool) -> Self {
        self.code.required = Some(required);
        self
    }

    /// The key of the hashes that stand for attributes with `redact = hash`, so that programs agree on them: at least 16
    /// bytes, and as hard to guess as a password. A random one in each process by default. A shorter one is a [`Problem`]
    /// and ignored.
    pub fn redaction_key(mut self, key: &Secret<String>) -> Self {
        self.code.redaction_key = self.parsed("redaction_key", config::parse::<HashKey>(key.expose()));
        self
    }

    /// The size of the telemetry ring buffer, in which spans and events wait, in bytes: from 262,144 (256 KiB) to
    /// 268,435,456 (256 MiB). 16 MiB by default. Anything else is a [`Problem`] and ignored.
    pub fn ring_size(mut self, bytes: usize) -> Self {
        self.code.ring_size = self.parsed("ring_size", config::parse::<RingBytes>(&bytes.to_string()));
        self
    }

    /// Whether the global tracer and context of the `opentelemetry` API are ours, so that spans of libraries that use
    /// it are part of our traces. Not by default; needs the feature `opentelemetry`.
    pub fn opentelemetry(mut self, bridged: bool) -> Self {
        self.code.opentelemetry = Some(bridged);
        self
    }

    /// How long the end of the program, and [`Guard::flush`](super::Guard::flush), may wait for what is not
    /// exported yet. 5 seconds by default.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.code.shutdown_timeout = Some(timeout);
        self
    }

    /// Handles SIGTERM and SIGINT: `/ready` is turned off, spans are flushed, and the program ends by the signal; or,
    /// where a [`ShutdownToken`](crate::ShutdownToken) was taken, only the token fires. On Unix; nothing happens on
    /// other platforms. Not by default, but `#[spanwright::main]` does it.
    pub fn handle_signals(mut self) -> Self {
        self.handle_signals = true;
        self
    }

    /// Whether to set the global `tracing` subscriber, which writes log lines and records other crates' spans. Say
    /// `false` where the program sets its own, and add [`layer`](crate::layer) to that. `true` by default.
    pub fn with_subscriber(mut self, with: bool) -> Self {
        self.with_subscriber = with;
        self
    }

    /// Keeps a good argument, and reports a bad one.
    fn parsed<T>(&mut self, method: &'static str, result: Result<T, String>) -> Option<T> {
        let wrong = |reason| self.problems.push(Problem::Code { method, reason });
        result.map_err(wrong).ok()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exporters: Vec<_> = self.exporters.iter().map(|exporter| exporter.name()).collect();
        let log_exporters: Vec<_> = self.log_exporters.iter().map(|exporter| exporter.name()).collect();
        let metric_exporters: Vec<_> = self.metric_exporters.iter().map(|exporter| exporter.name()).collect();
        f.debug_struct("Builder")
            .field("prefix", &self.prefix)
            .field("code", &self.code)
            .field("exporters", &exporters)
            .field("log_exporters", &log_exporters)
            .field("metric_exporters", &metric_exporters)
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}
