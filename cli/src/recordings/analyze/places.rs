//! Tasks by the place in the code that made them.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use spanwright_recording::event::{End, Place as Source, TaskSpawn};

use super::histogram::Histogram;
use super::longest::Longest;
use super::series::Parts;

/// Tasks of further places are counted as one.
const MOST: usize = 1024;
/// So many of the worst are remembered of each.
const WORST: usize = 3;

/// A place as it is shown; nothing where it is not known.
pub(crate) fn said_place(place: &Source<'_>) -> String {
    match (place.file.is_empty(), place.column) {
        (true, _) => String::new(),
        // A span's has no column.
        (false, 0) => format!("{}:{}", place.file, place.line),
        (false, _) => place.to_string(),
    }
}

/// A poll that took too long.
#[derive(Clone, Debug)]
pub(crate) struct LongPoll {
    pub(crate) recording: u64,
    pub(crate) at: u64,
    pub(crate) task: u64,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) thread: String,
    /// What of it the process did not run.
    pub(crate) stalled: u64,
    /// Another thread went on as the worker meanwhile.
    pub(crate) handed_over: bool,
    /// The innermost span that was open most of the time: its name and place.
    pub(crate) span: Option<(String, String)>,
    /// The process died within it.
    pub(crate) open: bool,
}

/// A task that was silent for long: neither polled nor woken.
#[derive(Clone, Debug)]
pub(crate) struct Silent {
    pub(crate) task: u64,
    /// Since when.
    pub(crate) since: u64,
    /// When it was cancelled; nothing while it is alive.
    pub(crate) cancelled: Option<u64>,
    /// Where it waits, the innermost first.
    pub(crate) frames: Vec<String>,
}

/// All tasks of a place.
#[derive(Debug, Default)]
pub(crate) struct OfPlace {
    pub(crate) recording: u64,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) made: u64,
    /// Those that were there before the recording, or whose start is missing.
    pub(crate) before: u64,
    /// By how they ended.
    pub(crate) ended: [u64; 4],
    /// Those that are alive in the end, or were until the runtime ended, and are silent.
    pub(crate) alive: u64,
    pub(crate) quiet: u64,
    pub(crate) polls: Histogram,
    /// How long they waited to be polled, once they were made or woken.
    pub(crate) waits: Histogram,
    /// Long polls that kept a worker, less the stalls: as long as was asked for, and ten times that.
    pub(crate) long: u64,
    pub(crate) long_sum: u64,
    pub(crate) very_long: u64,
    pub(crate) worst: Longest<LongPoll>,
    /// Wake-ups by other tasks, and by anything else.
    pub(crate) woken_by_tasks: u64,
    pub(crate) woken_by_others: u64,
    /// The longest silence of each task that ended by itself.
    pub(crate) silences: Histogram,
    pub(crate) silent: Longest<Silent>,
    /// Those whose waker nobody holds.
    pub(crate) unheld: Longest<Silent>,
    /// When the first of those panicked that did.
    pub(crate) panicked_at: u64,
    /// For each part of the time.
    made_in: Vec<u32>,
    ended_in: Vec<u32>,
    quiet_cancels_in: Vec<u32>,
}

impl OfPlace {
    fn new(recording: u64, parts: &Parts) -> Self {
        Self {
            recording,
            worst: Longest::new(WORST),
            silent: Longest::new(WORST * 4),
            unheld: Longest::new(WORST * 4),
            made_in: vec![0; parts.count],
            ended_in: vec![0; parts.count],
            quiet_cancels_in: vec![0; parts.count],
            ..Self::default()
        }
    }

    pub(crate) fn made(&mut self, part: usize) {
        self.made += 1;
        self.made_in[part] = self.made_in[part].saturating_add(1);
    }

    pub(crate) fn ended(&mut self, part: usize, how: End, at: u64) {
        self.ended[match how {
            End::Completed => 0,
            End::Cancelled => 1,
            End::Panicked => 2,
            _ => 3,
        }] += 1;
        self.ended_in[part] = self.ended_in[part].saturating_add(1);
        if how == End::Panicked && self.panicked_at == 0 {
            self.panicked_at = at;
        }
    }

    /// Takes note of one that was silent when it was cancelled, as all are that a runtime has when it ends.
    pub(crate) fn cancelled_quiet(&mut self, part: usize) {
        self.quiet_cancels_in[part] = self.quiet_cancels_in[part].saturating_add(1);
    }

    pub(crate) fn panicked(&self) -> u64 {
        self.ended[2]
    }

    /// How many were alive at the end of each part.
    pub(crate) fn alive_over_time(&self) -> Vec<u64> {
        let mut alive = self.before;
        let both = self.made_in.iter().zip(&self.ended_in);
        both.map(|(made, ended)| {
            alive = (alive + u64::from(*made)).saturating_sub((*ended).into());
            alive
        })
        .collect()
    }

    /// How many were silent when they were cancelled, from this part on.
    pub(crate) fn quiet_cancels_from(&self, part: usize) -> u64 {
        self.quiet_cancels_in[part..].iter().map(|count| u64::from(*count)).sum()
    }

    /// What is shown of it: its name, or its place.
    pub(crate) fn said(&self) -> &str {
        if self.name.is_empty() { &self.place } else { &self.name }
    }
}

/// All places, in the order in which they were seen. The first has the tasks of which nothing is known, and those of further places.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) parts: Parts,
    all: Vec<OfPlace>,
    known: HashMap<u64, u32, FixedState>,
}

/// The place of tasks of which nothing is known.
pub(crate) const UNKNOWN: u32 = 0;

impl Places {
    pub(crate) fn new(parts: Parts) -> Self {
        let unknown = OfPlace { name: "(unknown)".to_owned(), ..OfPlace::new(0, &parts) };
        Self { parts, all: vec![unknown], known: HashMap::default() }
    }

    /// The place that made a task.
    pub(crate) fn find(&mut self, recording: u64, made: &TaskSpawn<'_>) -> u32 {
        if made.name.is_empty() && made.place.file.is_empty() {
            return UNKNOWN;
        }
        let source = (&*made.place.file, made.place.line, made.place.column);
        let key = FixedState::default().hash_one((recording, source, &*made.name));
        if let Some(place) = self.known.get(&key) {
            return *place;
        }
        if self.all.len() >= MOST {
            return UNKNOWN;
        }
        let place = self.all.len() as u32;
        let said = OfPlace {
            name: made.name.to_string(),
            place: said_place(&made.place),
            ..OfPlace::new(recording, &self.parts)
        };
        self.all.push(said);
        self.known.insert(key, place);
        place
    }

    pub(crate) fn get(&self, place: u32) -> &OfPlace {
        &self.all[place as usize]
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> &mut OfPlace {
        &mut self.all[place as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &OfPlace> {
        self.all.iter()
    }
}
