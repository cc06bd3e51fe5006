//! What each thread did that polls tasks: how busy it was, and how long its polls were.

use std::collections::BTreeMap;

use spanwright_recording::event::{Event, Role, Thread};

use super::Seen;
use super::histogram::Histogram;

/// Further threads are counted as one.
const MOST: usize = 4096;
const OTHERS: (u64, u32) = (u64::MAX, u32::MAX);

/// By recording and thread.
#[derive(Debug, Default)]
pub(crate) struct Workers(BTreeMap<(u64, u32), Worker>);

/// What a thread did.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    /// Its name, or its number.
    pub(crate) name: String,
    /// Which worker of which runtime it is.
    pub(crate) worker: Option<u32>,
    pub(crate) runtime: Option<String>,
    pub(crate) polls: Histogram,
    pub(crate) parks: u64,
    pub(crate) parked: u64,
    /// From its first poll or park to the end of its last.
    pub(crate) from: u64,
    pub(crate) to: u64,
    is_known: bool,
    pub(crate) role: Role,
}

impl Worker {
    /// How long it was seen, in nanoseconds.
    pub(crate) fn seen(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }

    /// Which worker of which runtime it is: `main/0`.
    pub(crate) fn place(&self) -> String {
        match (&self.runtime, self.worker) {
            (Some(runtime), Some(number)) => format!("{runtime}/{number}"),
            (Some(runtime), None) => runtime.clone(),
            _ => String::new(),
        }
    }

    fn learn(&mut self, thread: &Thread<'_>, seen: &Seen<'_>) {
        self.is_known = true;
        self.role = thread.role;
        if !thread.name.is_empty() {
            self.name = thread.name.to_string();
        }
        self.worker = thread.worker;
        self.runtime = thread.runtime.map(|id| seen.runtime(id));
    }
}

impl Workers {
    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let record = seen.record;
        if !matches!(record.event, Event::Poll(_) | Event::Park(_)) {
            return;
        }
        let key = (seen.recording, record.thread);
        let key = if self.0.len() < MOST || self.0.contains_key(&key) { key } else { OTHERS };
        let worker = self.0.entry(key).or_insert_with(|| Worker {
            name: if key == OTHERS { "(others)".to_owned() } else { format!("thread {}", key.1) },
            from: u64::MAX,
            is_known: key == OTHERS,
            ..Worker::default()
        });
        if let Some(thread) = seen.names.thread(record.thread) {
            // A worker is said to be one when it parks for the first time.
            if key != OTHERS && (!worker.is_known || worker.role != thread.role) {
                worker.learn(thread, seen);
            }
        }
        worker.from = worker.from.min(record.start());
        worker.to = worker.to.max(record.at);
        match &record.event {
            Event::Poll(poll) => worker.polls.add(poll.duration.0),
            Event::Park(park) => {
                worker.parks += 1;
                worker.parked = worker.parked.saturating_add(park.duration.0);
            }
            _ => {}
        }
    }

    /// All of them, with their recording and thread.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&(u64, u32), &Worker)> {
        self.0.iter()
    }
}
