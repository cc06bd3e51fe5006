//! What can go wrong at the start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::{config, registry};

/// Something that could not be done as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A variable of the environment.
    #[error(transparent)]
    Config(#[from] config::Problem),
    /// An argument given to the builder.
    #[error("`Telemetry::builder().{method}(…)`: the argument {reason}; it is ignored")]
    Code {
        /// The builder's method.
        method: &'static str,
        /// What is wrong with the argument.
        reason: String,
    },
    /// An argument given to the builder that is used, but may not be meant. A warning.
    #[error("`Telemetry::builder().{method}(…)`: the argument {remark}")]
    CodeRemark {
        /// The builder's method.
        method: &'static str,
        /// The argument, and what to look at.
        remark: String,
    },
    /// The admin server can't listen: its address is taken, say.
    #[error(
        "the admin server can't listen on {address}: {source}; it is off. Set `{prefix}_METRICS_ADDR` or \
         `{prefix}_METRICS_PORT` to a free one, or `{prefix}_METRICS_ENABLED` to `false`"
    )]
    Server {
        /// The address.
        address: SocketAddr,
        /// The prefix of the variables.
        prefix: String,
        /// Why.
        source: io::Error,
    },
    /// The admin server can't listen on its Unix socket.
    #[error(
        "the admin server can't listen on the Unix socket `{}`: {source}; it does not. Set `{prefix}_ADMIN_SOCKET` to a \
         path that nobody uses, in a folder that is there and can be written to",
        path.display()
    )]
    Socket {
        /// The socket.
        path: PathBuf,
        /// The prefix of the variables.
        prefix: String,
        /// Why.
        source: io::Error,
    },
    /// One of the exporters can't be made.
    #[error("{what} are not exported by `{exporter}`: {reason}")]
    Exporter {
        /// What it would have exported: spans, log records, or metrics.
        what: &'static str,
        /// The exporter, as in `OTEL_TRACES_EXPORTER`.
        exporter: &'static str,
        /// Why, and what to do.
        reason: String,
    },
    /// The file of log lines can't be opened.
    #[error("the file of log lines `{}` can't be opened: {source}; they are written to the standard output", path.display())]
    LogFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Spans are not recorded.
    #[error("spans are not recorded: {0}")]
    Pipeline(#[source] io::Error),
    /// Metrics are not pushed.
    #[error("metrics are not pushed: {0}")]
    Push(#[source] io::Error),
    /// The recorder could not be started.
    #[error("nothing is recorded: {0}")]
    Recorder(String),
    /// Recordings can't be uploaded; they are written.
    #[error(
        "recordings are not uploaded to `{address}`: {reason}; they stay in their files. Set `{prefix}_RECORDER_STORE` to an address as \
         `s3://bucket/prefix`, and what the store needs in its own variables, such as `AWS_ACCESS_KEY_ID`"
    )]
    RecorderStore {
        /// Where to.
        address: String,
        /// The prefix of the variables.
        prefix: String,
        /// Why.
        reason: String,
    },
    /// Something was asked for that this build has not.
    #[error("`{setting}` needs the feature `{feature}` of `spanwright`; it is ignored")]
    Feature {
        /// What was asked for, as the builder's method.
        setting: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// Signals are not handled: SIGTERM loses what is not exported yet.
    #[error("signals are not handled: {0}")]
    Signals(#[source] io::Error),
    /// Nothing is remembered for rolling windows.
    #[error("the thread that remembers metrics for `rolling_windows` can't be started: {0}; there are none")]
    Windows(#[source] io::Error),
    /// A metric is not exported, since another one has its name or there is no room for it.
    #[error(transparent)]
    Metric(registry::Conflict),
    /// There is a `tracing` subscriber already. It stays, and so our log lines are not written, nor are other
    /// crates' spans recorded. A warning.
    #[error(
        "a `tracing` subscriber is set already and stays: add `spanwright::layer()` to it, and say \
         `Telemetry::builder().with_subscriber(false)`"
    )]
    Subscriber,
}

impl Problem {
    /// Whether everything asked for is done, and the problem only points at something that may not be meant.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::Config(problem) => problem.is_warning(),
            Self::Subscriber | Self::CodeRemark { .. } => true,
            Self::Code { .. }
            | Self::Metric(_)
            | Self::Server { .. }
            | Self::Socket { .. }
            | Self::Exporter { .. }
            | Self::LogFile { .. }
            | Self::Pipeline(_)
            | Self::Push(_)
            | Self::Recorder(_)
            | Self::RecorderStore { .. }
            | Self::Feature { .. }
            | Self::Signals(_)
            | Self::Windows(_) => false,
        }
    }
}

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// There is one already, and its guard was not dropped yet.
    #[error(
        "the telemetry of this process is installed already; install it once, in `main`, and keep the guard"
    )]
    AlreadyInstalled,
    /// This process was forked from one with telemetry, whose threads it has not got.
    #[error(
        "this process was forked from one with telemetry, and can't have its own: install it after the fork, or start \
         another program"
    )]
    Forked,
    /// The telemetry is required, and something could not be done as asked. What was started has been stopped.
    #[error("the telemetry is required, but {0}")]
    Required(#[source] Problem),
}
