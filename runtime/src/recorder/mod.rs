#![doc = include_str!("documentation.md")]

#[cfg(feature = "console")]
mod copy;
mod crash;
mod feed;
mod flight;
mod hooks;
pub(crate) mod identity;
mod metrics;
mod panics;
mod remains;
mod runtimes;
mod session;
mod settings;
mod shared;
mod signal;
pub(crate) mod task;
#[cfg_attr(
    not(all(
        tokio_unstable,
        feature = "taskdump",
        target_os = "linux",
        any(target_arch = "aarch64", target_arch = "s390x", target_arch = "x86", target_arch = "x86_64")
    )),
    path = "no_taskdump.rs"
)]
mod taskdump;
#[cfg(test)]
mod tests;
mod traced;
mod translate;
mod trigger;
mod waits;
mod watch;

use std::fmt;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use spanwright_core::descriptor::Spec;
use spanwright_core::events;
use spanwright_core::ids::SpanId;
use spanwright_core::objective::Indicator;
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "console")]
pub(crate) use copy::NoCopy;
#[cfg(feature = "object_store")]
pub use spanwright_recording::{Destination, ObjectStoreWriter, UploadMonitor};
pub use spanwright_recording::{
    NullWriter, Recovered, RotatingWriter, Sealed, SimpleBinaryWriter, TraceWriter, UploadHealth,
};

pub(crate) use feed::feed;
pub use remains::Remains;
pub use settings::Recorder;
pub(crate) use shared::RUNS;
use shared::Shared;
pub use traced::TracedRuntime;
use trigger::Trigger;

use crate::health::{Check, HealthStatus};
use crate::telemetry::last;

/// The recorder of this process.
static CURRENT: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

/// The process' recorder, if it has one that runs.
fn current() -> Option<Arc<Shared>> {
    last_one().filter(|shared| shared.is_running())
}

/// The process' recorder, or the last that it had; a forked child has none.
fn last_one() -> Option<Arc<Shared>> {
    if last::is_forked() {
        return None;
    }
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// How long the end of a recording may take, unless it is said.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the recorder can't be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It runs already: a process has one.
    #[error("this process is recorded already; its runtimes are built by `RecorderHandle::build`")]
    Running,
    /// The one before it was told to end, and its writer has not returned yet.
    #[error("the recorder before this one has not ended yet: its writer still writes")]
    Ending,
    /// The process was forked from one with telemetry.
    #[error("a forked child of a process with telemetry can't be recorded")]
    Forked,
    /// A thread, a runtime or a signal's handler can't be had.
    #[error("the recorder can't be started: {0}")]
    System(#[from] io::Error),
}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::System(error) => error,
            other => Self::other(other),
        }
    }
}

/// Keeps the recorder running. When dropped, it stops recording, and writes what there is, within 5 seconds. So it is where the process ends
/// by [`exit`](std::process::exit) before that.
///
/// Drop the runtimes first, so that their ends are recorded.
#[must_use = "the recording ends when its guard is dropped"]
pub struct RecorderGuard {
    handle: RecorderHandle,
}

impl RecorderGuard {
    /// What switches recording on and off, and more.
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// What [`RecorderHandle::enable`] does.
    pub fn enable(&self) {
        self.handle.enable();
    }

    /// What [`RecorderHandle::disable`] does.
    pub fn disable(&self) {
        self.handle.disable();
    }

    /// What dropping does; whether all was written within `timeout`.
    pub fn shutdown(self, timeout: Duration) -> bool {
        let ended = self.handle.live().is_some_and(|shared| shared.stop(timeout));
        ended && self.handle.status().failing.is_none()
    }
}

impl Drop for RecorderGuard {
    fn drop(&mut self) {
        if let Some(shared) = self.handle.live() {
            shared.stop(TIMEOUT);
        }
    }
}

/// Speaks to the recorder, from anywhere. Cheap to clone; once the recorder has ended, and in a forked child, it does nothing.
#[derive(Clone)]
pub struct RecorderHandle {
    shared: Arc<Shared>,
}

impl RecorderHandle {
    /// The recorder that this process has.
    ///
    /// ```
    /// assert!(spanwright::recorder::RecorderHandle::current().is_none());
    /// ```
    pub fn current() -> Option<Self> {
        current().map(|shared| Self { shared })
    }

    /// Records from now on.
    pub fn enable(&self) {
        if let Some(shared) = self.live().filter(|shared| shared.is_running()) {
            shared.enable();
        }
    }

    /// Records nothing from now on. Writes what was recorded, for which it waits 5 seconds at most.
    pub fn disable(&self) {
        if let Some(shared) = self.live() {
            shared.disable(TIMEOUT);
        }
    }

    /// What it speaks to; nothing in a forked child, where no thread answers, and locks may be another thread's for good.
    fn live(&self) -> Option<&Shared> {
        (!last::is_forked()).then_some(&self.shared)
    }

    /// Whether events are recorded now.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.shared.enabled.load(Ordering::Relaxed)
    }

    /// Hands what was recorded until now to the writer; whether it took that within `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.live().is_some_and(|shared| shared.flush(timeout))
    }

    /// Notes that something has happened, under a name of one's own; a flight recorder writes down what came before, unless it
    /// has done so within its quiet period. Returns at once.
    pub fn trigger(&self, why: impl Into<String>) {
        if let Some(shared) = self.live() {
            shared.trigger(Trigger::new(why.into()));
        }
    }

    /// Writes into the recording where each task waits now, as far as annotated functions are in it: the place of the `.await` in each
    /// of them, and for how long the innermost has waited there. Of 1,000 tasks at most, those that have waited longest. Returns at
    /// once.
    ///
    /// With Tokio's own dumps switched on, by the feature `taskdump` and `--cfg tokio_unstable` on Linux, all tasks of recorded
    /// runtimes are there as Tokio sees them too: of those with one worker, and of others where
    /// [that is allowed](Recorder::stop_workers_for_dumps). They have half a second for it; a runtime with a worker that is stuck has none.
    pub fn dump_tasks(&self) {
        if let Some(shared) = self.live() {
            shared.dump_tasks();
        }
    }

    /// What an operator asks for, at the admin server say.
    #[cfg(feature = "server")]
    pub(crate) fn request(&self, why: &'static str) {
        self.shared.request(why);
    }

    /// Builds a runtime that is recorded, under this name. The hooks of the builder's that the recorder needs are replaced:
    /// `on_thread_start`, `on_thread_park`, `on_thread_unpark`, and with `tokio_unstable` those of tasks.
    ///
    /// # Errors
    /// Where the runtime can't be built.
    pub fn build(&self, mut builder: Builder, name: &str) -> io::Result<Runtime> {
        let id = runtimes::next_id();
        hooks::set(&mut builder, id);
        let runtime = builder.build()?;
        runtimes::add(id, name, runtime.handle());
        Ok(runtime)
    }

    /// How the recorder is.
    #[must_use]
    pub fn status(&self) -> RecorderStatus {
        let failing = self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        RecorderStatus {
            enabled: self.is_enabled(),
            events: read(&self.shared.events),
            lost: read(&self.shared.lost),
            bytes_written: read(&self.shared.bytes),
            dumps: read(&self.shared.dumps),
            failing,
            mortal: self.shared.mortal.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            uploads: self.shared.uploads.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl fmt::Debug for RecorderHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderHandle").field("enabled", &self.is_enabled()).finish_non_exhaustive()
    }
}

impl fmt::Debug for RecorderGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderGuard").field("handle", &self.handle).finish()
    }
}

/// How a recorder is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderStatus {
    /// Whether events are recorded now.
    pub enabled: bool,
    /// Events recorded so far.
    pub events: u64,
    /// Events that found no room so far.
    pub lost: u64,
    /// Bytes that the writer has taken so far.
    pub bytes_written: u64,
    /// How often a flight recorder has written down what came before something.
    pub dumps: u64,
    /// What the writer said last, where it did not take a block; nothing once it does again.
    pub failing: Option<String>,
    /// Why what is recorded would not outlive a kill of the process; nothing where it does, or need not.
    pub mortal: Option<String>,
    /// How uploads of files went a second ago; nothing where the writer has none.
    pub uploads: Option<UploadHealth>,
}

impl RecorderStatus {
    /// Whether the writer or its uploads fail now, or a kill of the process would lose something.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.failing.is_some() || self.mortal.is_some() || self.upload_error().is_some()
    }

    fn upload_error(&self) -> Option<&str> {
        self.uploads.as_ref()?.last_error.as_deref()
    }
}

/// How the recorder is: degraded where its writer or an upload fails.
pub(crate) fn health_check() -> Check {
    Check::new("recorder", || async {
        let shared = last_one().filter(|shared| shared.is_running() || shared.is_dead());
        let status = shared.map(|shared| RecorderHandle { shared }.status()).unwrap_or_default();
        if let Some(error) = &status.failing {
            return HealthStatus::degraded(format_args!("recordings are not written: {error}"));
        }
        if let Some(error) = status.upload_error() {
            return HealthStatus::degraded(format_args!("recordings are not uploaded: {error}"));
        }
        match status.mortal {
            Some(error) => {
                HealthStatus::degraded(format_args!("what is recorded does not outlive a kill: {error}"))
            }
            None => HealthStatus::Healthy,
        }
    })
}

/// Ends the recording, where the process ends in order without the guard; what a panic ends has something to leave.
pub(crate) fn stop_last(timeout: Duration) {
    let Some(shared) = current() else { return };
    if std::thread::panicking() {
        shared.flush(timeout);
    } else {
        shared.stop(timeout);
    }
}

/// Triggers where a call took longer than its objective wants.
#[cold]
pub(crate) fn look_at_objectives(spec: &'static Spec, nanos: u64, span: SpanId) {
    let seconds = nanos as f64 / 1e9;
    let missed = spec.objectives.iter().find_map(|objective| match objective.indicator {
        Indicator::Latency { bound } if seconds > bound => Some(bound),
        _ => None,
    });
    let Some(bound) = missed.filter(|_| !shared::is_crowded()) else { return };
    let Some(shared) = current() else { return };
    let mut trigger = Trigger::new("missed_objective").with("function", spec.name);
    trigger = trigger.with("took_ns", nanos).with("bound_seconds", bound);
    trigger.thread = events::thread_number();
    trigger.span = span.is_some().then(|| span.to_bytes());
    shared.trigger(trigger);
}
