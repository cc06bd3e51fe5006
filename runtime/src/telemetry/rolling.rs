//! The thread that ticks the rolling windows.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::registry::{Registry, Windows};

/// The shortest window's step.
const TICK: Duration = Duration::from_secs(5);

/// The windows of the telemetry that runs, if it has them.
static WINDOWS: Mutex<Weak<Windows>> = Mutex::new(Weak::new());

/// The rolling windows of this process' telemetry, on [`Registry::global`]; nothing where it has
/// [none](super::Builder::rolling_windows), or has ended. For programs with `#[spanwright::main]`, which don't have the
/// [`Guard`](super::Guard) at hand.
///
/// ```
/// use spanwright::registry::Window;
///
/// let telemetry = spanwright::Telemetry::builder().rolling_windows(true).metrics_enabled(false).install()?;
/// let orders_per_second = spanwright::windows().and_then(|windows| {
///     windows.rate("orders_total", &[("status", "paid")], Window::FiveMinutes)
/// });
/// # assert_eq!(orders_per_second, None);
/// # assert!(spanwright::windows().is_some());
/// # drop(telemetry);
/// # assert!(spanwright::windows().is_none());
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
#[must_use]
pub fn windows() -> Option<Arc<Windows>> {
    WINDOWS.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
}

/// The thread, which ends when this is dropped.
pub(super) struct Rolling {
    windows: Arc<Windows>,
    /// Publishes nothing but itself.
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rolling {
    /// Begins with a first tick.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub(super) fn start() -> io::Result<Self> {
        let (windows, stop) = (Arc::new(Windows::new(Registry::global())), Arc::new(AtomicBool::new(false)));
        let (ticked, stopped) = (Arc::clone(&windows), Arc::clone(&stop));
        let thread =
            thread::Builder::new().name("sw-windows".into()).spawn(move || run(&ticked, &stopped))?;
        *WINDOWS.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&windows);
        Ok(Self { windows, stop, thread: Some(thread) })
    }

    pub(super) fn windows(&self) -> Arc<Windows> {
        Arc::clone(&self.windows)
    }
}

fn run(windows: &Windows, stop: &AtomicBool) {
    let _suppressed = crate::span::suppress();
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        if now >= next {
            windows.tick(now);
            // Those that were missed are not made up for.
            next = (next + TICK).max(now);
        }
        thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
}

impl Drop for Rolling {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A source may end the telemetry, on this very thread.
            if thread.thread().id() != thread::current().id() {
                // It was suppressed, and has nothing to say.
                let _ = thread.join();
            }
        }
    }
}
