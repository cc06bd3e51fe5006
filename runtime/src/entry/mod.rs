//! What `#[spanwright::main]` expands to a call of. (Not by the name `main`, which Cargo and the compiler take for a program.)

use std::future::Future;
use std::process;

use crate::telemetry::{self, Builder, Guard, InstallError, Telemetry};
use crate::tokio_metrics;

/// What the attribute says.
#[derive(Clone, Copy, Debug)]
pub struct MainOptions {
    /// The prefix of the variables that are read.
    pub prefix: Option<&'static str>,
    /// The service's name.
    pub service_name: Option<&'static str>,
    /// The service's version: the package's.
    pub service_version: Option<&'static str>,
    /// Whether an `async fn main` runs on one thread.
    pub current_thread: bool,
    /// The number of worker threads otherwise; as many as there are processors where nothing is said.
    pub worker_threads: Option<usize>,
    /// Whether SIGTERM and SIGINT are handled.
    pub signals: bool,
    /// Whether the global `tracing` subscriber is set.
    pub subscriber: bool,
    /// The file of its recordings.
    pub recorder: Option<&'static str>,
}

impl Default for MainOptions {
    fn default() -> Self {
        Self {
            prefix: None,
            service_name: None,
            service_version: None,
            current_thread: false,
            worker_threads: None,
            signals: true,
            subscriber: true,
            recorder: None,
        }
    }
}

impl MainOptions {
    fn builder(self) -> Builder {
        let mut builder = Telemetry::builder().with_subscriber(self.subscriber);
        if self.signals {
            builder = builder.handle_signals();
        }
        if let Some(prefix) = self.prefix {
            builder = builder.prefix(prefix);
        }
        if let Some(service_name) = self.service_name {
            builder = builder.service_name(service_name);
        }
        if let Some(version) = self.service_version {
            builder = builder.service_version(version);
        }
        if let Some(path) = self.recorder {
            builder.code.recorder_path = Some(path.into());
        }
        builder
    }

    /// Starts the telemetry. Where it is required and can't be, the program ends; where it runs already, that one
    /// stays.
    fn install(self) -> Option<Guard> {
        match self.builder().install() {
            Ok(guard) => Some(guard),
            Err(error @ InstallError::AlreadyInstalled) => {
                telemetry::report(&error.to_string());
                None
            }
            Err(error) => exit(&error.to_string()),
        }
    }

    fn runtime(self) -> std::io::Result<tokio::runtime::Runtime> {
        use tokio::runtime::Builder;
        let mut builder =
            if self.current_thread { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        if let Some(threads) = self.worker_threads {
            // None would be a panic.
            builder.worker_threads(threads.max(1));
        }
        builder.enable_all();
        #[cfg(feature = "recorder")]
        if let Some(recorder) = crate::recorder::RecorderHandle::current() {
            return recorder.build(builder, "main");
        }
        builder.build()
    }
}

/// Runs `body` with telemetry, and flushes it at the end, be it a panic.
pub fn main_sync<R>(options: MainOptions, body: impl FnOnce() -> R) -> R {
    let _telemetry = options.install();
    body()
}

/// Runs `body` on a Tokio runtime with telemetry, and flushes that at the end, be it a panic. Tasks that still run at
/// the end are dropped; those that block their thread are waited for, at most for the shutdown timeout.
pub fn main_async<R>(options: MainOptions, body: impl Future<Output = R>) -> R {
    // Dropped last: tasks that the runtime's end cancels are recorded.
    let telemetry = options.install();
    let runtime = match options.runtime() {
        Ok(runtime) => runtime,
        Err(error) => exit(&format!("the Tokio runtime can't be started: {error}")),
    };
    if telemetry.as_ref().is_some_and(Guard::watches_runtimes) {
        tokio_metrics::watch_by_its_name(runtime.handle());
    }
    let result = runtime.block_on(body);
    match &telemetry {
        Some(telemetry) => runtime.shutdown_timeout(telemetry.timeout()),
        None => drop(runtime),
    }
    result
}

/// Ends the program, which has not begun yet.
fn exit(message: &str) -> ! {
    telemetry::print(message);
    process::exit(1)
}

#[cfg(test)]
mod tests;
