//! What each thread is and does at this moment, in memory that others read: while it happens, and after the process.
//!
//! A thread that records something has a [`Lane`] of 128 bytes, in a [segment](crate::segment) where there is one. Only its
//! thread writes it.
//!
//! Invariants:
//! - all words are atomics; who reads sees what one thread did at one moment, or nothing;
//! - what is known of a thread is there before its number is, and stays until the lane is another's, so that a thread that has
//!   ended has a name in what it has left.

#[cfg(not(loom))]
mod found;
#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(not(loom))]
pub(crate) use found::found_lanes;

use crate::clock::Ticks;
use crate::sync::{AtomicU64, Ordering, const_unless_loom, fence};

/// Words of a lane: 128 bytes, half of which are written all the time.
pub(crate) const LANE_WORDS: usize = 16;
/// The most lanes that others can see after the process: 2 MiB.
pub(crate) const MAX_LANES: usize = 1 << 14;
/// The longest name of a thread that is told, in bytes.
pub(crate) const MAX_NAME: usize = (LANE_WORDS - word::NAME) * size_of::<u64>();

mod word {
    //! What each word of a lane holds.
    /// [`Doing`](super::Doing), zero for nothing.
    pub(super) const DOING: usize = 0;
    /// Since when, in ticks.
    pub(super) const SINCE: usize = 1;
    /// The task.
    pub(super) const TASK: usize = 2;
    /// How long that had been woken before, in ticks.
    pub(super) const QUEUED: usize = 3;
    /// Which time of recording the lane was made for: its thread takes another one in another.
    pub(super) const EPOCH: usize = 4;
    /// The thread's number, and in the top bit whether it has ended; zero while the lane is nobody's.
    pub(super) const THREAD: usize = 5;
    /// The operating system's number of the thread; zero where that is not known.
    pub(super) const OS_ID: usize = 6;
    /// [`Role`](super::Role) (2 bits), worker plus one (30 bits), runtime plus one.
    pub(super) const PLACE: usize = 7;
    /// Its name, zeros behind it.
    pub(super) const NAME: usize = 8;
}

const ENDED: u64 = 1 << 63;

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// It polls a task.
    Poll = 1,
    /// It waits for work.
    Park = 2,
    /// It runs something that blocks.
    Blocking = 3,
}

impl Doing {
    fn of(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Poll),
            2 => Some(Self::Park),
            3 => Some(Self::Blocking),
            _ => None,
        }
    }
}

/// What a thread is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// The program's own.
    #[default]
    Other = 0,
    /// A worker of a runtime.
    Worker = 1,
    /// Of a runtime's blocking pool.
    Blocking = 2,
}

/// What is known of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// The number by which records name it; zero for no thread.
    pub number: u32,
    /// Its name, as far as it fits into 64 bytes.
    pub name: String,
    /// The operating system's number of it; zero where that can't be known.
    pub os_id: u64,
    /// What it is for.
    pub role: Role,
    /// Its runtime.
    pub runtime: Option<u32>,
    /// Which of its workers it is.
    pub worker: Option<u32>,
}

impl ThreadFacts {
    /// Role, worker and runtime in one word, so that they change together.
    fn place(&self) -> u64 {
        let plus_one = |number: Option<u32>| number.map_or(0, |number| u64::from(number) + 1);
        self.role as u64 | (plus_one(self.worker) & 0x3fff_ffff) << 2 | plus_one(self.runtime) << 32
    }

    /// From a lane's words.
    fn read(thread: u64, os_id: u64, place: u64, name: &[u64]) -> Self {
        let minus_one = |number: u64| (number as u32).checked_sub(1);
        let mut name: Vec<u8> = name.iter().flat_map(|word| word.to_le_bytes()).collect();
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
        Self {
            number: thread as u32,
            name: String::from_utf8_lossy(&name).into_owned(),
            os_id,
            role: match place & 3 {
                1 => Role::Worker,
                2 => Role::Blocking,
                _ => Role::Other,
            },
            runtime: minus_one(place >> 32),
            worker: minus_one(place >> 2 & 0x3fff_ffff),
        }
    }
}

/// A thread, as others see it.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct Lane {
    /// `THREAD` publishes what is known of the thread, and that it has ended. `DOING`, `SINCE` and `TASK` publish what was written to them before. The
    /// others publish nothing.
    words: [AtomicU64; LANE_WORDS],
}

impl Lane {
    const_unless_loom! {
        /// Nobody's.
        pub(crate) fn new() -> Self {
            Self {
                #[cfg(not(loom))]
                words: [const { AtomicU64::new(0) }; LANE_WORDS],
                #[cfg(loom)]
                words: std::array::from_fn(|_| AtomicU64::new(0)),
            }
        }
    }

    #[inline]
    fn get(&self, word: usize) -> u64 {
        self.words[word].load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, word: usize, value: u64) {
        self.words[word].store(value, Ordering::Relaxed);
    }

    /// The thread's number; zero where there is none, or it has ended.
    #[inline]
    pub fn number(&self) -> u32 {
        // Who takes the lane of a thread that has ended writes behind that one's last words.
        let thread = self.words[word::THREAD].load(Ordering::Acquire);
        if thread & ENDED == 0 { thread as u32 } else { 0 }
    }

    /// What is known of the thread, also of one that has ended; of none where another one takes the lane just now.
    pub fn facts(&self) -> ThreadFacts {
        let thread = self.words[word::THREAD].load(Ordering::Acquire);
        let name: [u64; LANE_WORDS - word::NAME] = std::array::from_fn(|at| self.get(word::NAME + at));
        let (os_id, place) = (self.get(word::OS_ID), self.get(word::PLACE));
        fence(Ordering::Acquire);
        // It may have ended meanwhile.
        if thread == 0 || self.get(word::THREAD) as u32 != thread as u32 {
            return ThreadFacts::default();
        }
        ThreadFacts::read(thread, os_id, place, &name)
    }

    /// What it does, since when, and of which task: as it was at some moment not long ago.
    pub fn doing(&self) -> Option<(Doing, Ticks, u64)> {
        let read = || {
            let doing = self.words[word::DOING].load(Ordering::Acquire);
            [doing, self.get(word::SINCE), self.get(word::TASK)]
        };
        let first = read();
        // Where a word was of a later poll than another, that one is seen now.
        fence(Ordering::Acquire);
        let [doing, since, task] = first;
        let doing = Doing::of(doing).filter(|_| first == read() && since != 0)?;
        Some((doing, Ticks(since), task))
    }

    /// The task that it polls, or zero.
    #[inline]
    pub(crate) fn task(&self) -> u64 {
        self.get(word::TASK)
    }

    /// How long that had been woken before.
    #[inline]
    pub(crate) fn queued(&self) -> u64 {
        self.get(word::QUEUED)
    }

    /// Whether nothing is open.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.get(word::DOING) == 0
    }

    /// Whether something may begin: nothing is open, or a park whose end was not seen.
    #[inline]
    pub(crate) fn may_begin(&self) -> bool {
        matches!(self.get(word::DOING), 0 | PARK)
    }

    /// Begins what it does.
    #[inline]
    pub(crate) fn begin(&self, doing: Doing, task: u64, queued: u64, now: Ticks) {
        self.set(word::QUEUED, queued);
        // Each for who sees it, and then looks again.
        self.words[word::TASK].store(task, Ordering::Release);
        self.words[word::SINCE].store(now.0, Ordering::Release);
        self.words[word::DOING].store(doing as u64, Ordering::Release);
    }

    /// Ends it: since when it was, and of which task.
    #[inline]
    pub(crate) fn end(&self, doing: Doing) -> Option<(Ticks, u64)> {
        if self.get(word::DOING) != doing as u64 {
            return None;
        }
        let (since, task) = (self.get(word::SINCE), self.task());
        self.set(word::DOING, 0);
        self.set(word::TASK, 0);
        (since != 0).then_some((Ticks(since), task))
    }

    /// The time of recording that the lane was made for.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.get(word::EPOCH)
    }

    /// The lane is as good as those that are made now.
    pub(crate) fn set_epoch(&self, epoch: u64) {
        self.set(word::EPOCH, epoch);
    }

    /// The thread's runtime.
    pub(crate) fn runtime(&self) -> Option<u32> {
        ((self.get(word::PLACE) >> 32) as u32).checked_sub(1)
    }

    /// Says what the thread is for; whether that is new.
    pub(crate) fn set_place(&self, facts: &ThreadFacts) -> bool {
        let place = facts.place();
        let is_new = self.get(word::PLACE) != place;
        self.set(word::PLACE, place);
        is_new
    }

    /// Gives the lane, which is nobody's, to a thread. One is given away at a time.
    pub(crate) fn give(&self, facts: &ThreadFacts, epoch: u64) {
        self.give_with(facts, epoch, [0; 4]);
    }

    /// Gives the lane, which is nobody's, to the thread that has the other one, and takes that from it.
    pub(crate) fn give_instead(&self, of: &Self, epoch: u64) {
        let hot = [word::DOING, word::SINCE, word::TASK, word::QUEUED].map(|at| of.get(at));
        self.give_with(&of.facts(), epoch, hot);
        of.set(word::DOING, 0);
        of.set(word::THREAD, 0);
    }

    fn give_with(&self, facts: &ThreadFacts, epoch: u64, hot: [u64; 4]) {
        self.set(word::THREAD, 0);
        // Who reads what follows as if it were the thread's before sees that the lane is not that one's any more.
        fence(Ordering::Release);
        for (at, value) in [word::DOING, word::SINCE, word::TASK, word::QUEUED].into_iter().zip(hot) {
            self.set(at, value);
        }
        self.set(word::EPOCH, epoch);
        self.set(word::OS_ID, facts.os_id);
        self.set(word::PLACE, facts.place());
        let name = cut(&facts.name).as_bytes();
        for (at, word) in self.words[word::NAME..].iter().enumerate() {
            let mut bytes = [0; size_of::<u64>()];
            let rest = name.get(at * bytes.len()..).unwrap_or_default();
            let here = rest.len().min(bytes.len());
            bytes[..here].copy_from_slice(&rest[..here]);
            word.store(u64::from_le_bytes(bytes), Ordering::Relaxed);
        }
        self.words[word::THREAD].store(facts.number.into(), Ordering::Release);
    }

    /// The thread ends; what is known of it stays until the lane is another's.
    pub(crate) fn leave(&self) {
        self.set(word::DOING, 0);
        self.set(word::TASK, 0);
        self.words[word::THREAD].store(self.get(word::THREAD) | ENDED, Ordering::Release);
    }
}

const PARK: u64 = Doing::Park as u64;

/// As much of a thread's name as is told.
pub(crate) fn cut(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
