//! Polls that gave their worker away, by `tokio::task::block_in_place`: another thread goes on in its place.
//!
//! Which worker a thread is, is not told each time that they change. But who is parked is one: where as many others are parked at once as
//! the runtime has workers, the thread that polls is none any more.

use std::collections::{HashMap, HashSet, VecDeque};

use foldhash::fast::FixedState;
use spanwright_recording::event::{Event, Flavour};

use super::Seen;

/// Further runtimes are not looked at.
const MOST_RUNTIMES: usize = 256;
/// So many parks of each are remembered.
const MOST: usize = 512;

/// A runtime of a recording, and how many workers it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Team {
    recording: u64,
    runtime: u32,
    workers: usize,
}

impl Team {
    /// That of the thread that says this; none where threads can't take a worker's place.
    pub(crate) fn of(seen: &Seen<'_>) -> Option<Self> {
        let runtime = seen.names.thread(seen.record.thread)?.runtime?;
        let known = seen.names.runtime(runtime).filter(|known| known.flavour == Flavour::MultiThread)?;
        let workers = usize::try_from(known.workers).ok().filter(|workers| *workers > 0)?;
        Some(Self { recording: seen.recording, runtime, workers })
    }
}

/// A thread was parked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parked {
    start: u64,
    end: u64,
    thread: u32,
}

/// What is known of a runtime.
#[derive(Debug, Default)]
struct OfRuntime {
    /// The last parks, in the order of their ends.
    parks: VecDeque<Parked>,
    /// Threads that were parked, one more than there are workers at most: then they take each other's place.
    threads: Vec<u32>,
    workers: usize,
}

/// The last parks of each runtime.
#[derive(Debug, Default)]
pub(crate) struct Parks(HashMap<(u64, u32), OfRuntime, FixedState>);

impl Parks {
    /// Takes note of a park: whose it is, and when it began.
    pub(crate) fn add(&mut self, seen: &Seen<'_>) -> Option<(Team, u64)> {
        let Event::Park(_) = &seen.record.event else { return None };
        let team = Team::of(seen)?;
        let key = (team.recording, team.runtime);
        if self.0.len() >= MOST_RUNTIMES && !self.0.contains_key(&key) {
            return None;
        }
        let of = self.0.entry(key).or_default();
        of.workers = team.workers;
        if of.parks.len() >= MOST {
            of.parks.pop_front();
        }
        let (start, end, thread) = (seen.record.start(), seen.record.at, seen.record.thread);
        if of.threads.len() <= team.workers.min(MOST) && !of.threads.contains(&thread) {
            of.threads.push(thread);
        }
        of.parks.push_back(Parked { start, end, thread });
        Some((team, start))
    }

    /// Whether all workers were parked at some moment in which this thread polled.
    pub(crate) fn are_all(&self, team: Team, thread: u32, (start, end): (u64, u64)) -> bool {
        let Some(of) = self.of(team) else { return false };
        // Most programs have no other threads, and need no closer look.
        if of.threads.iter().filter(|other| **other != thread).count() < team.workers {
            return false;
        }
        let within = of.parks.iter().rev().take_while(|park| park.end > start);
        let others = within.filter(|park| park.thread != thread && park.start.max(start) < park.end.min(end));
        // Of a moment in which one ends and another begins, the end comes first.
        let mut edges: Vec<(u64, bool)> =
            others.flat_map(|park| [(park.start.max(start), true), (park.end.min(end), false)]).collect();
        edges.sort_unstable();
        let mut parked = 0usize;
        edges.into_iter().any(|(_, begins)| {
            parked = if begins { parked + 1 } else { parked - 1 };
            parked >= team.workers
        })
    }

    /// Whether more threads of a recording's runtimes have been workers than there can be at once.
    pub(crate) fn are_of_many(&self, recording: u64) -> bool {
        self.0.iter().any(|((of, _), runtime)| *of == recording && runtime.threads.len() > runtime.workers)
    }

    /// Whether as many others were parked after that time as there are workers, so that all parks are told that were going on then.
    pub(crate) fn are_told(&self, team: Team, thread: u32, at: u64) -> bool {
        let Some(of) = self.of(team) else { return false };
        let since = of.parks.iter().rev().take_while(|park| park.end > at);
        let others: HashSet<u32> = since.map(|park| park.thread).filter(|other| *other != thread).collect();
        others.len() >= team.workers
    }

    fn of(&self, team: Team) -> Option<&OfRuntime> {
        self.0.get(&(team.recording, team.runtime))
    }
}
