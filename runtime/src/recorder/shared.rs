//! What the recorder's thread and its handles have in common: what is asked of it, and what it says of itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use spanwright_core::{chunks, events};
use spanwright_recording::UploadHealth;

use super::feed;
use super::metrics::RecorderMetrics;
use super::trigger::Trigger;
use crate::span;

/// What a ring may take that nobody else has given a size.
pub(super) const RING_BYTES: usize = 14 << 20;
/// Triggers that wait; more of them say the same.
const MOST_TRIGGERS: usize = 64;

/// Whether a recorder's thread runs, for a forked child, which must not lock anything. Publishes nothing.
pub(crate) static RUNS: AtomicBool = AtomicBool::new(false);

/// Whether as many triggers wait as there may be, so that calls which all miss their objectives need not queue for a lock to learn it.
/// Publishes nothing.
static CROWDED: AtomicBool = AtomicBool::new(false);

/// Whether a trigger would be one too many.
pub(super) fn is_crowded() -> bool {
    CROWDED.load(Ordering::Relaxed)
}

/// What the thread and its handles have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// Whether events are recorded now. Publishes nothing.
    pub(super) enabled: AtomicBool,
    /// Whether it is never switched on again. Locked by who switches, so that all that goes with it is one.
    ended: Mutex<bool>,
    /// Bytes written, and events recorded. They publish nothing.
    pub(super) bytes: AtomicU64,
    pub(super) events: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) dumps: AtomicU64,
    /// What the writer said last; nothing where it was well.
    pub(super) failing: Mutex<Option<String>>,
    /// Why what is recorded does not outlive the process; nothing where it does, or need not.
    pub(super) mortal: Mutex<Option<String>>,
    /// How uploads go, as of the last tick; nothing where the writer has none.
    pub(super) uploads: Mutex<Option<UploadHealth>>,
    asked: Mutex<Asked>,
    /// Tells that something of it is done.
    done: Condvar,
    queue_bytes: usize,
    /// Whether blocks are kept in memory until something happens.
    #[cfg(feature = "console")]
    pub(super) is_flight: bool,
}

#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Requests for all that was recorded until then …
    pub(super) wanted: u64,
    /// … and how many of them the writer was handed it for.
    pub(super) handed: u64,
    /// How often recording was switched on.
    pub(super) starts: u64,
    triggers: Vec<Trigger>,
    /// Whether it is to be written down where tasks wait.
    pub(super) dump_tasks: bool,
    /// Who wants a copy of what a flight recorder keeps.
    #[cfg(feature = "console")]
    pub(super) copies: Vec<super::copy::Copy>,
    /// Until when its end waits for all that was recorded; nothing before it is told to end.
    pub(super) stop: Option<Instant>,
    running: bool,
    thread: Option<Thread>,
    /// Who looks at what goes on.
    watcher: Option<Thread>,
}

impl Shared {
    #[cfg_attr(not(feature = "console"), allow(unused_variables, reason = "who looks asks for it"))]
    pub(super) fn new(queue_bytes: usize, is_flight: bool) -> Self {
        Self {
            enabled: AtomicBool::new(false),
            ended: Mutex::new(false),
            bytes: AtomicU64::new(0),
            events: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            dumps: AtomicU64::new(0),
            failing: Mutex::new(None),
            mortal: Mutex::new(None),
            uploads: Mutex::new(None),
            asked: Mutex::default(),
            done: Condvar::new(),
            queue_bytes,
            #[cfg(feature = "console")]
            is_flight,
        }
    }

    /// Notes what the writer says, nothing where it is well; what it said before.
    pub(super) fn set_failing(&self, error: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.failing.lock().unwrap_or_else(PoisonError::into_inner), error)
    }

    /// Notes why what is recorded would not outlive a kill; nothing where it does.
    pub(super) fn set_mortal(&self, why: Option<String>) {
        *self.mortal.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Notes how uploads go.
    pub(super) fn set_uploads(&self, now: Option<UploadHealth>) {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(feature = "object_store")]
        if let Some(now) = &now {
            super::metrics::UploadMetrics::global().note(uploads.as_ref(), now);
        }
        *uploads = now;
    }

    pub(super) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the thread runs.
    pub(super) fn is_running(&self) -> bool {
        self.asked().running
    }

    /// Whether it was told to end, and has not yet.
    pub(super) fn is_ending(&self) -> bool {
        let asked = self.asked();
        asked.running && asked.stop.is_some()
    }

    pub(super) fn ask(&self, what: impl FnOnce(&mut Asked)) {
        let mut asked = self.asked();
        what(&mut asked);
        if let Some(thread) = &asked.thread {
            thread.unpark();
        }
    }

    fn switch(&self) -> MutexGuard<'_, bool> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records from now on, unless it has ended.
    pub(super) fn enable(&self) {
        let ended = self.switch();
        if *ended || self.enabled.swap(true, Ordering::Relaxed) {
            return;
        }
        if chunks::ring().usage().0 == 0 {
            chunks::ring().set_limit(RING_BYTES);
        }
        feed::open(self.queue_bytes);
        events::set_on(true);
        span::for_recorder(true);
        RecorderMetrics::global().recording.set(1.0);
        self.ask(|asked| {
            asked.starts += 1;
            if let Some(watcher) = &asked.watcher {
                watcher.unpark();
            }
        });
    }

    /// Says who is to be woken where recording is switched on.
    pub(super) fn set_watcher(&self, watcher: &Thread) {
        self.asked().watcher = Some(watcher.clone());
    }

    /// Records nothing from now on; what was recorded is written within `timeout`.
    pub(super) fn disable(&self, timeout: Duration) {
        if !self.switch_off(&mut self.switch()) {
            return;
        }
        self.flush(timeout);
        let _switch = self.switch();
        // Somebody may have switched it on meanwhile.
        if !self.enabled.load(Ordering::Relaxed) {
            feed::close();
        }
    }

    /// Whether it was on.
    fn switch_off(&self, _: &mut MutexGuard<'_, bool>) -> bool {
        let was_on = self.enabled.swap(false, Ordering::Relaxed);
        if was_on {
            events::set_on(false);
            span::for_recorder(false);
            RecorderMetrics::global().recording.set(0.0);
        }
        was_on
    }

    /// The thread has panicked, as its writer may have it do: nobody takes what is recorded.
    fn die(&self) {
        let mut ended = self.switch();
        *ended = true;
        self.switch_off(&mut ended);
        feed::close();
        chunks::ring().hold(false);
        self.set_failing(Some("the recorder's thread has panicked".to_owned()));
    }

    /// Whether the thread has ended though nobody has told it to.
    pub(super) fn is_dead(&self) -> bool {
        let asked = self.asked();
        !asked.running && asked.stop.is_none()
    }

    /// Writes what was recorded until now; whether that was done within `timeout`, and the writer took it.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let deadline = crate::export::deadline::after(timeout);
        let mut mine = 0;
        self.ask(|asked| {
            asked.wanted += 1;
            mine = asked.wanted;
        });
        let left = deadline.saturating_duration_since(Instant::now());
        let is_waiting = |asked: &mut Asked| asked.running && asked.handed < mine;
        let waited = self.done.wait_timeout_while(self.asked(), left, is_waiting);
        let handed = waited.unwrap_or_else(PoisonError::into_inner).0.handed >= mine;
        handed && self.failing.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Tells of something that is worth keeping what came before it.
    pub(super) fn trigger(&self, trigger: Trigger) {
        self.ask(|asked| {
            if asked.triggers.len() < MOST_TRIGGERS {
                asked.triggers.push(trigger);
            }
            CROWDED.store(asked.triggers.len() >= MOST_TRIGGERS, Ordering::Relaxed);
        });
    }

    /// What has happened since this was last asked.
    pub(super) fn take_triggers(asked: &mut Asked) -> Vec<Trigger> {
        CROWDED.store(false, Ordering::Relaxed);
        std::mem::take(&mut asked.triggers)
    }

    /// Tells of an operator who asks for a dump, and so wants to know where each task waits, whatever the configuration says.
    pub(super) fn request(&self, why: &'static str) {
        // What tasks wait for is to be in the recording that this has written.
        self.dump_tasks();
        self.trigger(Trigger::new(why));
    }

    /// Has it written down where tasks wait.
    pub(super) fn dump_tasks(&self) {
        self.ask(|asked| asked.dump_tasks = true);
    }

    /// Ends the thread, which writes what there is before; whether it did so within `timeout`. A thread that was told to end already
    /// is not waited for again.
    pub(super) fn stop(&self, timeout: Duration) -> bool {
        let deadline = crate::export::deadline::after(timeout);
        if self.asked().stop.is_some() {
            return !self.is_running();
        }
        *self.switch() = true;
        self.disable(timeout);
        self.ask(|asked| asked.stop = Some(deadline));
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.done.wait_timeout_while(self.asked(), left, |asked| asked.running);
        !waited.unwrap_or_else(PoisonError::into_inner).0.running
    }

    /// Says that the writer was handed what was recorded until request `wanted`; whether more was asked meanwhile by who knows of
    /// so many starts.
    pub(super) fn handed(&self, wanted: u64, starts: u64) -> bool {
        let mut asked = self.asked();
        asked.handed = asked.handed.max(wanted);
        self.done.notify_all();
        asked.wanted > wanted
            || asked.stop.is_some()
            || asked.dump_tasks
            || asked.wants_copies()
            || !asked.triggers.is_empty()
            || asked.starts != starts
    }

    /// Says that a thread runs, while what is returned lives.
    pub(super) fn run(self: &Arc<Self>) -> Running {
        self.asked().running = true;
        RUNS.store(true, Ordering::Relaxed);
        Running(Arc::clone(self))
    }

    /// Says which thread that is.
    pub(super) fn set_thread(&self, thread: &Thread) {
        self.asked().thread = Some(thread.clone());
    }
}

impl Asked {
    /// Whether somebody waits for what was recorded until now, who knows of so many requests.
    pub(super) fn is_waited_for(&self, wanted: u64) -> bool {
        self.handed < wanted || self.wants_copies()
    }

    /// Whether somebody waits for a copy.
    #[cfg(feature = "console")]
    pub(super) fn wants_copies(&self) -> bool {
        !self.copies.is_empty()
    }

    #[cfg(not(feature = "console"))]
    pub(super) const fn wants_copies(&self) -> bool {
        false
    }
}

/// Says that the thread runs, until it is dropped: at its end, whatever ended it.
#[derive(Debug)]
pub(super) struct Running(pub(super) Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.die();
        }
        RUNS.store(false, Ordering::Relaxed);
        self.0.asked().running = false;
        self.0.done.notify_all();
    }
}
