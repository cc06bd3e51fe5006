//! Runtimes with a recording.

use std::io;

use tokio::runtime::{Builder, Runtime};

use super::{Recorder, RecorderGuard, TraceWriter};

/// Builds a Tokio runtime whose threads and tasks are recorded.
///
/// ```
/// use spanwright::recorder::{RotatingWriter, TracedRuntime};
///
/// # let folder = std::env::temp_dir().join(format!("spanwright-traced-{}", std::process::id()));
/// let writer = RotatingWriter::new(
///     folder.join("trace.bin"),
///     1024 * 1024,     // a new file after 1 MiB
///     5 * 1024 * 1024, // 5 MiB on disk at most
/// )?;
/// let mut builder = tokio::runtime::Builder::new_multi_thread();
/// builder.worker_threads(2).enable_all();
///
/// let (runtime, guard) = TracedRuntime::build_and_start(builder, Box::new(writer))?;
/// runtime.block_on(async {
///     spanwright::spawn(async { /* … */ }).await.unwrap();
/// });
/// drop(runtime);
/// drop(guard); // Writes what there is.
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TracedRuntime(());

impl TracedRuntime {
    /// Builds a runtime and the process' recorder, which is off until it is [enabled](super::RecorderHandle::enable).
    ///
    /// # Errors
    /// Where the process has a recorder already, and where a thread or the runtime can't be had.
    pub fn build(
        builder: Builder,
        writer: impl TraceWriter + 'static,
    ) -> io::Result<(Runtime, RecorderGuard)> {
        Self::build_with(builder, Recorder::new(writer).enabled(false))
    }

    /// Builds a runtime, and records from now on.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_and_start(
        builder: Builder,
        writer: impl TraceWriter + 'static,
    ) -> io::Result<(Runtime, RecorderGuard)> {
        Self::build_with(builder, Recorder::new(writer))
    }

    /// Builds a runtime, and a recorder with settings of its own.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(builder: Builder, recorder: Recorder) -> io::Result<(Runtime, RecorderGuard)> {
        let guard = recorder.start()?;
        let runtime = guard.handle().build(builder, "main")?;
        Ok((runtime, guard))
    }
}
