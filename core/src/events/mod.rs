//! What the recorder wants to know besides spans and log events: polls, parks, wakes, queue depths, tasks, work on the
//! blocking pool, and events of the user's own. All become records of the [ring](crate::chunks), on one clock.
//!
//! Whoever sees something calls a function of this module. While nothing is [recorded](is_on) that is one relaxed load;
//! while it is, no system call, no lock and no allocation but at a thread's first event and where a chunk is full. What finds no
//! room is dropped and [counted](take_lost).
//!
//! A poll, a park and a run on the blocking pool are one record each, written at their end; while they last, the thread's
//! [`Lane`] says so to whoever watches.
//!
//! Invariants:
//! - only its thread writes a lane's hot words; each is read on its own, and publishes nothing but itself;
//! - the addresses in records are those of `&'static` values, and are written down for other processes before the record is.

mod lane;
mod read;
#[cfg(test)]
mod tests;
mod user;

use std::panic::Location;

pub use crate::lanes::{Doing, Lane, Role, ThreadFacts};
pub(crate) use lane::{LaneCell, retire_thread};
pub use lane::{current_runtime, lanes, place_thread, thread_number, untold_threads};
pub use read::{Depth, Polled, RunEnd, Spawned, TaskRecord, Woken};
pub use user::{FieldValue, UserEvent, UserSpec, UserWriter, user};

use crate::chunks::{self, Head, Kind};
use crate::clock::{self, Ticks};
use crate::local::{self, Local};
use crate::segment::definitions;
use crate::sync::{AtomicU64, Ordering};

/// Whether events are recorded, in the lowest bit; above it, how often lanes got other memory. Publishes that memory.
static ON: AtomicU64 = AtomicU64::new(0);
/// Events that found no room since somebody has asked. Publishes nothing.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Whether events are recorded.
#[inline(always)]
#[must_use]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed) & 1 != 0
}

/// A time of recording, in which lanes are in the same memory.
#[derive(Clone, Copy, Debug)]
struct Epoch(u64);

/// This time, whether anything is recorded or not.
fn epoch() -> Epoch {
    Epoch(ON.load(Ordering::Acquire) | 1)
}

/// This time, where something is recorded.
#[inline(always)]
fn epoch_if_on() -> Option<Epoch> {
    let on = ON.load(Ordering::Relaxed);
    (on & 1 != 0).then_some(Epoch(on))
}

/// Records events from now on, or leaves it. Only an atomic is touched, so that a forked child may do it.
pub fn set_on(on: bool) {
    if on {
        ON.fetch_or(1, Ordering::Relaxed);
    } else {
        ON.fetch_and(!1, Ordering::Relaxed);
    }
}

/// Lanes are in other memory from here on: each thread takes another one at its next event.
pub(crate) fn move_lanes() {
    ON.fetch_add(2, Ordering::Release);
}

/// How many events found no room since this was last asked.
pub fn take_lost() -> u64 {
    LOST.swap(0, Ordering::Relaxed)
}

/// How a task was woken, as a record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Wake {
    /// By reference.
    ByRef = 1,
    /// By value.
    ByValue = 2,
}

/// How a task came to be, as a record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Spawn {
    /// On a runtime's workers.
    Async = 1,
    /// On one thread.
    Local = 2,
    /// On the blocking pool.
    Blocking = 3,
}

/// How a task ended, as a record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TaskEnd {
    /// Nobody knows.
    Unknown = 0,
    /// It finished.
    Completed = 1,
    /// It was dropped before it finished.
    Cancelled = 2,
    /// It panicked.
    Panicked = 3,
}

/// The task that is being polled on this thread; zero where none is known to be.
#[inline]
#[must_use]
pub fn current_task() -> u64 {
    local::with(|local| local.lane().task())
}

/// How long the task that is being polled on this thread had been woken before, in ticks.
#[inline]
#[must_use]
pub fn current_queued() -> u64 {
    local::with(|local| local.lane().queued())
}

/// Begins a poll of a task, which was woken at `woken`, zero where nobody knows: when that was. Nothing where nothing is recorded,
/// and within another poll: then it is not to be ended.
#[inline]
#[must_use = "a poll that was begun is to be ended"]
pub fn begin_poll(task: u64, woken: Ticks) -> Option<Ticks> {
    let epoch = epoch_if_on()?;
    local::with(|local| begin(local.lane_made(epoch)?, Doing::Poll, task, woken))
}

/// Begins what a thread does, unless it does something already; when that was.
#[inline]
fn begin(lane: &Lane, doing: Doing, task: u64, woken: Ticks) -> Option<Ticks> {
    lane.may_begin().then(|| {
        let now = clock::now();
        let queued = if woken.0 == 0 { 0 } else { now.0.saturating_sub(woken.0) };
        lane.begin(doing, task, queued, now);
        now
    })
}

/// Whether a poll can begin on this thread: something is recorded, and no poll is open.
#[inline]
#[must_use]
pub fn may_poll() -> bool {
    is_on() && local::with(|local| local.lane().is_free())
}

/// Ends the poll that was begun on this thread: when that was, unless it is not recorded any more.
#[inline]
pub fn end_poll() -> Option<Ticks> {
    local::with(|local| {
        let (start, task) = local.lane().end(Doing::Poll)?;
        if !is_on() {
            return None;
        }
        let at = clock::now();
        let took = at.0.saturating_sub(start.0);
        match u32::try_from(took) {
            Ok(aux) => put(local, Kind::Poll, 0, aux, at, [task]),
            Err(_) => put_slowly(local, Kind::Poll, 0, took as u32, at, [task, took >> 32]),
        }
        Some(at)
    })
}

/// The thread, a runtime's worker, has nothing to do from now on.
#[inline]
pub fn park() {
    if let Some(epoch) = epoch_if_on() {
        local::with(|local| begin(local.lane_made(epoch)?, Doing::Park, 0, Ticks(0)));
    }
}

/// The thread, a runtime's worker, goes on.
#[inline]
pub fn unpark() {
    local::with(|local| {
        let Some((start, _)) = local.lane().end(Doing::Park) else { return };
        if !is_on() {
            return;
        }
        let at = clock::now();
        let took = at.0.saturating_sub(start.0);
        match u32::try_from(took) {
            Ok(aux) => put(local, Kind::Park, 0, aux, at, []),
            Err(_) => put_slowly(local, Kind::Park, 0, took as u32, at, [took >> 32]),
        }
    });
}

/// A task was woken on this thread; when that was.
#[inline]
pub fn wake(task: u64, how: Wake) -> Ticks {
    let at = clock::now();
    local::with(|local| {
        let by = local.lane_made(epoch()).map_or(0, Lane::task);
        put(local, Kind::Wake, how as u8, 0, at, [task, by]);
    });
    at
}

/// A task was made: by whom it was, in which runtime, where, and what its future's type or its own name is.
pub fn spawned(
    task: u64,
    how: Spawn,
    runtime: u32,
    place: Option<&'static Location<'static>>,
    name: &'static str,
) {
    let Some(epoch) = epoch_if_on() else { return };
    place.into_iter().for_each(definitions::place);
    definitions::text(name);
    local::with(|local| {
        let parent = local.lane_made(epoch).map_or(0, Lane::task);
        let place = place.map_or(0, |place| std::ptr::from_ref(place) as u64);
        let words = [task, parent, place, name.as_ptr() as u64, name.len() as u64];
        put(local, Kind::TaskSpawn, how as u8, runtime, clock::now(), words);
    });
}

/// A task is over, after so many polls, zero where they were not counted.
pub fn ended(task: u64, how: TaskEnd, polls: u32) {
    if let Some(epoch) = epoch_if_on() {
        local::with(|local| {
            let _ = local.lane_made(epoch);
            put(local, Kind::TaskEnd, how as u8, polls, clock::now(), [task]);
        });
    }
}

/// Begins a run on the blocking pool; `false` where nothing is recorded: then it is not to be ended.
#[must_use = "a run that was begun is to be ended"]
pub fn begin_blocking(task: u64, woken: Ticks) -> bool {
    let Some(epoch) = epoch_if_on() else { return false };
    let begun = local::with(|local| begin(local.lane_made(epoch)?, Doing::Blocking, task, woken));
    begun.is_some()
}

/// Ends the run on the blocking pool that was begun on this thread.
pub fn end_blocking(how: TaskEnd) {
    local::with(|local| {
        let lane = local.lane();
        let queued = lane.queued();
        let Some((start, task)) = lane.end(Doing::Blocking) else { return };
        if !is_on() {
            return;
        }
        let at = clock::now();
        let took = at.0.saturating_sub(start.0);
        put(local, Kind::BlockingRun, how as u8, took as u32, at, [task, took >> 32, queued]);
    });
}

/// How many tasks wait: in the queue of all workers, in that of the blocking pool where that is known, and in those of the first
/// workers.
pub fn depth(runtime: u32, global: u64, blocking: Option<u32>, workers: &[u32]) {
    let Some(epoch) = epoch_if_on() else { return };
    local::with(|local| {
        let _ = local.lane_made(epoch);
        let workers = &workers[..workers.len().min(MAX_DEPTHS)];
        let head = Head { kind: Kind::QueueDepth, flags: 0, aux: runtime, at: clock::now() };
        let length = 2 + workers.len().div_ceil(2);
        put_with(local, head, length, |to| {
            let [first, second, rest @ ..] = to else { return };
            first.store(global, Ordering::Relaxed);
            let blocking = blocking.map_or(0, |blocking| u64::from(blocking) + 1);
            second.store((workers.len() as u64) << 48 | blocking, Ordering::Relaxed);
            for (to, pair) in rest.iter().zip(workers.chunks(2)) {
                let high = pair.get(1).map_or(0, |high| u64::from(*high));
                to.store(u64::from(pair[0]) | high << 32, Ordering::Relaxed);
            }
        });
    });
}

/// The most workers whose queues are told of.
pub const MAX_DEPTHS: usize = 512;

/// Writes a record of this thread's.
#[inline]
fn put<const N: usize>(local: &Local, kind: Kind, flags: u8, aux: u32, at: Ticks, words: [u64; N]) {
    // A thread that has a chunk is cleaned up after.
    if !local.chunk.append(Head { kind, flags, aux, at }, words) {
        put_slowly(local, kind, flags, aux, at, words);
    }
}

/// Writes it where there is no chunk yet, or one has to be taken: out of line, and with arguments that go by register.
#[cold]
#[inline(never)]
fn put_slowly<const N: usize>(local: &Local, kind: Kind, flags: u8, aux: u32, at: Ticks, words: [u64; N]) {
    put_with(local, Head { kind, flags, aux, at }, N, |to| {
        for (to, word) in to.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
    });
}

/// Writes a record of this thread's; whether there was room.
#[inline]
fn put_with(local: &Local, head: Head, length: usize, fill: impl FnOnce(&[AtomicU64])) -> bool {
    let ring = chunks::ring();
    let written = if local::arm(local) {
        ring.write(&local.chunk, head, length, fill)
    } else {
        ring.write_shared(head, length, fill)
    };
    if !written {
        lose();
    }
    written
}

/// Counts what found no room: spans and log events too, which others write.
#[cold]
pub fn lose() {
    LOST.fetch_add(1, Ordering::Relaxed);
}
