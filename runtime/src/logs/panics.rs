//! Panics as events, from the thread that panics and within its span.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use spanwright_core::context::Context;

/// Whether panics are logged. Publishes nothing else.
static LOGGED: AtomicBool = AtomicBool::new(false);

/// Logs panics from here on, or stops it. The panic hook that there was is called after ours; ours is set once, and stays,
/// since another one may have been set on top of it.
pub(crate) fn log_panics(logged: bool) {
    static SET: Mutex<bool> = Mutex::new(false);
    LOGGED.store(logged, Ordering::Relaxed);
    let mut set = SET.lock().unwrap_or_else(PoisonError::into_inner);
    // Who panics can't set a hook.
    if logged && !*set && !std::thread::panicking() {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            log(info);
            before(info);
        }));
        *set = true;
    }
}

/// Logs a panic, but not one of the telemetry's own threads, nor one that comes of logging another.
fn log(info: &PanicHookInfo<'_>) {
    thread_local! {
        static LOGGING: Cell<bool> = const { Cell::new(false) };
    }
    let is_wanted = LOGGED.load(Ordering::Relaxed) && crate::telemetry::is_installed();
    if !is_wanted || Context::here().is_suppressed() || LOGGING.replace(true) {
        return;
    }
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("<unnamed>");
    let message = message(info);
    match info.location() {
        Some(place) => tracing::error!(target: "panic", location = %place, thread, "{message}"),
        None => tracing::error!(target: "panic", thread, "{message}"),
    }
    LOGGING.set(false);
}

/// What the panic says, where that is text.
fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("Box<dyn Any>")
}
