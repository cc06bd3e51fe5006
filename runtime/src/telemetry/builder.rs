//! What a program says in code. The environment wins over it.

mod export;
mod logs;
mod measured;
mod sampling;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Problem;
use crate::Secret;
use crate::config::{
    self, AdminToken, Filter, HashKey, Kind, MemoryBytes, Propagators, RingBytes, Settings, Token,
};
use crate::export::{LogExporter, MetricExporter, SpanExporter};
use crate::health::{self, Check, FieldValue, HealthStatus};
use crate::registry::Registry;

/// Says what telemetry there is to be; [`Builder::install`] starts it. Everything has a default, and the
/// environment wins over all of it.
#[must_use = "nothing happens until `install`"]
pub struct Builder {
    pub(super) prefix: String,
    pub(crate) code: Settings,
    pub(super) problems: Vec<Problem>,
    pub(super) exporters: Vec<Box<dyn SpanExporter>>,
    pub(super) log_exporters: Vec<Box<dyn LogExporter>>,
    pub(super) metric_exporters: Vec<Box<dyn MetricExporter>>,
    pub(super) checks: Vec<Check>,
    pub(super) registries: Vec<Registry>,
    pub(super) handle_signals: bool,
    pub(super) with_subscriber: bool,
    #[cfg(feature = "recorder")]
    pub(super) recorder: Option<crate::recorder::Recorder>,
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
            #[cfg(feature = "recorder")]
            recorder: None,
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

    /// A file with more of the configuration, in TOML: see [`config`](crate::config#the-file). It wins over what is said
    /// here, and the environment over it; `<PREFIX>_CONFIG` names another one in its place. One that can't be read is a
    /// [`Problem`]. None by default. Needs the feature `toml`.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.code.config_file = Some(path.into());
        self
    }

    /// Says that the [file](Builder::config_file) is also the program's own: keys and tables at its top that are not ours are
    /// let be, with a warning where one is nearly ours. By default they are mistakes.
    pub fn shares_config_file(mut self) -> Self {
        self.code.file_is_shared = true;
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

    /// Which spans are recorded, written as [`Builder::log_filter`]. By default those of level `info` and above, and
    /// what the filter of the logs lets through beyond it. A filter that can't be read is a [`Problem`] and ignored.
    pub fn trace_filter(mut self, filter: &str) -> Self {
        self.code.trace_filter = self.read::<Filter>("trace_filter", filter);
        self
    }

    /// How traces and baggage go through headers, as in `OTEL_PROPAGATORS`: `tracecontext,baggage` by default. See
    /// [`propagation`](crate::propagation). A list that can't be read is a [`Problem`] and ignored.
    pub fn propagators(mut self, list: &str) -> Self {
        self.code.propagators = self.parsed("propagators", config::parse::<Propagators>(list));
        self
    }

    /// Where the admin server listens; `127.0.0.1:9090` by default. With port 0 the system chooses one, which
    /// [`Guard::metrics_addr`](super::Guard::metrics_addr) tells. Metrics, health and probes are for whoever reaches it; the
    /// rest, off loopback, is for those who show the [token](Self::admin_token). Without the feature `server` there is none.
    pub fn metrics_addr(mut self, address: impl Into<SocketAddr>) -> Self {
        self.code.metrics_addr = Some(address.into().into());
        self
    }

    /// Whether there is an admin server at all; there is by default.
    pub fn metrics_enabled(mut self, enabled: bool) -> Self {
        self.code.metrics_enabled = Some(enabled);
        self
    }

    /// What is to be shown as `authorization: Bearer …` to see what the admin server has besides metrics, health and probes:
    /// at least 16 visible ASCII characters. Without it, only this machine sees that, and only where the server listens on
    /// loopback. Another one is a [`Problem`], and nobody's: over TCP nobody sees that then.
    pub fn admin_token(mut self, token: &Secret<String>) -> Self {
        let token = self.parsed("admin_token", config::parse::<AdminToken>(token.expose()));
        self.code.admin_token = Some(token.unwrap_or(Token(None)));
        self
    }

    /// Listens at a Unix socket too, whose owner sees everything. It is made with mode 0600 and removed at the end.
    pub fn admin_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.code.admin_socket = Some(path.into());
        self
    }

    /// Whether the admin server lets this machine change the program while it runs, by a PUT: `on` or `off` to `/telemetry`,
    /// `info,my_crate::db=debug` to `/log-level`, `cache=off,http=spans` to `/components`; `on`, `off` or `dump` to
    /// `/recorder`. Not by default. A GET shows what is so now, and `/config` what was configured and where.
    pub fn admin_changes(mut self, allowed: bool) -> Self {
        self.code.admin_changes = Some(allowed);
        self
    }

    /// Whether the admin server has the live console at `/`; it has by default. Needs the feature `console`, and costs nothing while
    /// nobody looks.
    pub fn console_enabled(mut self, enabled: bool) -> Self {
        self.code.console_enabled = Some(enabled);
        self
    }

    /// Shows the metrics of another registry at `/metrics` too, after those of the default one, and pushes them where
    /// metrics are pushed.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registries.push(registry.clone());
        self
    }

    /// Adds a health check, with a second to answer: see [`Check::new`]. It replaces an earlier one of its name.
    pub fn health_check<F, Fut>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Into<HealthStatus>> + Send + 'static,
    {
        self.check(Check::new(name, check))
    }

    /// Adds a health check with a limit of its own. It replaces an earlier one of its name.
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Shows a value in the JSON of `/health`, asked for each time: see [`health::show_with`](crate::health::show_with).
    pub fn health_field<V: Into<FieldValue>>(
        self,
        name: impl Into<String>,
        ask: impl Fn() -> V + Send + Sync + 'static,
    ) -> Self {
        health::show_with(name, ask);
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

    /// The most memory of the telemetry, in bytes: from 33,554,432 (32 MiB) to 2,147,483,648 (2 GiB). 128 MiB by default. The
    /// shared values of metrics and the texts of their labels, of which there are as many as the program declares, and the
    /// request that each exporter is sending come on top. Anything else is a [`Problem`] and ignored.
    ///
    /// 16 MiB of it are for open spans. The rest has eight parts: the ring buffer; two for what has been read from it; traces
    /// that are not decided yet; events whose spans are open; what waits for exporters; what traces [carry](crate::propagation); and
    /// values of metrics that threads have of their own. What does not fit is dropped and counted, but for those values, which are shared then.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.code.memory_limit =
            self.parsed("memory_limit", config::parse::<MemoryBytes>(&bytes.to_string()));
        self
    }

    /// The size of the telemetry ring buffer, in which spans and events wait, in bytes: from 262,144 (256 KiB) to
    /// 268,435,456 (256 MiB). 14 MiB by default. Anything else is a [`Problem`] and ignored.
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

    /// How long the program serves on after SIGTERM, with `/ready` turned off, so that nobody sends it anything any more when
    /// it stops. 5 seconds by default, where there is an admin server; nothing without one, and nothing after SIGINT.
    pub fn drain_period(mut self, period: Duration) -> Self {
        self.code.drain_period = Some(period);
        self
    }

    /// Handles SIGTERM and SIGINT: `/ready` is turned off, the [drain period](Self::drain_period) is waited for, spans are
    /// flushed, and the program ends by the signal; or, where a [`ShutdownToken`](crate::ShutdownToken) was taken, the token
    /// fires after the period. A second signal ends the program at once. On Unix; nothing happens on other platforms. Not by
    /// default, but `#[spanwright::main]` does it.
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

    /// Reads an argument as a variable's text would be.
    pub(super) fn read<K: Kind>(&mut self, method: &'static str, text: &str) -> Option<K::Value> {
        if let Some(remark) = config::remark::<K>(text) {
            self.problems.push(Problem::CodeRemark { method, remark });
        }
        self.parsed(method, config::parse::<K>(text))
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
