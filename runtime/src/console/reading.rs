//! What the registries say, read beside the session's thread: a metric's callback may take long, or for ever.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::session::now_ms;
use crate::registry::{Registry, Snapshot, merged};
use crate::span::{self, Tap};

/// Registries, of which there is never more than one reading: what blocks one would block all others.
#[derive(Debug)]
pub(super) struct Readings {
    registries: Vec<Registry>,
    /// Since when one is under way, in milliseconds since the Unix epoch.
    since: Mutex<Option<u64>>,
}

/// What they said, and when.
pub(super) type Reading = oneshot::Receiver<(Instant, Snapshot)>;

impl Readings {
    pub(super) fn of(registries: Vec<Registry>) -> Self {
        Self { registries, since: Mutex::default() }
    }

    pub(super) fn registries(&self) -> &[Registry] {
        &self.registries
    }

    fn since(&self) -> MutexGuard<'_, Option<u64>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to read, and wakes who takes from the tap when that is done.
    ///
    /// # Errors
    /// Where one is under way: since when.
    pub(super) fn begin(self: &Arc<Self>, tap: &Arc<Tap>, runtime: &Handle) -> Result<Reading, u64> {
        if let Some(since) = *self.since() {
            return Err(since);
        }
        *self.since() = Some(now_ms());
        let (over, tap) = (Over(Arc::clone(self)), Arc::clone(tap));
        let (sender, reading) = oneshot::channel();
        runtime.spawn_blocking(move || {
            let _suppressed = span::suppress();
            let snapshot = merged(over.0.registries.iter().map(Registry::snapshot));
            drop(over);
            // A session that is over does not wait for it.
            let _ = sender.send((Instant::now(), snapshot));
            tap.wake();
        });
        Ok(reading)
    }
}

/// Lets the next one begin, be it after a panic.
struct Over(Arc<Readings>);

impl Drop for Over {
    fn drop(&mut self) {
        *self.0.since() = None;
    }
}
