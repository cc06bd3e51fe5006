//! How a recorder is to be.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use spanwright_recording::{Options, TraceWriter};

use super::crash::Recovery;
use super::flight::Kept;
use super::session::{self, Settings};
use super::shared::Shared;
use super::signal::Signal;
use super::watch::{self, Watched};
use super::{CURRENT, RecorderGuard, RecorderHandle, StartError, panics};
use crate::telemetry::last;

/// A recorder that is about to be started: where its recording goes, and what it watches for.
///
/// ```
/// use std::time::Duration;
/// use spanwright::recorder::{NullWriter, Recorder};
///
/// let guard = Recorder::new(NullWriter)
///     .flight(Duration::from_secs(30), 16 << 20)
///     .long_poll(Duration::from_millis(100))
///     .start()?;
/// guard.handle().trigger("something odd");
/// # Ok::<(), spanwright::recorder::StartError>(())
/// ```
#[must_use = "nothing is recorded before it is started"]
pub struct Recorder {
    writer: Box<dyn TraceWriter>,
    settings: Settings,
    /// Nothing where what is recorded need not outlive the process.
    recovery: Option<Recovery>,
    watched: Watched,
    panics: bool,
    signal: Option<i32>,
    enabled: bool,
}

impl Recorder {
    /// Writes to `writer`, whatever happens, as it happens: stream mode. Nothing is watched for but panics.
    pub fn new(writer: impl TraceWriter + 'static) -> Self {
        Self {
            writer: Box::new(writer),
            settings: Settings {
                service: program(),
                version: String::new(),
                kept: None,
                task_dumps: None,
                stop_workers: false,
                quiet: Duration::from_secs(60),
                delay: Duration::from_secs(1),
                queue_bytes: 14 << 20,
                options: Options::default(),
                memory: None,
            },
            recovery: Some(Recovery::default()),
            watched: Watched {
                long_poll: None,
                queue_depth: None,
                starvation: None,
                sample: Duration::from_millis(10),
                signal: None,
            },
            panics: true,
            signal: None,
            enabled: true,
        }
    }

    /// Keeps what happened in this time in memory, no more than so many compressed bytes of it, and writes it when something
    /// happens that is watched for: flight-recorder mode. Each such recording is finished, so that a
    /// [`RotatingWriter`](super::RotatingWriter) has a file for each.
    pub fn flight(mut self, time: Duration, bytes: usize) -> Self {
        self.settings.kept = Some(Kept { time, bytes });
        self
    }

    /// The least time between two recordings of a flight recorder. A minute by default.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.settings.quiet = quiet;
        self
    }

    /// Watches for polls that take longer than this, which are told of while they go on.
    pub fn long_poll(mut self, bound: Duration) -> Self {
        self.watched.long_poll = Some(bound);
        self
    }

    /// Watches for more waiting tasks than this in the queue that a runtime's workers share.
    pub fn queue_depth(mut self, bound: u64) -> Self {
        self.watched.queue_depth = Some(bound);
        self
    }

    /// Watches for workers that sleep for longer than this while tasks wait.
    pub fn starvation(mut self, bound: Duration) -> Self {
        self.watched.starvation = Some(bound);
        self
    }

    /// Writes down where tasks wait that have waited for longer than this, whenever something happens that is watched for, once a
    /// second at most: as [`RecorderHandle::dump_tasks`] does.
    pub fn task_dumps(mut self, waited: Duration) -> Self {
        self.settings.task_dumps = Some(waited);
        self
    }

    /// Lets Tokio's own dumps, with the feature `taskdump`, stop the workers of runtimes that have several of them; those of one worker
    /// or one thread are asked without it.
    ///
    /// Where a worker does not come within a quarter of a second, as on a machine that is very busy, Tokio 1.54 may leave another one
    /// waiting for good.
    pub fn stop_workers_for_dumps(mut self, stop: bool) -> Self {
        self.settings.stop_workers = stop;
        self
    }

    /// Whether panics are watched for, by a panic hook that calls the one before it. They are by default.
    pub fn panics(mut self, watched: bool) -> Self {
        self.panics = watched;
        self
    }

    /// Watches for a signal of this number, such as `SIGUSR2`, until the recorder ends; from then on it has no effect. On Unix;
    /// nothing is watched elsewhere.
    pub fn signal(mut self, signal: i32) -> Self {
        self.signal = Some(signal);
        self
    }

    /// How often the lengths of the runtimes' queues are recorded. 10 milliseconds by default.
    pub fn sample_every(mut self, time: Duration) -> Self {
        self.watched.sample = time;
        self
    }

    /// How long an event waits for its block to fill before it is written, at most. A second by default.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.settings.delay = delay;
        self
    }

    /// How many bytes of events may wait for a slow writer, besides those in the ring. 14 MiB by default. What finds no room is
    /// counted, and the recording says so.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.queue_bytes = bytes.max(1);
        self
    }

    /// By this key the next start finds what a process has left that was killed, and writes it as a recording of its own. By default
    /// the program's name and the place that [its writer](TraceWriter::place) writes to. What its writer
    /// does not take, or [would not keep](TraceWriter::keeps), is left for another start, of eight processes at most.
    pub fn recover_as(mut self, key: impl Into<String>) -> Self {
        self.recovery.get_or_insert_default().key = Some(key.into());
        self
    }

    /// The folder of the memory that outlives the process, in a file system in memory by preference. By default the system's
    /// (`/dev/shm` on Linux), and its folder for temporary files where it has none.
    pub fn recover_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.recovery.get_or_insert_default().folder = Some(folder.into());
        self
    }

    /// Keeps what is recorded in memory that ends with the process, so that a kill loses what was not written yet: a second of
    /// it, or a flight recorder's all.
    pub fn without_recovery(mut self) -> Self {
        self.recovery = None;
        self
    }

    /// Whose recording it is.
    pub fn service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        (self.settings.service, self.settings.version) = (name.into(), version.into());
        self
    }

    /// Whether it records from the start. `true` by default.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Starts the recorder of this process.
    ///
    /// # Errors
    /// Where there is one already, or its writer still writes; in a forked child; and where a thread or the signal can't be had.
    pub fn start(mut self) -> Result<RecorderGuard, StartError> {
        if last::is_forked() {
            return Err(StartError::Forked);
        }
        let mut watched = self.watched;
        if let Some(signal) = self.signal {
            watched.signal = Some(Signal::watch(signal)?);
        }
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(before) if before.is_ending() => return Err(StartError::Ending),
            Some(before) if before.is_running() => return Err(StartError::Running),
            _ => {}
        }
        last::watch_forks();
        last::watch_exit();
        crate::call::times::measure();
        let shared = Arc::new(Shared::new(self.settings.queue_bytes, self.settings.kept.is_some()));
        self.settings.memory = self.recovery.map(|recovery| recovery.of(&*self.writer));
        session::start(&shared, self.settings, self.writer)?;
        let guard = RecorderGuard { handle: RecorderHandle { shared: Arc::clone(&shared) } };
        *current = Some(Arc::clone(&shared));
        drop(current);
        watch::start(&shared, watched)?;
        if self.panics {
            panics::watch();
        }
        if self.enabled {
            shared.enable();
        }
        Ok(guard)
    }
}

/// The program's name.
pub(super) fn program() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(|program| program.file_stem());
    name.map_or_else(|| "rust".to_owned(), |name| name.to_string_lossy().into_owned())
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("flight", &self.settings.kept)
            .field("watched", &self.watched)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
