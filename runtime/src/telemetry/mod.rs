//! The start of everything: [`Telemetry::builder`], and the [`Guard`] that sees to the end.
//!
//! Invariants:
//! - the telemetry doesn't stop a program: what can't be done is a [`Problem`], printed once and kept, unless the
//!   program says that its telemetry is [required](Builder::required);
//! - every wait at the end is bounded: by the shutdown timeout, and a second for the admin server's last answers;
//! - a forked child has no telemetry, and ends as if there had never been any.

mod builder;
mod exporters;
mod install;
pub(crate) mod last;
mod own_state;
mod problem;
mod push;
mod recorder;
mod report;
mod rolling;
mod sampler;
mod sources;
mod switch;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use builder::Builder;
pub use problem::{InstallError, Problem};
use push::Push;
use report::report_all;
pub(crate) use report::{print, report, report_if_started};
pub use rolling::windows;
pub use sampler::{SampleRate, Sampler};
pub use switch::{is_enabled, set_enabled};

use crate::bridge;
use crate::component;
use crate::config::Explanation;
use crate::health::Health;
use crate::logs;
use crate::registry::Windows;
use crate::signals::{self, ShutdownToken};
use crate::span::PipelineHandle;

/// The telemetry of a program.
///
/// ```
/// use spanwright::Telemetry;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let telemetry = Telemetry::builder()
///         .service_name("shop")
///         .metrics_addr(([127, 0, 0, 1], 0))
///         .health_check("stock", || async { Ok::<(), String>(()) })
///         .install()?;
///     // The program's work.
///     telemetry.flush();
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Telemetry(());

impl Telemetry {
    /// A builder with everything at its default. The environment wins over what is said to it: see
    /// [`config`](crate::config).
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What has been in force since the telemetry of this process was installed last, and where each value comes from; with
    /// secrets hidden, and with the filter and the components as they are switched now. Nothing where none was installed. What
    /// would be in force says [`Builder::explain`].
    ///
    /// ```
    /// let _telemetry = spanwright::Telemetry::builder().metrics_enabled(false).install()?;
    /// let explanation = spanwright::Telemetry::explain().expect("it is installed");
    /// assert!(explanation.to_string().contains("metrics.enabled = false"));
    /// # Ok::<(), spanwright::telemetry::InstallError>(())
    /// ```
    #[must_use]
    pub fn explain() -> Option<Arc<Explanation>> {
        let mut explanation = EXPLANATION.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let now = Arc::make_mut(&mut explanation);
        now.change("logging.level", logs::filter());
        if let Some(switched) = component::switched() {
            now.change("components", switched);
        }
        Some(explanation)
    }
}

/// Keeps the telemetry running. When dropped, be it by a panic, it turns `/ready` off, exports what spans there are and
/// pushes the metrics, within the shutdown timeout, and stops the admin server.
///
/// The process may also end without its drop: by [`std::process::exit`] on Unix, or by a panic where panics abort. What there is
/// is exported then too, within the same time. What ends it by a signal that is not handled, or by `abort`, loses it.
///
/// In a forked child dropping it does nothing, and annotated functions there are their bare bodies: the telemetry's threads are
/// the parent's. So that a child has its own, it is installed there, and not before the fork. Handled signals end a child at once.
///
/// Keep it in `main` until the end: `let _telemetry = …`, not `let _ = …`.
#[must_use = "the telemetry stops when its guard is dropped"]
pub struct Guard {
    health: Arc<Health>,
    pipeline: Option<PipelineHandle>,
    push: Push,
    #[cfg(feature = "recorder")]
    recorder: Option<crate::recorder::RecorderGuard>,
    #[cfg(feature = "server")]
    server: Option<crate::server::Server>,
    handles_signals: bool,
    problems: Vec<Problem>,
    timeout: Duration,
    /// How long the program serves on once it is asked to end.
    drain_period: Duration,
    sources: sources::Sources,
    /// The last to go: the next telemetry must not meet this one.
    _installed: Installed,
}

impl Guard {
    /// Exports all spans that have ended until now, and pushes the metrics; waits at most for the shutdown timeout, 5
    /// seconds unless set otherwise. Whether all was delivered.
    pub fn flush(&self) -> bool {
        if last::is_forked() {
            // It has recorded nothing.
            return true;
        }
        let asked = self.push.ask(self.timeout);
        let spans = self.pipeline.as_ref().is_none_or(|pipeline| pipeline.flush(self.timeout));
        asked.wait() & spans
    }

    /// Turns `/ready` off, and waits for the drain period, so that nobody sends anything any more when the program stops serving:
    /// for programs that end by a decision of their own. SIGTERM does this by itself, where
    /// [signals are handled](Builder::handle_signals). Blocks the thread, on which other tasks of an asynchronous program don't
    /// run meanwhile: use `spawn_blocking` there. Without an admin server nobody can see it, and nothing is waited for.
    pub fn drain(&self) {
        self.health.shut_down();
        std::thread::sleep(self.drain_period);
    }

    /// What dropping does. Whether all was delivered within the shutdown timeout.
    pub fn shutdown(mut self) -> bool {
        self.stop()
    }

    /// Where the admin server listens; nothing where there is none.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        #[cfg(feature = "server")]
        return self.server.as_ref().map(crate::server::Server::address);
        #[cfg(not(feature = "server"))]
        None
    }

    /// What could not be done as asked, warnings included. It was printed to the standard error too.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Takes over the end of the program, as [`shutdown_token`](crate::shutdown_token) does.
    #[must_use = "signals don't end the program any more: whoever holds the token must"]
    pub fn shutdown_token(&self) -> ShutdownToken {
        signals::shutdown_token()
    }

    /// The shutdown timeout.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The rolling windows; nothing where there are [none](Builder::rolling_windows).
    #[must_use]
    pub fn windows(&self) -> Option<Arc<Windows>> {
        self.sources.rolling.as_ref().map(rolling::Rolling::windows)
    }

    /// Whether Tokio runtimes are measured.
    pub(crate) fn watches_runtimes(&self) -> bool {
        self.sources.watches_runtimes
    }

    fn stop(&mut self) -> bool {
        if last::is_forked() {
            self.abandon();
            return true;
        }
        last::forget_flush();
        self.health.shut_down();
        #[cfg(feature = "recorder")]
        let recorded = self.recorder.take().is_none_or(|recorder| recorder.shutdown(self.timeout));
        #[cfg(not(feature = "recorder"))]
        let recorded = true;
        // Its pipeline, or its part of one, before the pipeline's end.
        #[cfg(feature = "console")]
        self.server.iter().for_each(crate::server::Server::end_console);
        let push = std::mem::take(&mut self.push);
        // Both at once: neither takes the other's time.
        let asked = push.ask_last(self.timeout);
        let delivered = self.pipeline.take().is_none_or(|pipeline| {
            let delivered = pipeline.shutdown(self.timeout);
            pipeline.report_undelivered(self.timeout);
            bridge::leave();
            delivered
        });
        let pushed = asked.wait();
        push.report_undelivered(self.timeout);
        if self.handles_signals {
            self.handles_signals = false;
            signals::release();
        }
        #[cfg(feature = "server")]
        if self.server.take().is_some() {
            set_address(None);
        }
        delivered & pushed & recorded
    }
}

impl Guard {
    /// Lets go of what is the parent's, in a forked child: its threads are not there, and what waits for them would wait for ever.
    fn abandon(&mut self) {
        self.handles_signals = false;
        std::mem::forget(std::mem::take(&mut self.sources));
        std::mem::forget(std::mem::take(&mut self.push));
        std::mem::forget(self.pipeline.take());
        #[cfg(feature = "recorder")]
        std::mem::forget(self.recorder.take());
        #[cfg(feature = "server")]
        std::mem::forget(self.server.take());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("metrics_addr", &self.metrics_addr())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// Where the admin server of this process listens; nothing where there is none. For programs with
/// `#[spanwright::main]`, which don't have the [`Guard`] at hand.
#[must_use]
pub fn metrics_addr() -> Option<SocketAddr> {
    *ADDRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the admin server listens, if one does.
static ADDRESS: Mutex<Option<SocketAddr>> = Mutex::new(None);

#[cfg(feature = "server")]
fn set_address(address: Option<SocketAddr>) {
    *ADDRESS.lock().unwrap_or_else(PoisonError::into_inner) = address;
}

/// What was in force at the last start.
static EXPLANATION: Mutex<Option<Arc<Explanation>>> = Mutex::new(None);

fn set_explanation(explanation: Explanation) {
    *EXPLANATION.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(explanation));
}

/// The right to be the telemetry of this process.
#[derive(Debug)]
struct Installed(());

/// Whether somebody has it. Acquired and released with the right, so that the next one sees the last one's end.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether the process has its telemetry now: from its installation to the end of its guard, and not in a forked child. Without the feature `telemetry`
/// it never has.
///
/// ```
/// assert!(!spanwright::is_installed());
/// let telemetry = spanwright::Telemetry::builder().metrics_enabled(false).install()?;
/// assert!(spanwright::is_installed());
/// drop(telemetry);
/// assert!(!spanwright::is_installed());
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
#[must_use]
pub fn is_installed() -> bool {
    INSTALLED.load(Ordering::Acquire) && !last::is_forked()
}

impl Installed {
    fn claim() -> Option<Self> {
        let free = INSTALLED.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        free.then_some(Self(()))
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.store(false, Ordering::Release);
    }
}

#[cfg(all(test, feature = "server"))]
mod tests;
