//! How a log is kept. The defaults are small, so that a short run has something to show.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use spanwright::Registry;

use super::disk::{Disk, RealDisk};

/// How a log is to be kept.
#[derive(Clone, Debug)]
pub struct AofConfig {
    /// The folder of its segments.
    pub folder: PathBuf,
    /// Where segments go once they are sealed and durable; nowhere, if there is none.
    pub archive: Option<PathBuf>,
    /// From this size on a segment is sealed.
    pub segment_bytes: u64,
    /// From so many bytes on that are not durable, a flush is scheduled …
    pub flush_bytes: u64,
    /// … and from this time on.
    pub flush_interval: Duration,
    /// A flush that is further behind is worth a warning.
    pub lag_limit: Duration,
    /// How many segments may wait for the scheduler.
    pub queue: usize,
    /// How long an append waits for a place there, each time, …
    pub backpressure_wait: Duration,
    /// … and how often, before it flushes itself.
    pub backpressure_waits: u32,
    /// How often a flush is tried.
    pub max_attempts: u32,
    /// How long after the first failure; twice as long after each more.
    pub retry_delay: Duration,
    /// A follower that waits longer for what is sealed already is blocked.
    pub blocked_after: Duration,
    /// Where its files are.
    pub disk: Arc<dyn Disk>,
    /// Where its metrics are.
    pub registry: Registry,
}

impl AofConfig {
    /// A log in this folder, with small segments, so that there is something to see.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            archive: Some(folder.join("archive")),
            folder,
            segment_bytes: 64 * 1024,
            flush_bytes: 16 * 1024,
            flush_interval: Duration::from_millis(50),
            lag_limit: Duration::from_millis(250),
            queue: 4,
            backpressure_wait: Duration::from_millis(50),
            backpressure_waits: 3,
            max_attempts: 4,
            retry_delay: Duration::from_millis(20),
            blocked_after: Duration::from_millis(500),
            disk: Arc::new(RealDisk),
            registry: Registry::global().clone(),
        }
    }
}
