//! The runtimes that are recorded, by number.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spanwright_recording::event::{self as out, Flavour};
use tokio::runtime::{Handle, RuntimeFlavor, RuntimeMetrics};

/// A runtime that is recorded.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The number by which records name it.
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) flavour: Flavour,
    pub(super) workers: u32,
    /// They have a handle to it.
    pub(super) metrics: RuntimeMetrics,
    #[cfg(all(tokio_unstable, feature = "taskdump"))]
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "Tokio has no dumps there"))]
    pub(super) handle: Handle,
    /// Whether it was asked where its tasks wait, and has not answered yet. Publishes nothing.
    #[cfg(all(tokio_unstable, feature = "taskdump"))]
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "Tokio has no dumps there"))]
    pub(super) owes_dump: Arc<std::sync::atomic::AtomicBool>,
}

impl Recorded {
    /// As a recording says it.
    pub(super) fn event(&self) -> out::Runtime<'_> {
        let Self { id, name, flavour, workers, .. } = self;
        out::Runtime { id: *id, name: name.as_str().into(), flavour: *flavour, workers: *workers }
    }
}

static ALL: Mutex<Vec<Arc<Recorded>>> = Mutex::new(Vec::new());
/// Those that a recording was not told of yet; some may have ended.
static NEW: Mutex<Vec<Arc<Recorded>>> = Mutex::new(Vec::new());
/// The last number. Publishes nothing.
static LAST: AtomicU32 = AtomicU32::new(0);

fn lock() -> MutexGuard<'static, Vec<Arc<Recorded>>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number for a runtime that is about to be built.
pub(super) fn next_id() -> u32 {
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// All that have not ended.
pub(super) fn all() -> Vec<Arc<Recorded>> {
    lock().clone()
}

/// Those that were added since this was last asked.
pub(super) fn take_new() -> Vec<Arc<Recorded>> {
    std::mem::take(&mut *NEW.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Remembers a runtime until it ends.
pub(super) fn add(id: u32, name: &str, handle: &Handle) {
    let metrics = handle.metrics();
    let workers = u32::try_from(metrics.num_workers()).unwrap_or(u32::MAX);
    let flavour = match handle.runtime_flavor() {
        RuntimeFlavor::CurrentThread => Flavour::CurrentThread,
        _ => Flavour::MultiThread,
    };
    let one = Arc::new(Recorded {
        id,
        name: name.to_owned(),
        flavour,
        workers,
        metrics,
        #[cfg(all(tokio_unstable, feature = "taskdump"))]
        handle: handle.clone(),
        #[cfg(all(tokio_unstable, feature = "taskdump"))]
        owes_dump: Arc::default(),
    });
    lock().push(Arc::clone(&one));
    NEW.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    // Where the runtime has ended already, it drops this at once.
    let until_the_end = Leave(id);
    drop(handle.spawn(async move {
        let _until_the_end = until_the_end;
        std::future::pending::<()>().await;
    }));
}

/// Forgets a runtime when dropped, which its end does.
struct Leave(u32);

impl Drop for Leave {
    fn drop(&mut self) {
        let mut all = lock();
        let at = all.iter().position(|one| one.id == self.0);
        let gone = at.map(|at| all.swap_remove(at));
        // The handle is dropped without the lock.
        drop(all);
        drop(gone);
    }
}
