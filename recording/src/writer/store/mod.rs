//! Files that are uploaded to an object store when they are finished.
//!
//! - [`Destination`]: where to, and under which names.
//! - `queue`: what waits to be uploaded, what has been, and how that goes.
//! - `upload`: the thread that does it, with a runtime of its own.
//! - `failure`: what is said of what went wrong, without what is secret.
//! - `download`: files of a store, to be read here.
//! - `connector`: the HTTP client.

mod connector;
mod destination;
mod download;
mod failure;
mod queue;
mod upload;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::{RotatingWriter, Sealed, TraceWriter, UploadHealth};
pub use destination::Destination;
pub use download::download;
use queue::Queue;
pub use queue::UploadMonitor;

/// Writes files as a [`RotatingWriter`] does, and uploads each that is finished, in the background.
///
/// - A file has the name `<prefix>/<service>/<host>/<start>-<n>.spwr`: `start` is the time of its first event, `n` its number.
/// - What fails is tried again, at first after a second, then ever more rarely, up to every five minutes.
/// - Local files stay for as long as the budget allows. When it is used up, those that were uploaded go first. Only then does the oldest go that was
///   not: the newest says most about what is wrong. That is counted in [`UploadHealth::lost_files`].
/// - Files of earlier processes are looked for in the store and uploaded where they are missing.
/// - At the end the last file is uploaded too, for as long as [`drain`](Self::drain) says. What is left is uploaded at the next start.
///
/// ```no_run
/// use spanwright_recording::{Destination, Encoder, ObjectStoreWriter, Options, RotatingWriter};
///
/// let files = RotatingWriter::new("/var/lib/shop/trace.spwr", 8 << 20, 256 << 20)?;
/// // Keys come from the environment: `AWS_ACCESS_KEY_ID` and others.
/// let to = Destination::from_url("s3://recordings/production", [])?.service("shop").host("north");
/// let writer = ObjectStoreWriter::new(files, to)?;
/// let monitor = writer.monitor();
/// let encoder = Encoder::new(writer, Options::default());
/// println!("{:?}", monitor.health());
/// # drop(encoder);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ObjectStoreWriter {
    files: RotatingWriter,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    drain: Duration,
}

impl ObjectStoreWriter {
    /// Uploads the files of this writer, those of earlier processes first.
    ///
    /// Fails where a thread can't be started. The store is not asked: that it can't be reached is told by
    /// [`health`](UploadMonitor::health).
    pub fn new(mut files: RotatingWriter, to: Destination) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        for (_, path, length) in files.older() {
            queue.add(path, *length, true);
        }
        files.in_custody(queue.clone());
        let thread = upload::start(to, queue.clone())?;
        Ok(Self { files, queue, thread: Some(thread), drain: Duration::from_secs(10) })
    }

    /// Waits so long for uploads at the end, or until one fails then; ten seconds unless said.
    #[must_use]
    pub fn drain(mut self, most: Duration) -> Self {
        self.drain = most;
        self
    }

    /// Tells how uploads go, also when the writer has been given away.
    pub fn monitor(&self) -> UploadMonitor {
        UploadMonitor(self.queue.clone())
    }
}

impl TraceWriter for ObjectStoreWriter {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.files.write_block(block)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.flush()
    }

    fn tick(&mut self, now: u64) -> io::Result<()> {
        self.files.tick(now)
    }

    fn next_recording(&mut self) -> io::Result<()> {
        self.files.next_recording()
    }

    fn place(&self) -> Option<PathBuf> {
        self.files.place()
    }

    fn uploads(&self) -> Option<UploadHealth> {
        Some(self.monitor().health())
    }

    fn finish(&mut self) -> io::Result<()> {
        let finished = self.files.finish();
        if let Some(thread) = self.thread.take() {
            self.queue.drain(self.drain);
            self.queue.stop();
            // If it panicked, what waits is uploaded at the next start.
            let _ = thread.join();
        }
        finished
    }
}

impl Drop for ObjectStoreWriter {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.finish();
    }
}
