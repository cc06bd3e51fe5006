//! The thread that signals wake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{io, process, thread};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, exit};

use super::{ASKED, HOOKS, Hooks, TAKEN};

/// Whether the thread that signals wake is another process'. Publishes nothing else.
static IS_FORKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Starts the thread, once in each process: it stays, since a handler that is taken away leaves signals ignored.
pub(super) fn start() -> io::Result<()> {
    static STARTED_IN: Mutex<Option<u32>> = Mutex::new(None);
    let mut started_in = STARTED_IN.lock().unwrap_or_else(PoisonError::into_inner);
    if *started_in != Some(process::id()) {
        // What whoever started the program has set to be ignored stays so: `nohup`, a shell's background jobs.
        let handled = || [SIGTERM, SIGINT].into_iter().filter(|signal| !is_ignored(*signal));
        let is_forked = IS_FORKED.get_or_init(Arc::default);
        if started_in.is_none() {
            for signal in handled() {
                register_conditional_default(signal, Arc::clone(is_forked))?;
            }
        }
        let signals = Signals::new(handled())?;
        thread::Builder::new().name("spanwright-signals".to_owned()).spawn(move || run(signals))?;
        is_forked.store(false, Ordering::Relaxed);
        *started_in = Some(process::id());
    }
    Ok(())
}

/// Leaves it to the signals to end a forked child. Touches atomics alone.
pub(super) fn abandon() {
    if let Some(is_forked) = IS_FORKED.get() {
        is_forked.store(true, Ordering::Relaxed);
    }
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
    if process::id() == 1 {
        // The first process of a container is spared by signals that it leaves at their default: this is what shells call it.
        exit(128 + signal);
    }
    // Both signals are known to have a default and to be terminating; it can't fail.
    let _ = emulate_default_handler(signal);
}
