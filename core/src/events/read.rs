//! What records of events say. Those that are damaged say nothing.

use std::panic::Location;

use super::user::{UserEvent, UserSpec};
use super::{Role, ThreadFacts};
use crate::chunks::{Kind, Record};
use crate::clock::Ticks;

/// A poll, a park or a run on the blocking pool: all but its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polled {
    /// How long, in ticks.
    pub took: u64,
    /// The task; zero for a park.
    pub task: u64,
}

impl Polled {
    /// When it began.
    #[must_use]
    pub fn start(&self, end: Ticks) -> Ticks {
        Ticks(end.0.saturating_sub(self.took))
    }
}

/// The end of a run on the blocking pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// How long it ran, and of which task.
    pub run: Polled,
    /// How long it had waited, in ticks; zero where nobody knows.
    pub queued: u64,
    /// How it ended: [`TaskEnd`](super::TaskEnd).
    pub how: u8,
}

/// A task that was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken {
    /// The task.
    pub task: u64,
    /// The task that was being polled there; zero where none was.
    pub by: u64,
    /// [`Wake`](super::Wake).
    pub how: u8,
}

/// A task that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// The task.
    pub task: u64,
    /// The task that was being polled there; zero where none was.
    pub parent: u64,
    /// The runtime.
    pub runtime: u32,
    /// [`Spawn`](super::Spawn).
    pub how: u8,
    /// Where.
    pub place: Option<&'static Location<'static>>,
    /// Its name, or its future's type.
    pub name: &'static str,
}

/// A task's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRecord {
    /// The task.
    pub task: u64,
    /// [`TaskEnd`](super::TaskEnd).
    pub how: u8,
    /// How often it was polled; zero where that was not counted.
    pub polls: u32,
}

/// How many tasks wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The runtime.
    pub runtime: u32,
    /// In the queue of all workers.
    pub global: u64,
    /// In the queue of the blocking pool.
    pub blocking: Option<u32>,
    /// In those of the first workers.
    pub workers: Vec<u32>,
}

impl Record<'_> {
    /// A poll or a park.
    #[must_use]
    pub fn polled(&self) -> Option<Polled> {
        let (task, high) = match (self.kind()?, self.words) {
            (Kind::Poll, &[task]) => (task, 0),
            (Kind::Poll, &[task, high]) => (task, high),
            (Kind::Park, &[]) => (0, 0),
            (Kind::Park, &[high]) => (0, high),
            _ => return None,
        };
        Some(Polled { took: u64::from(self.aux) | high << 32, task })
    }

    /// A run on the blocking pool.
    #[must_use]
    pub fn blocking_run(&self) -> Option<RunEnd> {
        match (self.kind()?, self.words) {
            (Kind::BlockingRun, &[task, high, queued]) => {
                let run = Polled { took: u64::from(self.aux) | high << 32, task };
                Some(RunEnd { run, queued, how: self.flags })
            }
            _ => None,
        }
    }

    /// A wake.
    #[must_use]
    pub fn woken(&self) -> Option<Woken> {
        match (self.kind()?, self.words) {
            (Kind::Wake, &[task, by]) => Some(Woken { task, by, how: self.flags }),
            _ => None,
        }
    }

    /// A task that was made.
    #[must_use]
    pub fn spawned(&self) -> Option<Spawned> {
        let (Kind::TaskSpawn, &[task, parent, place, name, length]) = (self.kind()?, self.words) else {
            return None;
        };
        // SAFETY: the words are those of `events::spawned`, which no other kind has: null or the address of a `&'static Location`.
        let place = unsafe { (place as *const Location<'static>).as_ref() };
        // SAFETY: as above: the address and the length of a `&'static str`.
        let name = unsafe {
            let bytes = std::slice::from_raw_parts(name as *const u8, length as usize);
            std::str::from_utf8_unchecked(bytes)
        };
        Some(Spawned { task, parent, runtime: self.aux, how: self.flags, place, name })
    }

    /// A task's end.
    #[must_use]
    pub fn task_end(&self) -> Option<TaskRecord> {
        match (self.kind()?, self.words) {
            (Kind::TaskEnd, &[task]) => Some(TaskRecord { task, how: self.flags, polls: self.aux }),
            _ => None,
        }
    }

    /// How many tasks wait.
    #[must_use]
    pub fn depth(&self) -> Option<Depth> {
        let (Kind::QueueDepth, &[global, counts, ref pairs @ ..]) = (self.kind()?, self.words) else {
            return None;
        };
        let workers = pairs.iter().flat_map(|pair| [*pair as u32, (pair >> 32) as u32]);
        let workers = workers.take((counts >> 48) as usize).collect();
        Some(Depth { runtime: self.aux, global, blocking: (counts as u32).checked_sub(1), workers })
    }

    /// What is known of a thread.
    #[must_use]
    pub fn thread_facts(&self) -> Option<ThreadFacts> {
        let (Kind::Thread, &[os_id, place, length, ref text @ ..]) = (self.kind()?, self.words) else {
            return None;
        };
        let mut name: Vec<u8> = text.iter().flat_map(|word| word.to_le_bytes()).collect();
        name.truncate(length as usize);
        let role = match self.flags {
            1 => Role::Worker,
            2 => Role::Blocking,
            _ => Role::Other,
        };
        let number = |bits: u64| (bits & ((1 << 33) - 1)).checked_sub(1).map(|number| number as u32);
        let (runtime, worker) = (number(place), number(place >> 33));
        let name = String::from_utf8_lossy(&name).into_owned();
        Some(ThreadFacts { number: self.aux, name, os_id, role, runtime, worker })
    }

    /// An event of the user's.
    #[must_use]
    pub fn user(&self) -> Option<UserEvent<'_>> {
        let (Kind::User, &[spec, task, span, ref words @ ..]) = (self.kind()?, self.words) else {
            return None;
        };
        // SAFETY: the words are those of `events::user`, which no other kind has: the address of a `&'static UserSpec`.
        let spec = unsafe { (spec as *const UserSpec).as_ref() }?;
        Some(UserEvent { spec, task, span, words })
    }
}
