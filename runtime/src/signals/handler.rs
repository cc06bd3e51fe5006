//! The thread that signals wake.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::{ASKED, HOOKS, Hooks, TAKEN};

/// Starts the thread, once: it stays, since a handler that is taken away leaves signals ignored.
pub(super) fn start() -> io::Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        // What whoever started the program has set to be ignored stays so: `nohup`, a shell's background jobs.
        let signals = Signals::new([SIGTERM, SIGINT].into_iter().filter(|signal| !is_ignored(*signal)))?;
        thread::Builder::new().name("spanwright-signals".to_owned()).spawn(move || run(signals))?;
        *started = true;
    }
    Ok(())
}

/// Whether the process ignores this signal, where the system says so (`SigIgn` in Linux' `/proc/self/status`).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn run(mut signals: Signals) {
    let _suppressed = crate::span::suppress();
    let mut asked_before = false;
    for signal in signals.forever() {
        let hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match hooks {
            Some(hooks) if !asked_before => begin_end(signal, hooks),
            _ => end(signal),
        }
        asked_before = true;
    }
}

/// Announces the end, and lets the program serve on for a while; then leaves it to the token's owner, or flushes and ends the
/// program.
fn begin_end(signal: i32, hooks: Arc<Hooks>) {
    (hooks.announce)();
    let finish = move || {
        let _suppressed = crate::span::suppress();
        if signal == SIGTERM {
            thread::sleep(hooks.drain);
        }
        // Before asking whether somebody waits: who takes a token from here on finds it fired.
        ASKED.send_replace(true);
        if !TAKEN.load(Ordering::Relaxed) {
            (hooks.flush)();
            end(signal);
        }
    };
    // On a thread of its own, so that this one hears a second signal.
    if thread::Builder::new().name("spanwright-end".to_owned()).spawn(finish).is_err() {
        end(signal);
    }
}

/// Ends the process as the signal would have.
fn end(signal: i32) {
    // Both signals are known to have a default and to be terminating; it can't fail.
    let _ = emulate_default_handler(signal);
}
