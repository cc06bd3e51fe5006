//! Tasks that are followed by a future of ours: their polls, their wake-ups, their ends.
//!
//! Wakers are wrapped once for each task, so that a poll allocates nothing. A task's waker is the same as long as the task lives;
//! where a future is polled by another task later, that one's wake-ups are not seen.

use std::future::Future;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;
use spanwright_core::clock::{self, Ticks};
use spanwright_core::events::{self, Spawn, TaskEnd, UserSpec};
use tokio::task::Id;

/// The number of a task, as Tokio counts them.
pub(crate) fn number(id: Id) -> u64 {
    /// Takes the one number that is hashed.
    struct Taken(u64);
    impl Hasher for Taken {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0 = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        }
        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }
    }
    let mut taken = Taken(0);
    id.hash(&mut taken);
    taken.0
}

/// The number of the task that this is in; of one's own for each thread where there is none.
pub(crate) fn current_number() -> u64 {
    /// Tokio never counts so far.
    const OWN: u64 = 1 << 60;
    tokio::task::try_id().map_or_else(|| OWN | u64::from(events::thread_number()), number)
}

/// Notes that a task was made.
pub(crate) fn spawned(id: Id, how: Spawn, place: &'static Location<'static>, name: &'static str) {
    if events::is_on() {
        events::spawned(number(id), how, events::current_runtime(), Some(place), name);
    }
}

/// What a task's wakers have in common.
#[derive(Debug)]
struct Wakes {
    task: u64,
    /// When the task was woken since its last poll, in ticks; zero where it was not. Publishes nothing.
    woken: AtomicU64,
    /// The task's own waker.
    inner: Waker,
}

/// Emitted in a poll that leaves its task without anybody who could wake it.
static WAKER_LOST: UserSpec = UserSpec { name: "spanwright.waker_lost", fields: &[] };

impl Wakes {
    /// Whether nobody holds a waker of the task but the task itself, and nobody has woken it in this poll.
    #[inline]
    fn are_lost(self: &Arc<Self>) -> bool {
        // Those of `Wrapped`. Whoever has dropped another one notes the wake-up before.
        let only_its_own = Arc::strong_count(self) == 2;
        only_its_own && {
            fence(Ordering::Acquire);
            self.woken.load(Ordering::Relaxed) == 0
        }
    }

    #[inline]
    fn note(&self, how: events::Wake) {
        // Once until it is polled: to be woken again changes nothing.
        if events::is_on() && self.woken.load(Ordering::Relaxed) == 0 {
            self.woken.store(events::wake(self.task, how).0, Ordering::Relaxed);
        }
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.note(events::Wake::ByValue);
        self.inner.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.note(events::Wake::ByRef);
        self.inner.wake_by_ref();
    }
}

/// The waker of a task, wrapped.
#[derive(Debug)]
struct Wrapped {
    wakes: Arc<Wakes>,
    waker: Waker,
}

pin_project! {
    /// A task's future, whose polls and wake-ups are recorded while the recorder is on.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RecordedTask<F> {
        #[pin]
        future: F,
        wrapped: OnceLock<Wrapped>,
        // When it was made, until it is polled.
        made: Ticks,
        end: EndOf,
    }
}

/// Follows a task's future.
pub(crate) fn follow<F: Future>(future: F) -> RecordedTask<F> {
    let made = if events::is_on() { clock::now() } else { Ticks(0) };
    RecordedTask { future, wrapped: OnceLock::new(), made, end: EndOf::default() }
}

impl<F: Future> Future for RecordedTask<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !events::is_on() {
            // It has not waited since any more.
            *this.made = Ticks(0);
            if let Some(wrapped) = this.wrapped.get() {
                wrapped.wakes.woken.store(0, Ordering::Relaxed);
            }
            return this.future.poll(context);
        }
        let wrapped = this.wrapped.get_or_init(|| wrap(context.waker()));
        let wakes = &wrapped.wakes;
        this.end.task = wakes.task;
        let woken = wakes.woken.load(Ordering::Relaxed);
        wakes.woken.store(0, Ordering::Relaxed);
        // What was just made waits too.
        let woken = if woken == 0 { std::mem::replace(this.made, Ticks(0)) } else { Ticks(woken) };
        this.end.polls = this.end.polls.saturating_add(1);
        let begun = events::begin_poll(wakes.task, woken).is_some();
        let mut polling = Polling { begun, returned: false, end: this.end };
        let polled = if is_same(&wakes.inner, context.waker()) {
            let polled = this.future.poll(&mut Context::from_waker(&wrapped.waker));
            if polled.is_pending() && wakes.are_lost() {
                lost(wakes.task);
            }
            polled
        } else {
            this.future.poll(context)
        };
        polling.returned = true;
        drop(polling);
        if polled.is_ready() {
            this.end.end(TaskEnd::Completed);
        }
        polled
    }
}

/// What `Waker::will_wake` says, word by word: Tokio has just written this waker so, and the processor waits where such words are
/// read as one.
#[inline]
fn is_same(one: &Waker, other: &Waker) -> bool {
    std::hint::black_box(one.data()) == other.data() && std::ptr::eq(one.vtable(), other.vtable())
}

/// Says of a task that nobody can wake it, unless it is not the one that is known to be polled.
#[cold]
fn lost(task: u64) {
    if events::current_task() == task {
        events::user(&WAKER_LOST, |_| {});
    }
}

#[cold]
fn wrap(inner: &Waker) -> Wrapped {
    let wakes = Arc::new(Wakes { task: current_number(), woken: AtomicU64::new(0), inner: inner.clone() });
    Wrapped { waker: Waker::from(Arc::clone(&wakes)), wakes }
}

/// A poll that was begun, or not; ended when dropped, be it by a panic, which is the task's end then.
struct Polling<'e> {
    begun: bool,
    /// Whether there was none. The thread may unwind already where it began.
    returned: bool,
    end: &'e mut EndOf,
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.begun {
            events::end_poll();
        }
        if !self.returned {
            self.end.end(TaskEnd::Panicked);
        }
    }
}

/// Notes the end of a task, once: when dropped at the latest.
#[derive(Debug, Default)]
struct EndOf {
    /// Zero for one that was not seen to be polled.
    task: u64,
    polls: u32,
}

impl EndOf {
    fn end(&mut self, how: TaskEnd) {
        let task = std::mem::take(&mut self.task);
        if task != 0 {
            #[cfg(tokio_unstable)]
            ENDED.set(task);
            events::ended(task, how, self.polls);
        }
    }
}

impl Drop for EndOf {
    fn drop(&mut self) {
        self.end(TaskEnd::Cancelled);
    }
}

#[cfg(tokio_unstable)]
thread_local! {
    /// The task whose end was noted last on this thread.
    static ENDED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Whether this task's end was noted on this thread just now.
#[cfg(tokio_unstable)]
pub(super) fn has_ended(task: u64) -> bool {
    ENDED.replace(0) == task
}

/// Runs something on the blocking pool, which was handed over at `made`.
pub(crate) fn run_blocking<R>(made: Ticks, work: impl FnOnce() -> R) -> R {
    /// Ends the run when dropped, be it by a panic.
    struct Run;
    impl Drop for Run {
        fn drop(&mut self) {
            let panics = std::thread::panicking();
            events::end_blocking(if panics { TaskEnd::Panicked } else { TaskEnd::Completed });
        }
    }
    let _run = events::begin_blocking(current_number(), made).then_some(Run);
    work()
}
