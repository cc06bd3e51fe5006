//! The lanes of this process's threads.

use std::cell::Cell;

use super::{Epoch, epoch, is_on, put_with};
use crate::chunks::{Head, Kind};
use crate::clock;
use crate::lanes::{self, Lane, Role, ThreadFacts};
use crate::local::{self, Local};
use crate::process;
use crate::segment::{self, Segment};
use crate::sync::{AtomicBool, AtomicU32, Mutex, Ordering, lock};

/// All lanes that were ever needed at the same time. They stay for good; a thread that ends leaves its lane to another.
static LANES: Mutex<Vec<&'static Lane>> = Mutex::new(Vec::new());
/// The last number. Publishes nothing.
static NUMBER: AtomicU32 = AtomicU32::new(0);
/// Whether what is known of some thread found no room. Publishes nothing.
static UNTOLD: AtomicBool = AtomicBool::new(false);
/// What threads without a lane have. It is for no time of recording, and nothing is ever written to it.
static NOBODYS: Lane = Lane::new();

/// The lanes of all threads that have one.
pub fn lanes() -> Vec<&'static Lane> {
    lock(&LANES).iter().filter(|lane| lane.number() != 0).copied().collect()
}

/// What is known of all threads, those that have ended among them as long as nobody else needs their lanes; where what is known of
/// one was not recorded, since this was last asked.
#[must_use]
pub fn untold_threads() -> Option<Vec<ThreadFacts>> {
    UNTOLD.swap(false, Ordering::Relaxed).then(|| {
        let all = lock(&LANES);
        all.iter().map(|lane| lane.facts()).filter(|facts| facts.number != 0).collect()
    })
}

/// A thread's lane. Never another thread's: it is taken back before the lane is given away.
#[derive(Debug)]
pub(crate) struct LaneCell(Cell<*const Lane>);

impl LaneCell {
    pub(crate) const fn new() -> Self {
        Self(Cell::new(&NOBODYS))
    }
}

impl Local {
    /// This thread's lane, or nobody's.
    #[inline]
    pub(crate) fn lane(&self) -> &'static Lane {
        // SAFETY: the cell has the address of a `&'static Lane`: up to Rust 1.85 a constant can't hold one of what changes.
        unsafe { &*self.lane.0.get() }
    }

    /// This thread's lane, made for this time of recording; nothing where the thread has ended.
    #[inline]
    pub(super) fn lane_made(&self, epoch: Epoch) -> Option<&'static Lane> {
        let lane = self.lane();
        if lane.epoch() == epoch.0 { Some(lane) } else { make(self) }
    }
}

/// Gives this thread a lane, or another one, where those of its time are in other memory.
#[cold]
fn make(local: &Local) -> Option<&'static Lane> {
    // A forked child has nothing to leave, and perhaps a lock that nobody opens any more.
    if process::is_forked() || !local::arm(local) {
        return None;
    }
    let old = local.lane();
    let new = (old.number() == 0).then(|| {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        ThreadFacts { number, name, os_id: os_id(), ..ThreadFacts::default() }
    });
    let mut all = lock(&LANES);
    // Before the segment is looked for: where another one comes in between, there will be another lane.
    let epoch = epoch().0;
    let segment = segment::current();
    let lane = match (&new, segment.and_then(|segment| free_in(&mut all, segment))) {
        (Some(facts), lane) => {
            let lane = lane.unwrap_or_else(|| free(&mut all));
            lane.give(facts, epoch);
            lane
        }
        (None, Some(lane)) if segment.is_some_and(|segment| !segment.contains(old)) => {
            lane.give_instead(old, epoch);
            lane
        }
        // It is where it should be, or there is no better place.
        (None, _) => {
            old.set_epoch(epoch);
            old
        }
    };
    drop(all);
    local.lane.0.set(lane);
    if let Some(facts) = new {
        // Said on a chunk of this thread's number.
        crate::chunks::ring().seal(&local.chunk);
        announce(local, &facts);
    }
    Some(lane)
}

/// A lane in a segment's memory that is nobody's, unless there is no room.
fn free_in(all: &mut Vec<&'static Lane>, segment: &'static Segment) -> Option<&'static Lane> {
    let free = all.iter().find(|lane| lane.number() == 0 && segment.contains(*lane));
    free.copied().or_else(|| {
        let lane = segment.lane()?;
        all.push(lane);
        Some(lane)
    })
}

/// A lane that is nobody's, wherever it is.
fn free(all: &mut Vec<&'static Lane>) -> &'static Lane {
    all.iter().find(|lane| lane.number() == 0).copied().unwrap_or_else(|| {
        let lane: &'static Lane = Box::leak(Box::new(Lane::new()));
        all.push(lane);
        lane
    })
}

/// The runtime that this thread belongs to; zero where that is not known.
#[must_use]
pub fn current_runtime() -> u32 {
    local::with(|local| local.lane().runtime().unwrap_or(0))
}

/// This thread's number; zero where it has none.
#[must_use]
pub fn thread_number() -> u32 {
    local::with(|local| local.lane().number())
}

/// Says what this thread is for.
pub fn place_thread(role: Role, runtime: Option<u32>, worker: Option<u32>) {
    local::with(|local| {
        let Some(lane) = local.lane_made(epoch()) else { return };
        let facts = ThreadFacts { role, runtime, worker, ..lane.facts() };
        if lane.set_place(&facts) {
            announce(local, &facts);
        }
    });
}

/// Writes a record of what is known of the thread.
fn announce(local: &Local, facts: &ThreadFacts) {
    if !is_on() {
        return;
    }
    let name = lanes::cut(&facts.name).as_bytes();
    let head = Head { kind: Kind::Thread, flags: facts.role as u8, aux: facts.number, at: clock::now() };
    let is_told = put_with(local, head, 3 + name.len().div_ceil(8), |to| {
        let [os_id, place, length, text @ ..] = to else { return };
        os_id.store(facts.os_id, Ordering::Relaxed);
        let number = |of: Option<u32>| of.map_or(0, |of| u64::from(of) + 1);
        place.store(number(facts.runtime) | number(facts.worker) << 33, Ordering::Relaxed);
        length.store(name.len() as u64, Ordering::Relaxed);
        for (to, bytes) in text.iter().zip(name.chunks(8)) {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            to.store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
    });
    if !is_told {
        UNTOLD.store(true, Ordering::Relaxed);
    }
}

/// The operating system's number of this thread.
fn os_id() -> u64 {
    let own = std::fs::read_link("/proc/thread-self").ok();
    let number = own.as_ref().and_then(|path| path.file_name()?.to_str()?.parse().ok());
    number.unwrap_or(0)
}

/// Takes an ending thread's lane back.
pub(crate) fn retire_thread(local: &Local) {
    let lane = local.lane();
    local.lane.0.set(&NOBODYS);
    if lane.number() != 0 {
        lane.leave();
    }
}
