//! What a connection is doing, and until when it may.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long each step of a connection may take. What takes longer is closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time. Where there are as many, a new one takes the place of the one that has been idle for the longest time.
    pub(super) connections: usize,
    /// More of them while all those are being answered: for `/live` and `/ready` alone.
    pub(super) probes: usize,
    /// Between two requests, without a byte. Longer than the usual time between two scrapes.
    pub(super) idle: Duration,
    /// From a request's first byte to the last one of its head; to its answer, where it has a body.
    pub(super) head: Duration,
    /// From there until the whole answer is on its way.
    pub(super) answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connections: 256, probes: 64, idle: seconds(60), head: seconds(10), answer: seconds(30) }
    }
}

/// For so long nobody takes the place of who has just come.
const NEW: Duration = Duration::from_millis(50);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waiting for a request.
    Idle,
    /// A part of a request has come: of its head, or of its body.
    Head,
    /// The request is being answered; nothing of the answer is there yet.
    Asked,
    /// The answer is being written.
    Answered,
    /// An answer without an end is being written, a piece at a time.
    #[cfg(feature = "console")]
    Streaming,
    /// It is to be closed.
    Closed,
}

/// Shared by a connection's stream, its service, and whoever looks for one to close.
#[derive(Debug)]
pub(super) struct Progress {
    limits: Limits,
    made: Instant,
    now: Mutex<Now>,
    /// The deadline has become an earlier one.
    earlier: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Now {
    phase: Phase,
    deadline: Instant,
    /// When a byte was last moved.
    moved: Instant,
}

impl Progress {
    pub(super) fn new(limits: Limits) -> Self {
        let made = Instant::now();
        let now = Now { phase: Phase::Idle, deadline: made + limits.idle, moved: made };
        Self { limits, made, now: Mutex::new(now), earlier: Notify::new() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have come.
    pub(super) fn has_read(&self) {
        let mut now = self.now();
        now.moved = Instant::now();
        if now.phase == Phase::Idle {
            self.enter(&mut now, Phase::Head, self.limits.head);
        }
    }

    /// Bytes have gone.
    pub(super) fn has_written(&self) {
        let mut now = self.now();
        now.moved = Instant::now();
        // Each piece has the time of an answer: whoever takes none is closed.
        #[cfg(feature = "console")]
        if now.phase == Phase::Streaming {
            now.deadline = now.moved + self.limits.answer;
        }
    }

    /// There is an answer that has no end, and of which there is a piece now and then.
    #[cfg(feature = "console")]
    pub(super) fn is_streaming(&self) {
        self.enter(&mut self.now(), Phase::Streaming, self.limits.answer);
    }

    /// A request is whole.
    pub(super) fn is_asked(&self) {
        self.enter(&mut self.now(), Phase::Asked, self.limits.answer);
    }

    /// There is an answer, which is to be written by the deadline of a whole request.
    pub(super) fn is_answered(&self) {
        let mut now = self.now();
        match now.phase {
            Phase::Asked => now.phase = Phase::Answered,
            Phase::Head => self.enter(&mut now, Phase::Answered, self.limits.answer),
            Phase::Idle | Phase::Answered | Phase::Closed => {}
            #[cfg(feature = "console")]
            Phase::Streaming => {}
        }
    }

    /// All that there was to be written is.
    pub(super) fn has_flushed(&self) {
        let mut now = self.now();
        if now.phase == Phase::Answered {
            self.enter(&mut now, Phase::Idle, self.limits.idle);
        }
    }

    fn enter(&self, now: &mut Now, phase: Phase, limit: Duration) {
        if now.phase == Phase::Closed {
            return;
        }
        let deadline = Instant::now() + limit;
        let is_earlier = deadline < now.deadline;
        *now = Now { phase, deadline, ..*now };
        if is_earlier {
            self.earlier.notify_one();
        }
    }

    /// Closes the connection, whatever it is doing.
    pub(super) fn close(&self) {
        let mut now = self.now();
        (now.phase, now.deadline) = (Phase::Closed, Instant::now());
        self.earlier.notify_one();
    }

    /// Since when no byte was moved, where no request is being answered, and none may have come that was not read yet.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let now = *self.now();
        let is_new = now.moved == self.made && self.made.elapsed() < NEW;
        let may_close = matches!(now.phase, Phase::Idle | Phase::Head | Phase::Answered);
        (may_close && !is_new).then_some(now.moved)
    }

    /// Returns when the connection is to be closed.
    pub(super) async fn ends(&self) {
        loop {
            let Now { deadline, phase, .. } = *self.now();
            if phase == Phase::Closed || deadline <= Instant::now() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => {}
                () = self.earlier.notified() => {}
            }
        }
    }
}
