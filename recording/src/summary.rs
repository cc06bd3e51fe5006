//! What a recording amounts to.

use std::collections::BTreeMap;
use std::fmt;

use crate::event::{Event, Record};
use crate::reader::Reader;
use crate::show::duration;

/// What a recording amounts to: as much as is known from passing over its events once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes of its files.
    pub bytes: u64,
    /// How many blocks.
    pub blocks: u64,
    /// How many events.
    pub events: u64,
    /// The time of the first, in nanoseconds since the Unix epoch.
    pub first: u64,
    /// The time of the last.
    pub last: u64,
    /// How many of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// What each thread did.
    pub threads: BTreeMap<u32, ThreadSummary>,
    /// How many events gaps say are lost, and how many problems say so.
    pub lost: u64,
}

/// What a thread did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadSummary {
    /// Its name, where it is known.
    pub name: String,
    /// How many polls.
    pub polls: u64,
    /// How long those took together, in nanoseconds.
    pub busy: u64,
    /// The longest, in nanoseconds.
    pub longest_poll: u64,
    /// How often it was parked.
    pub parks: u64,
    /// How long together, in nanoseconds.
    pub parked: u64,
}

impl Summary {
    /// Reads all events. `progress` is called with the number of blocks that were read, and of all.
    pub fn of(reader: &mut Reader, mut progress: impl FnMut(u64, u64)) -> Self {
        let mut summary = Self { bytes: reader.bytes(), ..Self::default() };
        let blocks = reader.index().len() as u64;
        let mut names = BTreeMap::new();
        for block in reader.blocks() {
            summary.blocks += 1;
            for record in block.repeated.iter().chain(&block.records) {
                if let Event::Thread(thread) = &record.event {
                    names.insert(thread.id, thread.name.to_string());
                }
            }
            block.records.iter().for_each(|record| summary.add(record));
            progress(summary.blocks, blocks);
        }
        for (id, thread) in &mut summary.threads {
            thread.name = names.remove(id).unwrap_or_default();
        }
        summary.lost = summary.lost.saturating_add(reader.problems().lost());
        summary
    }

    /// Takes an event into account.
    pub fn add(&mut self, record: &Record<'_>) {
        self.first = if self.events == 0 { record.at } else { self.first.min(record.at) };
        self.last = self.last.max(record.at);
        self.events += 1;
        match self.kinds.get_mut(record.event.kind()) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(record.event.kind().to_owned(), 1)),
        }
        let thread = self.threads.entry(record.thread).or_default();
        match &record.event {
            Event::Poll(poll) => {
                thread.polls += 1;
                thread.busy = thread.busy.saturating_add(poll.duration.0);
                thread.longest_poll = thread.longest_poll.max(poll.duration.0);
            }
            Event::Park(park) => {
                thread.parks += 1;
                thread.parked = thread.parked.saturating_add(park.duration.0);
            }
            Event::Gap(gap) => self.lost = self.lost.saturating_add(gap.lost),
            _ => {}
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |nanos| {
            let mut out = String::new();
            duration(&mut out, nanos);
            out
        };
        let each = self.bytes as f64 / (self.events as f64).max(1.0);
        writeln!(
            f,
            "{} events in {} blocks, {} bytes ({each:.2} an event)",
            self.events, self.blocks, self.bytes
        )?;
        writeln!(f, "{} from the first to the last", shown(self.last.saturating_sub(self.first)))?;
        if self.lost > 0 {
            writeln!(f, "{} events are lost", self.lost)?;
        }
        for (kind, count) in &self.kinds {
            writeln!(f, "{count:>12} {kind}")?;
        }
        for (id, thread) in self.threads.iter().filter(|(_, thread)| thread.polls + thread.parks > 0) {
            let whole = thread.busy.saturating_add(thread.parked).max(1);
            writeln!(
                f,
                "thread {id} {}: {} polls, busy {} ({:.1} %), longest {}, {} parks",
                thread.name,
                thread.polls,
                shown(thread.busy),
                100.0 * thread.busy as f64 / whole as f64,
                shown(thread.longest_poll),
                thread.parks,
            )?;
        }
        Ok(())
    }
}
