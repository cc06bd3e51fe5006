//! What waits to be uploaded, what has been, and how that goes.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use super::super::rotating::Custody;
use super::super::uploads::UploadHealth;
use super::failure::Failure;

/// Tells how the uploads of an [`ObjectStoreWriter`](super::ObjectStoreWriter) go.
#[derive(Clone, Debug)]
pub struct UploadMonitor(pub(super) Arc<Queue>);

impl UploadMonitor {
    /// How it is now.
    pub fn health(&self) -> UploadHealth {
        let state = self.0.state();
        UploadHealth {
            queued_files: state.waiting.len() as u64,
            queued_bytes: state.waiting.iter().map(|file| file.length).sum(),
            ..state.health.clone()
        }
    }
}

/// A file that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) path: PathBuf,
    pub(super) length: u64,
    /// An earlier process has written it, and may have uploaded it.
    pub(super) is_old: bool,
}

/// Shared by who writes and who uploads.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Tells who uploads that something has changed.
    pub(super) changed: Notify,
    /// Tells who waits for the end that something was tried.
    tried: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The first is the one that is being uploaded, if one is.
    waiting: VecDeque<Waiting>,
    is_busy: bool,
    /// The one that is being uploaded was removed meanwhile: it is lost only if that fails.
    is_gone: bool,
    /// Files that the store has.
    safe: HashSet<PathBuf>,
    health: UploadHealth,
    /// The end has come: what fails is not tried again.
    is_draining: bool,
    gave_up: bool,
    is_stopped: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, path: &Path, length: u64, is_old: bool) {
        self.state().waiting.push_back(Waiting { path: path.to_owned(), length, is_old });
        self.changed.notify_one();
    }

    /// The next file, which is being uploaded from now on.
    pub(super) fn next(&self) -> Option<Waiting> {
        let mut state = self.state();
        let next = state.waiting.front().cloned();
        state.is_busy = next.is_some();
        next
    }

    /// The store has the file.
    pub(super) fn uploaded(&self, bytes: u64) {
        let mut state = self.state();
        state.is_busy = false;
        if let Some(file) = state.waiting.pop_front() {
            // It is known for as long as it can be removed.
            if !std::mem::take(&mut state.is_gone) {
                state.safe.insert(file.path);
            }
            // One of a process that died before it wrote anything is not taken.
            state.health.uploaded_files += u64::from(bytes > 0);
            state.health.uploaded_bytes += bytes;
            state.health.last_error = None;
            state.health.last_success = Some(SystemTime::now());
        }
        self.tried.notify_all();
    }

    /// It is not uploaded, and is tried again.
    pub(super) fn failed(&self, failure: &Failure) {
        let mut state = self.state();
        state.is_busy = false;
        state.health.failures += 1;
        state.health.last_error = Some(failure.to_string());
        state.gave_up |= state.is_draining;
        let is_missing =
            matches!(failure, Failure::Local(error) if error.kind() == std::io::ErrorKind::NotFound);
        if std::mem::take(&mut state.is_gone) || is_missing {
            if let Some(file) = state.waiting.pop_front() {
                state.lose(file.length);
            }
        } else if !state.waiting.is_empty() {
            // If it is this file's own fault, the others need not wait for it.
            state.waiting.rotate_left(1);
        }
        self.tried.notify_all();
    }

    /// Waits until all is uploaded, something fails, or the time is over.
    pub(super) fn drain(&self, most: Duration) {
        let end = Instant::now() + most;
        let mut state = self.state();
        state.is_draining = true;
        self.changed.notify_one();
        while !state.waiting.is_empty() && !state.gave_up {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                return;
            };
            state = self.tried.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Whether nothing is to be waited for any more.
    pub(super) fn is_draining(&self) -> bool {
        let state = self.state();
        state.is_draining || state.is_stopped
    }
}

impl State {
    fn lose(&mut self, length: u64) {
        self.health.lost_files += 1;
        self.health.lost_bytes += length;
    }
}

impl Custody for Queue {
    fn is_safe(&self, path: &Path) -> bool {
        self.state().safe.contains(path)
    }

    fn finished(&self, path: &Path, length: u64) {
        self.add(path, length, false);
    }

    fn evicted(&self, path: &Path, _: u64) {
        let mut state = self.state();
        if state.safe.remove(path) {
            return;
        }
        match state.waiting.iter().position(|file| file.path == path) {
            Some(0) if state.is_busy => state.is_gone = true,
            Some(place) => {
                if let Some(file) = state.waiting.remove(place) {
                    state.lose(file.length);
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(names: &[&str]) -> Arc<Queue> {
        let queue = Arc::new(Queue::default());
        names.iter().for_each(|name| queue.add(Path::new(name), 10, false));
        queue
    }

    fn lost(queue: &Arc<Queue>) -> (u64, u64) {
        let health = UploadMonitor(queue.clone()).health();
        (health.lost_files, health.queued_files)
    }

    fn fail() -> Failure {
        object_store::Error::NotImplemented { operation: String::new(), implementer: String::new() }.into()
    }

    #[test]
    fn what_is_uploaded_may_go_and_what_is_not_is_lost_with_its_file() {
        let queue = queue(&["a", "b"]);
        assert!(queue.next().is_some() && !queue.is_safe(Path::new("a")));
        queue.uploaded(10);
        assert!(queue.is_safe(Path::new("a")));
        queue.evicted(Path::new("a"), 10);
        assert_eq!(lost(&queue), (0, 1));
        queue.evicted(Path::new("b"), 10);
        assert_eq!(lost(&queue), (1, 0));
    }

    #[test]
    fn what_goes_while_it_is_uploaded_is_lost_only_if_that_fails() {
        for (works, expected) in [(true, 0), (false, 1)] {
            let queue = queue(&["a"]);
            assert!(queue.next().is_some());
            queue.evicted(Path::new("a"), 10);
            assert_eq!(lost(&queue), (0, 1));
            if works {
                queue.uploaded(10)
            } else {
                queue.failed(&fail())
            }
            assert_eq!(lost(&queue), (expected, 0));
            assert!(!queue.is_safe(Path::new("a")));
        }
    }

    #[test]
    fn what_fails_lets_others_pass_and_what_is_not_there_any_more_is_lost() {
        let queue = queue(&["a", "b"]);
        assert_eq!(queue.next().map(|file| file.path), Some("a".into()));
        queue.failed(&fail());
        assert_eq!(queue.next().map(|file| file.path), Some("b".into()));
        queue.failed(&Failure::Local(std::io::ErrorKind::NotFound.into()));
        assert_eq!(queue.next().map(|file| file.path), Some("a".into()));
        assert_eq!(lost(&queue), (1, 1));
    }
}
