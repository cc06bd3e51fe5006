//! Tasks that are alive: what they wait for, how long they are silent, and how long it takes from a wake-up to the poll.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use spanwright_recording::event::{End, Event, SpawnKind, TaskDump, TaskEnd, TaskId, TaskSpawn, Wake};

use super::Seen;
use super::places::{Places, Silent, UNKNOWN};

/// Of further tasks that are alive at the same time nothing is known.
const MOST: usize = 1 << 19;
/// So many tasks are remembered with where they wait.
const MOST_DUMPS: usize = 4096;
/// What the recorder emits when a task waits and nobody holds its waker.
const UNHELD: &str = "spanwright.waker_lost";

/// A task that is alive.
#[derive(Clone, Copy, Debug, Default)]
struct Task {
    place: u32,
    polls: u32,
    /// When it was made; zero where that was before the recording.
    made: u64,
    /// When it was last heard of: the end of a poll, or when it was made.
    last: u64,
    /// The first and the last wake-up since its last poll began; zero where there is none.
    woken: u64,
    again: u64,
    /// The longest time that it was not heard of.
    silence: u64,
    /// It stays on its thread.
    is_local: bool,
    /// When it was left without anybody who holds its waker; zero where it was polled since.
    unheld: u64,
}

/// A task that was polled after it had waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited {
    pub(crate) task: u64,
    pub(crate) place: u32,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// No other worker could have polled it.
    pub(crate) is_local: bool,
}

/// Where a task waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'t> {
    pub(crate) recording: u64,
    pub(crate) task: u64,
    pub(crate) place: u32,
    /// How long it has waited at least.
    pub(crate) waited: u64,
    /// The innermost first.
    pub(crate) frames: &'t [String],
}

#[derive(Debug)]
pub(crate) struct Tasks {
    alive: HashMap<(u64, u64), Task, FixedState>,
    pub(crate) places: Places,
    /// Where tasks wait, by recording and task: since how long at least, and the frames.
    dumps: HashMap<(u64, u64), (u64, Vec<String>), FixedState>,
    /// When something was last missing in a recording: who was woken before may have been polled since.
    missing: HashMap<u64, u64, FixedState>,
    /// Events of tasks that found no room.
    pub(crate) unfollowed: u64,
    /// Tasks that were silent for longer are looked at.
    silence: u64,
}

impl Tasks {
    pub(crate) fn new(places: Places, silence: u64) -> Self {
        Self {
            alive: HashMap::default(),
            places,
            dumps: HashMap::default(),
            missing: HashMap::default(),
            unfollowed: 0,
            silence,
        }
    }

    /// The place of the task that was polled, and how long it had waited, where that can be known.
    pub(crate) fn add(&mut self, seen: &Seen<'_>) -> Option<(u32, Option<Waited>)> {
        match &seen.record.event {
            Event::TaskSpawn(made) => self.spawn(seen, made),
            Event::Wake(wake) => self.wake(seen, wake),
            Event::Poll(poll) => return self.poll(seen, poll.task),
            Event::TaskEnd(end) => self.end(seen, end),
            Event::TaskDump(dump) => self.dump(seen, dump),
            Event::Gap(_) => drop(self.missing.insert(seen.recording, seen.record.at)),
            Event::User(user) if *user.name == *UNHELD => {
                // It is said within the poll, which may be the first thing that is heard of the task.
                if let Some(task) = user.task.and_then(|task| self.task(seen, task)) {
                    task.unheld = seen.record.at;
                }
            }
            _ => {}
        }
        None
    }

    fn spawn(&mut self, seen: &Seen<'_>, made: &TaskSpawn<'_>) {
        let (key, at) = ((seen.recording, made.task.get()), seen.record.at);
        let place = self.places.find(seen.recording, made);
        let part = self.places.parts.of(at);
        if let Some(task) = self.alive.get_mut(&key) {
            // Another thread had polled it a moment before this one came to say so.
            if task.made == 0 {
                let of = self.places.get_mut(task.place);
                of.before = of.before.saturating_sub(1);
                (task.made, task.place) = (at, place);
                task.is_local = made.how == SpawnKind::Local;
                self.places.get_mut(place).made(part);
            }
            return;
        }
        self.places.get_mut(place).made(part);
        if self.alive.len() < MOST {
            let is_local = made.how == SpawnKind::Local;
            self.alive.insert(key, Task { place, made: at, last: at, is_local, ..Task::default() });
        } else {
            self.unfollowed += 1;
        }
    }

    /// A task, which may have been made before the recording began.
    fn task(&mut self, seen: &Seen<'_>, id: TaskId) -> Option<&mut Task> {
        let key = (seen.recording, id.get());
        if !self.alive.contains_key(&key) {
            if self.alive.len() >= MOST {
                self.unfollowed += 1;
                return None;
            }
            let made = seen.names.task(id);
            let place = made.map_or(UNKNOWN, |made| self.places.find(seen.recording, made));
            let is_local = made.is_some_and(|made| made.how == SpawnKind::Local);
            self.places.get_mut(place).before += 1;
            self.alive.insert(key, Task { place, is_local, last: seen.record.start(), ..Task::default() });
        }
        self.alive.get_mut(&key)
    }

    fn wake(&mut self, seen: &Seen<'_>, wake: &Wake) {
        let at = seen.record.at;
        let Some(task) = self.task(seen, wake.task) else { return };
        if task.woken == 0 {
            task.woken = at;
        }
        task.again = at;
        let of = self.places.get_mut(self.alive[&(seen.recording, wake.task.get())].place);
        match wake.by {
            Some(_) => of.woken_by_tasks += 1,
            None => of.woken_by_others += 1,
        }
    }

    fn poll(&mut self, seen: &Seen<'_>, id: TaskId) -> Option<(u32, Option<Waited>)> {
        let (start, end) = (seen.record.start(), seen.record.at);
        let missing = self.missing.get(&seen.recording).copied().unwrap_or(0);
        let task = self.task(seen, id)?;
        let is_woken = task.woken != 0 && task.woken <= start;
        let is_new = task.polls == 0 && task.made != 0 && task.made <= start;
        let from = match (is_woken, is_new) {
            // It is told once until it is polled: at the second time there was a poll that is missing. And while it was polled, it did not
            // wait for a poll.
            (true, _) => {
                Some(if task.again <= start { task.again } else { task.woken }.max(task.last.min(start)))
            }
            (_, true) => Some(task.made),
            _ => None,
        };
        let from = from.filter(|from| *from > missing || missing > start);
        if task.woken <= start {
            // Those that came while it was polled are for the next poll.
            task.woken = if task.again > start { task.again } else { 0 };
        }
        task.silence = task.silence.max(from.unwrap_or(start).saturating_sub(task.last));
        if task.unheld < start {
            task.unheld = 0;
        }
        task.last = task.last.max(end);
        task.polls = task.polls.saturating_add(1);
        let (place, is_local) = (task.place, task.is_local);
        self.dumps.remove(&(seen.recording, id.get()));
        let of = self.places.get_mut(place);
        of.polls.add(end.saturating_sub(start));
        let waited = from.map(|from| Waited { task: id.get(), place, from, to: start, is_local });
        if let Some(waited) = &waited {
            of.waits.add(waited.to.saturating_sub(waited.from));
        }
        Some((place, waited))
    }

    fn end(&mut self, seen: &Seen<'_>, end: &TaskEnd) {
        let (key, at) = ((seen.recording, end.task.get()), seen.record.at);
        let part = self.places.parts.of(at);
        let Some(task) = self.alive.remove(&key) else {
            // It was made before the recording began, or there was no room for it.
            let place =
                seen.names.task(end.task).map_or(UNKNOWN, |made| self.places.find(seen.recording, made));
            let of = self.places.get_mut(place);
            of.before += 1;
            return of.ended(part, end.how, at);
        };
        let frames = self.dumps.remove(&key);
        let silence = at.saturating_sub(task.last);
        let of = self.places.get_mut(task.place);
        of.ended(part, end.how, at);
        match end.how {
            End::Cancelled if silence >= self.silence => {
                of.cancelled_quiet(part);
                let list = if task.unheld != 0 { &mut of.unheld } else { &mut of.silent };
                list.add(silence, || silent(&task, end.task.get(), Some(at), frames));
            }
            _ => of.silences.add(task.silence.max(silence)),
        }
    }

    fn dump(&mut self, seen: &Seen<'_>, dump: &TaskDump<'_>) {
        let key = (seen.recording, dump.task.get());
        // It is there, though nothing else was seen of it.
        let at = seen.record.at;
        let waited = dump.waited.map_or(0, |waited| waited.0);
        let Some(task) = self.task(seen, dump.task) else { return };
        if task.polls == 0 && task.made == 0 {
            task.last = task.last.min(at.saturating_sub(waited));
        }
        if self.dumps.len() < MOST_DUMPS || self.dumps.contains_key(&key) {
            let frames = dump.frames.iter().map(|frame| frame.to_string()).collect();
            self.dumps.insert(key, (waited, frames));
        }
    }

    /// Says of each place what is alive and silent when its recording is over; `end` says when that is.
    pub(crate) fn finish(&mut self, end: impl Fn(u64) -> u64) {
        for ((recording, id), task) in &self.alive {
            let heard = task.last.max(task.again);
            let silence = end(*recording).saturating_sub(heard);
            let of = self.places.get_mut(task.place);
            of.alive += 1;
            if silence >= self.silence {
                of.quiet += u64::from(task.woken == 0);
                let frames = || self.dumps.get(&(*recording, *id)).cloned();
                if task.unheld != 0 {
                    of.unheld.add(silence, || silent(task, *id, None, frames()));
                } else if task.woken == 0 {
                    of.silent.add(silence, || silent(task, *id, None, frames()));
                }
            }
        }
    }

    /// Where tasks wait that nothing was heard of since; those that waited longest first.
    pub(crate) fn waiting(&self) -> Vec<Waiting<'_>> {
        let mut all: Vec<_> = self
            .dumps
            .iter()
            .map(|((recording, task), (waited, frames))| {
                let place = self.alive.get(&(*recording, *task)).map_or(UNKNOWN, |task| task.place);
                Waiting { recording: *recording, task: *task, place, waited: *waited, frames }
            })
            .collect();
        all.sort_by_key(|one| (std::cmp::Reverse(one.waited), one.recording, one.task));
        all
    }
}

fn silent(task: &Task, id: u64, cancelled: Option<u64>, frames: Option<(u64, Vec<String>)>) -> Silent {
    let frames = frames.map(|(_, frames)| frames).unwrap_or_default();
    Silent { task: id, since: task.last, cancelled, frames }
}
