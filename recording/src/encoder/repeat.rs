//! What is said again in each block, so that it can be understood alone: whose recording it is, the runtimes, and those of the
//! threads and tasks that it is about.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::block::encode::Builder;
use crate::event::{
    BlockingRun, BlockingSpawn, Clock, Event, Gap, Log, Open, Park, Place, Poll, Process, QueueDepth, Record,
    Runtime, Span, SpawnKind, TaskDump, TaskEnd, TaskId, TaskSpawn, Text, Thread, Trigger, User, Wake,
};

/// Of more threads or runtimes than this the first are forgotten.
const MAX_THREADS: usize = 1 << 16;
const MAX_RUNTIMES: usize = 1 << 10;
/// Of so many tasks that are alive at once it is known what they are; of those beyond, that were not heard of for longest, it is said
/// only once.
const MAX_TASKS: usize = 1 << 18;
/// So many names and places of tasks are kept; further ones are left out.
const MAX_SITES: usize = 1 << 16;
/// Places for tasks that were seen a moment ago.
const SEEN: usize = 1 << 12;

/// Something with the number of the block in which it was said last.
#[derive(Debug)]
struct Said<T> {
    block: u64,
    what: T,
}

/// What is known of a task that is alive.
#[derive(Clone, Copy, Debug)]
struct Live {
    thread: u32,
    at: u64,
    parent: Option<TaskId>,
    runtime: u32,
    how: SpawnKind,
    site: u32,
}

/// A name, and a place: its file, line and column.
type Site = (Box<str>, Box<str>, u32, u32);

/// Names and places, each once.
#[derive(Debug, Default)]
struct Sites {
    index: HashMap<Site, u32, FixedState>,
    sites: Vec<(Text<'static>, Place<'static>)>,
    /// The last that was asked for, since most come many times in a row.
    last: u32,
}

impl Sites {
    fn index(&mut self, name: &str, place: &Place<'_>) -> u32 {
        if self.sites.is_empty() {
            self.sites.push(Default::default());
        }
        let same = |(known, at): &(Text<'_>, Place<'_>)| **known == *name && at == place;
        if same(&self.sites[self.last as usize]) {
            return self.last;
        }
        let key = (name.into(), (*place.file).into(), place.line, place.column);
        if let Some(site) = self.index.get(&key) {
            self.last = *site;
        } else if self.sites.len() < MAX_SITES {
            self.last = self.sites.len() as u32;
            let place = Place { file: place.file.clone().into_owned(), ..*place };
            self.sites.push((Text::from(name.to_owned()), place));
            self.index.insert(key, self.last);
        } else {
            self.last = 0;
        }
        self.last
    }
}

/// Where an event says what is to be said again.
#[derive(Debug)]
pub struct Noted<'n> {
    pub(super) repeated: &'n mut Repeated,
    pub(super) thread: u32,
    pub(super) at: u64,
    /// The number of the block that is being written.
    pub(super) block: u64,
}

impl Noted<'_> {
    fn said(&self, event: Event<'static>) -> Said<Record<'static>> {
        Said { block: self.block, what: Record { thread: self.thread, at: self.at, event } }
    }
}

/// A kind of events, of which something may be said again.
pub(crate) trait Note {
    #[inline]
    fn say(&self, _noted: &mut Noted<'_>) {}
}

macro_rules! notes {
    (nothing: $($of:ident)*) => { $(impl Note for $of<'_> {})* };
    (task: $($of:ident)*) => {$(
        impl Note for $of {
            #[inline]
            fn say(&self, noted: &mut Noted<'_>) {
                noted.repeated.use_task(self.task);
            }
        }
    )*};
}

notes!(nothing: Span Log User Trigger Open QueueDepth);
notes!(task: Poll Wake);

impl Note for Park {}
impl Note for Gap {}

impl Note for TaskDump<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        noted.repeated.use_task(self.task);
    }
}

impl Note for TaskEnd {
    #[inline]
    fn say(&self, noted: &mut Noted<'_>) {
        noted.repeated.end_task(self.task);
    }
}

impl Note for BlockingRun {
    #[inline]
    fn say(&self, noted: &mut Noted<'_>) {
        // It runs once, and has no other end.
        noted.repeated.end_task(self.task);
    }
}

impl Note for TaskSpawn<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        let Noted { thread, at, block, .. } = *noted;
        noted.repeated.spawned(thread, at, self, block);
    }
}

impl Note for BlockingSpawn<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        let Self { task, parent, runtime, .. } = *self;
        let (name, place) = (self.name.clone(), self.place.clone());
        TaskSpawn { task, parent, runtime, how: SpawnKind::Blocking, name, place }.say(noted);
    }
}

impl Note for Thread<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        let event = Thread { name: self.name.clone().into_owned(), ..*self };
        let said = noted.said(event.into());
        insert(&mut noted.repeated.threads, self.id, said, MAX_THREADS);
    }
}

impl Note for Runtime<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        let event = Runtime { name: self.name.clone().into_owned(), ..*self };
        let said = noted.said(event.into());
        insert(&mut noted.repeated.runtimes, self.id, said, MAX_RUNTIMES);
    }
}

impl Note for Clock<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        let event = Clock { source: self.source.clone().into_owned(), ..*self };
        noted.repeated.clock = Some(noted.said(event.into()));
    }
}

impl Note for Process<'_> {
    fn say(&self, noted: &mut Noted<'_>) {
        noted.repeated.process = Some(noted.said(owned(self).into()));
    }
}

/// What is said again.
#[derive(Debug)]
pub(crate) struct Repeated {
    process: Option<Said<Record<'static>>>,
    clock: Option<Said<Record<'static>>>,
    runtimes: BTreeMap<u32, Said<Record<'static>>>,
    threads: BTreeMap<u32, Said<Record<'static>>>,
    sites: Sites,
    tasks: HashMap<u64, Said<Live>, FixedState>,
    /// Tasks that ended in this block.
    ended: Vec<u64>,
    /// Tasks of this block, some of them several times.
    used: Vec<u64>,
    /// One more than the task that was seen last of those that share a place.
    seen: Box<[u64; SEEN]>,
}

impl Default for Repeated {
    fn default() -> Self {
        Self {
            process: None,
            clock: None,
            runtimes: BTreeMap::new(),
            threads: BTreeMap::new(),
            sites: Sites::default(),
            tasks: HashMap::default(),
            ended: Vec::new(),
            used: Vec::new(),
            seen: Box::new([0; SEEN]),
        }
    }
}

impl Repeated {
    #[inline]
    fn use_task(&mut self, task: TaskId) {
        let task = task.get();
        // Fibonacci hashing: the top bits of a product with 2⁶⁴ over the golden ratio.
        let place = (task.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SEEN.ilog2())) as usize;
        if self.seen[place] != task + 1 {
            self.seen[place] = task + 1;
            self.used.push(task);
        }
    }

    #[inline]
    fn end_task(&mut self, task: TaskId) {
        self.use_task(task);
        self.ended.push(task.get());
    }

    fn spawned(&mut self, thread: u32, at: u64, spawn: &TaskSpawn<'_>, block: u64) {
        if self.tasks.len() >= MAX_TASKS {
            self.forget_half();
        }
        let site = self.sites.index(&spawn.name, &spawn.place);
        let (parent, runtime, how) = (spawn.parent, spawn.runtime, spawn.how);
        let what = Live { thread, at, parent, runtime, how, site };
        self.tasks.insert(spawn.task.get(), Said { block, what });
    }

    /// Forgets the half of the tasks that were said longest ago: the ends of some are never told, as of those that never ran.
    #[cold]
    fn forget_half(&mut self) {
        let mut blocks: Vec<u64> = self.tasks.values().map(|said| said.block).collect();
        let half = blocks.len() / 2;
        let (_, median, _) = blocks.select_nth_unstable(half);
        self.tasks.retain(|_, said| said.block > *median);
    }

    /// Adds to a block of these threads, which is about to be closed, what was said in others only.
    pub(super) fn repeat(&mut self, threads: &[u32], block: u64, room: usize, builder: &mut Builder) {
        let mut records = Vec::new();
        let unsaid = |said: &mut Said<Record<'static>>| {
            (std::mem::replace(&mut said.block, block) != block).then(|| said.what.clone())
        };
        records.extend(self.process.as_mut().and_then(unsaid));
        records.extend(self.clock.as_mut().and_then(unsaid));
        records.extend(self.runtimes.values_mut().filter_map(unsaid));
        for thread in threads {
            records.extend(self.threads.get_mut(thread).and_then(unsaid));
        }
        self.repeat_tasks(block, &mut records);
        // So that there are few runs.
        records.sort_by_key(|record| (record.thread, record.at));
        for Record { thread, at, event } in records.iter().take(room) {
            builder.add(*thread, *at, event, true);
        }
    }

    fn repeat_tasks(&mut self, block: u64, records: &mut Vec<Record<'static>>) {
        let mut used = std::mem::take(&mut self.used);
        used.sort_unstable();
        used.dedup();
        for task in &used {
            let Some(said) = self.tasks.get_mut(task) else { continue };
            if std::mem::replace(&mut said.block, block) == block {
                continue;
            }
            let Live { thread, at, parent, runtime, how, site } = said.what;
            let (name, place) = self.sites.sites[site as usize].clone();
            let event = TaskSpawn { task: TaskId::new(*task), parent, runtime, how, name, place }.into();
            records.push(Record { thread, at, event });
        }
        for task in self.ended.drain(..) {
            self.tasks.remove(&task);
        }
        used.clear();
        self.used = used;
        self.seen.fill(0);
    }
}

fn insert(map: &mut BTreeMap<u32, Said<Record<'static>>>, id: u32, said: Said<Record<'static>>, most: usize) {
    map.insert(id, said);
    if map.len() > most {
        map.pop_first();
    }
}

fn owned(of: &Process<'_>) -> Process<'static> {
    Process {
        pid: of.pid,
        started: of.started,
        service: of.service.clone().into_owned(),
        version: of.version.clone().into_owned(),
        tool: of.tool.clone().into_owned(),
        tokio: of.tokio,
        host: of.host.clone().into_owned(),
        fields: of.fields.iter().cloned().map(|field| field.into_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_too_many_tasks_have_no_end_those_of_late_are_known() {
        let mut repeated = Repeated::default();
        for task in 0..2 * MAX_TASKS as u64 {
            let spawn = TaskSpawn { task: TaskId::new(task), ..TaskSpawn::default() };
            repeated.spawned(0, 0, &spawn, task / 1000);
            assert!(repeated.tasks.contains_key(&task));
        }
        assert!(repeated.tasks.len() <= MAX_TASKS);
        // All in one block.
        for task in 0..2 * MAX_TASKS as u64 {
            let spawn = TaskSpawn { task: TaskId::new(task), ..TaskSpawn::default() };
            repeated.spawned(0, 0, &spawn, u64::MAX);
        }
        assert!(repeated.tasks.len() <= MAX_TASKS);
    }
}
