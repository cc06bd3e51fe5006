//! Ends of the process that no guard sees: `std::process::exit`, a panic that aborts, and a forked child, which has nothing
//! to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use spanwright_core::process;

/// Exports what there is, within the shutdown timeout.
type Flush = Arc<dyn Fn() + Send + Sync>;

/// What is done where the process ends and the guard is still there.
static FLUSH: Mutex<Option<Flush>> = Mutex::new(None);
/// Whether this process was forked from one with telemetry. Publishes nothing else.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Whether this process was forked from one with telemetry.
pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Watches for a fork. To be called before there are threads that a child would not have.
pub(crate) fn watch_forks() {
    process::in_child(|| {
        // The handlers stay when their telemetry ends.
        crate::signals::abandon();
        #[cfg(feature = "recorder")]
        let is_recorded = crate::recorder::RUNS.load(Ordering::Relaxed);
        #[cfg(not(feature = "recorder"))]
        let is_recorded = false;
        if super::is_installed() || is_recorded {
            FORKED.store(true, Ordering::Relaxed);
            super::switch::switch_off();
            crate::span::abandon();
            crate::call::silence_all();
        }
    });
}

/// Flushes where the process ends without the guard, from here on.
pub(super) fn set_flush(flush: impl Fn() + Send + Sync + 'static) {
    set(Some(Arc::new(flush)));
    watch_exit();
    if cfg!(panic = "abort") {
        flush_at_panics();
    }
}

/// Ends what still runs where the process ends by `exit`, from here on.
pub(crate) fn watch_exit() {
    process::at_exit(flush_now);
}

/// There is nothing left to flush.
pub(super) fn forget_flush() {
    set(None);
}

fn set(flush: Option<Flush>) {
    *FLUSH.lock().unwrap_or_else(PoisonError::into_inner) = flush;
}

/// Flushes, once; without telemetry, a recorder may run all the same.
fn flush_now() {
    if is_forked() {
        return;
    }
    let flush = FLUSH.lock().unwrap_or_else(PoisonError::into_inner).take();
    let _suppressed = crate::span::suppress();
    match flush {
        Some(flush) => flush(),
        #[cfg(feature = "recorder")]
        None => crate::recorder::stop_last(crate::recorder::TIMEOUT),
        #[cfg(not(feature = "recorder"))]
        None => {}
    }
}

/// Where a panic ends the process and nothing is dropped, the hook is the last to run.
fn flush_at_panics() {
    static HOOKED: AtomicBool = AtomicBool::new(false);
    if !HOOKED.swap(true, Ordering::Relaxed) {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            before(panic);
            flush_now();
        }));
    }
}
