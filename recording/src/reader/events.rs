//! The events of all blocks in the order of their time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::sync::LazyLock;
use std::vec::IntoIter;

use foldhash::fast::FixedState;

use super::problems::{Problem, What};
use super::{Names, Reader};
use crate::event::{Event, Record, TaskId};

/// A block that is being read.
#[derive(Debug)]
struct Open {
    next: Record<'static>,
    rest: IntoIter<Record<'static>>,
}

/// The events of a recording in the order of their time.
///
/// A block is opened when its first event is due, so that only as many are open as overlap in time.
#[derive(Debug)]
pub struct Events<'r> {
    reader: &'r mut Reader,
    /// Blocks that are still to be opened, the last first.
    blocks: Vec<usize>,
    open: Vec<Option<Open>>,
    /// The next event of each open block: its time, the block's place in the file, and in `open`.
    due: BinaryHeap<Reverse<(u64, usize, usize)>>,
    /// Events that are in memory.
    held: usize,
    within: Range<u64>,
    /// What is known of each recording, and how many of its blocks are left.
    names: HashMap<u64, (Names, usize), FixedState>,
    /// The recording of the last event.
    recording: u64,
    /// Recordings that are over, after their last event.
    over: Vec<u64>,
    all: usize,
    /// The last time, and how many events came later than they should.
    last: u64,
    late: u64,
    /// The task that the last event was the end of.
    ended: Option<TaskId>,
}

impl<'r> Events<'r> {
    pub(super) fn new(reader: &'r mut Reader, within: Range<u64>) -> Self {
        let entries = &reader.blocks;
        let touches = |block: &usize| {
            let entry = &entries[*block].entry;
            entry.earliest < within.end && entry.last >= within.start && entry.events > 0
        };
        let mut blocks: Vec<usize> = (0..entries.len()).filter(touches).collect();
        blocks.sort_by_key(|block| Reverse((entries[*block].entry.first, *block)));
        let mut names: HashMap<u64, (Names, usize), FixedState> = HashMap::default();
        blocks.iter().for_each(|block| names.entry(entries[*block].entry.recording).or_default().1 += 1);
        let all = blocks.len();
        Self {
            reader,
            blocks,
            open: Vec::new(),
            due: BinaryHeap::new(),
            held: 0,
            within,
            names,
            recording: 0,
            over: Vec::new(),
            all,
            last: 0,
            late: 0,
            ended: None,
        }
    }

    /// What is known of the threads, runtimes and tasks of the last event's recording, by its events so far and by what blocks
    /// repeat.
    pub fn names(&self) -> &Names {
        static NONE: LazyLock<Names> = LazyLock::new(Names::default);
        self.names.get(&self.recording).map_or(&NONE, |(names, _)| names)
    }

    /// The number of the last event's recording: numbers of threads, runtimes and tasks mean something within one only.
    pub fn recording(&self) -> u64 {
        self.recording
    }

    /// How many blocks were looked at, and how many there are to be.
    pub fn progress(&self) -> (u64, u64) {
        ((self.all - self.blocks.len()) as u64, self.all as u64)
    }

    /// Takes note that a block of this recording is over.
    fn block_ended(&mut self, recording: u64) {
        if let Some((_, left)) = self.names.get_mut(&recording) {
            *left -= 1;
            if *left == 0 {
                self.over.push(recording);
            }
        }
    }

    /// Opens all blocks that may hold the next event.
    fn open_due(&mut self) {
        while let Some(block) = self.blocks.last().copied() {
            let entry = &self.reader.blocks[block].entry;
            let (first, events) = (entry.first, entry.events as usize);
            if let Some(Reverse((at, ..))) = self.due.peek() {
                if first > *at || self.held + events > self.reader.held {
                    return;
                }
            }
            self.blocks.pop();
            let recording = self.reader.blocks[block].entry.recording;
            let Some(read) = self.reader.read(block) else {
                self.block_ended(recording);
                continue;
            };
            // On another thread a task may be polled a moment before the one that made it says so.
            if let Some((names, _)) = self.names.get_mut(&recording) {
                read.repeated.iter().chain(&read.records).for_each(|record| names.learn(record));
            }
            let mut records = read.records;
            // Those of a thread are in order already, which this sort makes use of.
            records.sort_by_key(|record| record.at);
            self.held += records.len();
            let place = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
            if place == self.open.len() {
                self.open.push(None);
            }
            self.put(block, place, records.into_iter());
        }
    }

    /// Puts a block's next event where it is due.
    fn put(&mut self, block: usize, place: usize, mut rest: IntoIter<Record<'static>>) {
        let next = rest.next();
        if next.is_none() {
            self.block_ended(self.reader.blocks[block].entry.recording);
        }
        self.open[place] = next.map(|next| {
            self.due.push(Reverse((next.at, block, place)));
            Open { next, rest }
        });
    }

    /// Forgets what nobody can ask for any more.
    fn forget(&mut self) {
        if let (Some(ended), Some((names, _))) = (self.ended.take(), self.names.get_mut(&self.recording)) {
            names.forget(ended);
        }
        // Those of the last event's recording may still be asked for.
        let last = self.recording;
        for over in self.over.iter().filter(|over| **over != last) {
            self.names.remove(over);
        }
        self.over.retain(|over| *over == last);
    }

    fn any(&mut self) -> Option<Record<'static>> {
        self.open_due();
        let Reverse((at, block, place)) = self.due.pop()?;
        let Open { next, rest } = self.open[place].take()?;
        self.held -= 1;
        self.recording = self.reader.blocks[block].entry.recording;
        self.put(block, place, rest);
        if at < self.last {
            self.late += 1;
        }
        self.last = self.last.max(at);
        Some(next)
    }
}

impl Iterator for Events<'_> {
    type Item = Record<'static>;

    fn next(&mut self) -> Option<Record<'static>> {
        loop {
            self.forget();
            let Some(record) = self.any() else {
                if self.late > 0 {
                    let what = What::OutOfOrder(std::mem::take(&mut self.late));
                    self.reader.problems.add(Problem { file: None, bytes: 0..0, what, lost: None });
                }
                return None;
            };
            if let Some((names, _)) = self.names.get_mut(&self.recording) {
                names.learn(&record);
            }
            // Whoever gets it may still ask what the task was.
            self.ended = match &record.event {
                Event::TaskEnd(end) => Some(end.task),
                Event::BlockingRun(run) => Some(run.task),
                _ => None,
            };
            if record.start() < self.within.end && record.at >= self.within.start {
                return Some(record);
            }
        }
    }
}
