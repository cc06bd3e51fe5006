//! SIGTERM and SIGINT: spans are flushed before the program ends. On platforms other than Unix nothing is handled.
//!
//! Invariants:
//! - signals are only handled where the program asked for it, and end it as they would have without us: by the same
//!   signal, or its exit code where that spares the first process of a container, unless a [`ShutdownToken`] was taken;
//! - nothing here waits without a bound, and a second signal ends the program at once;
//! - after SIGTERM, which orchestrators send, the program serves on for the drain period, not ready any more; SIGINT is for
//!   people, who don't want to wait;
//! - signals are the process's, so this is one of the few places with statics.

#[cfg(unix)]
mod handler;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Whether the end of the program was asked for. Never goes back.
static ASKED: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));
/// Whether somebody else sees to the end of the program. Publishes nothing else.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// What is done on a signal; nothing where there is no telemetry to flush.
static HOOKS: Mutex<Option<Arc<Hooks>>> = Mutex::new(None);

/// Tells when the program is asked to end, by SIGTERM or SIGINT. Clones tell the same.
///
/// Where a token was taken, a signal doesn't end the program any more: whoever took it does, within the time that the
/// orchestrator gives. After SIGTERM it fires when the [drain period](crate::telemetry::Builder::drain_period) is over, which is
/// part of that time. A second signal ends it at once. The token only ever fires where signals are handled, which
/// `#[spanwright::main]` and [`Builder::handle_signals`](crate::telemetry::Builder::handle_signals) do.
///
/// ```
/// # async fn serve() {}
/// # async fn main_body() {
/// let shutdown = spanwright::shutdown_token();
/// tokio::select! {
///     () = serve() => {}
///     () = shutdown.cancelled() => {} // finish what is going on, then return from `main`
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ShutdownToken {
    asked: watch::Receiver<bool>,
}

impl ShutdownToken {
    /// Waits until the program is asked to end. Returns at once where it was. Safe to cancel.
    pub async fn cancelled(&self) {
        // The sender is a static: it does not go away.
        let _ = self.asked.clone().wait_for(|asked| *asked).await;
    }

    /// Whether the program was asked to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.asked.borrow()
    }
}

/// Takes over the end of the program: from here on, SIGTERM and SIGINT fire the token instead of ending it. See
/// [`ShutdownToken`].
#[must_use = "signals don't end the program any more: whoever holds the token must"]
pub fn shutdown_token() -> ShutdownToken {
    TAKEN.store(true, Ordering::Relaxed);
    ShutdownToken { asked: ASKED.subscribe() }
}

/// What is done when the program is asked to end.
pub(crate) struct Hooks {
    /// Done first, whoever ends the program; returns at once.
    pub(crate) announce: Box<dyn Fn() + Send + Sync>,
    /// How long the program serves on after SIGTERM, before it is told.
    pub(crate) drain: Duration,
    /// Done last, where we end it; takes a bounded time.
    pub(crate) flush: Box<dyn Fn() + Send + Sync>,
}

/// Handles signals from here on, with these hooks.
///
/// # Errors
/// When the system refuses the handlers or the thread.
#[cfg(unix)]
pub(crate) fn handle(hooks: Hooks) -> std::io::Result<()> {
    set_hooks(Some(hooks));
    handler::start()
}

/// Signals are Unix's; nothing is done elsewhere.
#[cfg(not(unix))]
pub(crate) fn handle(_hooks: Hooks) -> std::io::Result<()> {
    Ok(())
}

/// Lets signals end a forked child as they always did: the thread that they wake is the parent's. Touches atomics alone.
pub(crate) fn abandon() {
    #[cfg(unix)]
    handler::abandon();
}

/// There is nothing left to flush: signals end the program as they always did.
pub(crate) fn release() {
    set_hooks(None);
}

fn set_hooks(hooks: Option<Hooks>) {
    *HOOKS.lock().unwrap_or_else(PoisonError::into_inner) = hooks.map(Arc::new);
}

#[cfg(all(test, unix))]
mod tests;
