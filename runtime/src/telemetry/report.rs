//! Messages about the telemetry itself. They go to the standard error, never through what they are about.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Problem;
use crate::config::OwnLevel;

/// Messages that may be printed at once, and how long it takes until one more may.
const BURST: u32 = 10;
const EVERY: Duration = Duration::from_secs(10);

/// What is printed at all. Publishes nothing else.
static LEVEL: AtomicU8 = AtomicU8::new(OwnLevel::All as u8);

/// Sets what of the telemetry's own messages is printed, from here on.
pub(super) fn set_own_level(level: OwnLevel) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

fn prints(level: OwnLevel) -> bool {
    LEVEL.load(Ordering::Relaxed) >= level as u8
}

/// Prints a message of the running telemetry. When there are too many, some are left out and counted.
pub(crate) fn report(message: &str) {
    if !prints(OwnLevel::Errors) {
        return;
    }
    static LIMIT: Mutex<Limit> = Mutex::new(Limit::new());
    let allowed = LIMIT.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
    match allowed {
        None => {}
        Some(0) => print(message),
        Some(skipped) => print(&format!("{message} ({skipped} messages before it were left out)")),
    }
}

/// Whether the start has reported its problems. Publishes nothing else.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Prints what has come up since the start.
pub(crate) fn report_if_started(problem: &impl Display) {
    if STARTED.load(Ordering::Relaxed) {
        report(&problem.to_string());
    }
}

/// Prints the problems of a start, all of them.
pub(crate) fn report_all<'a>(problems: impl IntoIterator<Item = &'a Problem>) {
    STARTED.store(true, Ordering::Relaxed);
    let level = |problem: &Problem| if problem.is_warning() { OwnLevel::All } else { OwnLevel::Errors };
    let printed = problems.into_iter().filter(|problem| prints(level(problem)));
    printed.for_each(|problem| print(&problem.to_string()));
}

/// Prints lines that were asked for.
pub(super) fn print_lines(lines: &str) {
    lines.lines().for_each(print);
}

/// Prints one line: the one place of this crate that does.
pub(crate) fn print(message: &str) {
    // Not `eprintln!`: it panics where the standard error is closed.
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "spanwright: {message}");
}

/// A token bucket.
struct Limit {
    used: u32,
    refilled: Option<Instant>,
    skipped: u32,
}

impl Limit {
    const fn new() -> Self {
        Self { used: 0, refilled: None, skipped: 0 }
    }

    /// Whether a message may be printed: if so, how many were skipped since the last one.
    fn take(&mut self, now: Instant) -> Option<u32> {
        let refilled = *self.refilled.get_or_insert(now);
        let more = now.saturating_duration_since(refilled).as_secs() / EVERY.as_secs();
        if more > 0 {
            self.used = self.used.saturating_sub(u32::try_from(more).unwrap_or(u32::MAX));
            self.refilled = Some(now);
        }
        if self.used >= BURST {
            self.skipped += 1;
            return None;
        }
        self.used += 1;
        Some(std::mem::take(&mut self.skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_messages_becomes_a_trickle_and_none_is_uncounted() {
        let (mut limit, start) = (Limit::new(), Instant::now());
        let taken: Vec<_> = (0..15).filter_map(|_| limit.take(start)).collect();
        assert_eq!(taken, [0; BURST as usize]);
        assert_eq!(limit.take(start + EVERY), Some(5));
        assert_eq!(limit.take(start + EVERY), None);
        let later = start + EVERY * 100;
        let taken: Vec<_> = (0..15).filter_map(|_| limit.take(later)).collect();
        assert_eq!(taken[..2], [1, 0]);
        assert_eq!(taken.len(), BURST as usize);
    }
}
