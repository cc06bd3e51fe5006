//! How far long work has come, on a standard error that somebody looks at.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work that takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const EVERY: Duration = Duration::from_millis(100);

/// A line that is written over again and again, and removed in the end.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    terminal: bool,
    next: Instant,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { what, terminal, next: Instant::now() + PATIENCE, shown: false }
    }

    /// Shows nothing: where lines come out on the terminal, it would be among them.
    pub(crate) fn hidden() -> Self {
        Self { terminal: false, ..Self::new("") }
    }

    /// So many blocks of all were read.
    pub(crate) fn at(&mut self, done: u64, all: u64) {
        self.at_of("block", done, all);
    }

    /// So many of all of these were read.
    pub(crate) fn at_of(&mut self, these: &str, done: u64, all: u64) {
        if !self.terminal || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + EVERY;
        self.shown = true;
        let share = done.saturating_mul(100).checked_div(all).unwrap_or(100);
        // It is not worth an error.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}: {share} %, {these} {done} of {all}", self.what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
