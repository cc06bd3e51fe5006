//! `spanwright analyze`: what a recording shows, from passing over its events once, in the order of their time.
//!
//! What is remembered is bounded, however long a recording is: tables have a most, lists keep the worst, time is divided into as many parts
//! as can be shown. Nothing is judged before the end, where [`findings`] looks at what was gathered.

mod blocking;
mod bounds;
mod compare;
mod findings;
mod gaps;
mod handed;
mod histogram;
mod html;
mod idle;
mod json;
mod longest;
mod places;
mod queues;
mod report;
mod run;
mod seen;
mod series;
mod spans;
mod stacks;
mod stalls;
mod tasks;
mod waits;
mod workers;

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use spanwright_recording::event::{Event, Mode, Open, Opened};
use spanwright_recording::{Entry, Names, Problem, Reader, What, to_line};

use super::filter;
use super::progress::Progress;
use blocking::Blocking;
pub(crate) use bounds::{Bounds, Report};
use findings::Finding;
use gaps::Gaps;
use idle::IdleWorkers;
use places::Places;
use queues::Queues;
pub(crate) use run::run;
use seen::Seen;
use series::{Parts, Series};
use spans::Spans;
use stacks::Stacks;
use stalls::Stalls;
use tasks::Tasks;
use waits::Waits;
use workers::Workers;

/// Further kinds are counted as one, and further processes not named.
const MOST: usize = 256;

/// What a recording shows.
#[derive(Debug)]
pub(crate) struct Analysis {
    bounds: Bounds,
    bytes: u64,
    blocks: u64,
    events: u64,
    /// The first start, and the last end.
    first: u64,
    last: u64,
    kinds: BTreeMap<String, u64>,
    /// Whose they are, by the recordings' numbers.
    processes: BTreeMap<u64, Whose>,
    several: bool,
    /// When each recording ends.
    ends: BTreeMap<u64, u64>,
    workers: Workers,
    stalls: Stalls,
    tasks: Tasks,
    waits: Waits,
    blocking: Blocking,
    idle: IdleWorkers,
    queues: Queues,
    spans: Spans,
    stacks: Stacks,
    series: Series,
    gaps: Gaps,
    /// Triggers, and what was open when the process died.
    notable: Vec<Notable>,
    more_notable: u64,
    findings: Vec<Finding>,
    /// Events that damage has cost, and how many problems there are.
    damaged: u64,
    problems: u64,
    /// Blocks that were given more than once, as in a file and its copy.
    repeated: u64,
    /// Something is missing in the midst, of which no event tells.
    is_torn: bool,
}

/// Whose recording it is.
#[derive(Debug)]
struct Whose {
    pid: u32,
    /// `shop 1.2.3, process 4242 on north, Tokio unstable`.
    said: String,
}

/// A trigger, or what was open when the process died.
#[derive(Debug)]
struct Notable {
    line: String,
    /// Of an open span, whose name further ones share.
    span: Option<String>,
    more: u64,
}

impl fmt::Display for Notable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.more {
            0 => f.write_str(&self.line),
            more => write!(f, "{}, and {more} more of this name", self.line),
        }
    }
}

/// Reads all events.
pub(crate) fn of(reader: &mut Reader, bounds: &Bounds) -> Analysis {
    let mut analysis = Analysis::new(reader, bounds);
    let mut progress = Progress::new("analysing");
    let mut events = reader.events();
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        analysis.add(&Seen { recording: events.recording(), record: &record, names: events.names() });
    }
    let problems = reader.problems();
    analysis.damaged = problems.lost();
    analysis.problems = problems.iter().len() as u64 + problems.more();
    // At its end a file may be cut off, and lack its index.
    let is_harmless = |problem: &Problem| matches!(problem.what, What::CutOff | What::Index(_));
    analysis.is_torn = problems.more() > 0 || !problems.iter().all(is_harmless);
    analysis.finish();
    analysis
}

impl Analysis {
    fn new(reader: &Reader, bounds: &Bounds) -> Self {
        let top = usize::from(bounds.top);
        let first_recording = reader.index().next().map(|entry| entry.recording);
        let first = filter::first(reader);
        let last = reader.index().filter(|entry| entry.events > 0).map(|entry| entry.last).max();
        let parts = Parts::new(first, last.unwrap_or(first));
        Self {
            bounds: bounds.clone(),
            bytes: reader.bytes(),
            blocks: reader.index().len() as u64,
            events: 0,
            first,
            last: 0,
            kinds: BTreeMap::new(),
            processes: BTreeMap::new(),
            several: reader.index().any(|entry| Some(entry.recording) != first_recording),
            ends: BTreeMap::new(),
            workers: Workers::default(),
            stalls: Stalls::default(),
            tasks: Tasks::new(Places::new(parts), bounds.silent.0),
            waits: Waits::new(bounds.wait.0, top),
            blocking: Blocking::new(bounds.long.0, top),
            idle: IdleWorkers::new(bounds.idle.0, top),
            queues: Queues::new(parts),
            spans: Spans::default(),
            stacks: Stacks::default(),
            series: Series::new(parts, bounds.long.0),
            gaps: Gaps::new(top),
            notable: Vec::new(),
            more_notable: 0,
            findings: Vec::new(),
            damaged: 0,
            problems: 0,
            repeated: repeated(reader),
            is_torn: false,
        }
    }

    fn add(&mut self, seen: &Seen<'_>) {
        let record = seen.record;
        self.events += 1;
        self.last = self.last.max(record.at);
        self.count(record.event.kind());
        if self.processes.len() < MOST && !self.processes.contains_key(&seen.recording) {
            if let Some(whose) = whose(seen.names) {
                self.processes.insert(seen.recording, whose);
            }
        }
        let end = self.ends.entry(seen.recording).or_default();
        *end = record.at.max(*end);
        self.stalls.add(seen);
        self.workers.add(seen);
        self.idle.add(seen);
        self.series.add(seen);
        self.queues.add(seen);
        self.waits.add(seen);
        self.gaps.add(seen, self.first, self.series.parts.width);
        if let Some((place, waited)) = self.tasks.add(seen) {
            if let Some(waited) = waited {
                self.series.waited(waited.to, waited.to.saturating_sub(waited.from));
                self.waits.waited(seen, waited, &self.stalls);
            }
            self.blocking.poll(seen, place, &mut self.tasks.places, &self.stalls);
        }
        self.blocking.add(seen, &mut self.tasks.places, &self.stalls);
        self.spans.add(seen);
        self.stacks.add(seen);
        match &record.event {
            Event::Open(open) => self.note(seen, Some(open)),
            Event::Trigger(_) => self.note(seen, None),
            _ => {}
        }
    }

    /// Spans of one name are one line, so that a thousand requests do not hide the rest.
    fn note(&mut self, seen: &Seen<'_>, open: Option<&Open<'_>>) {
        let span = open.filter(|open| open.what == Opened::Span).map(|open| open.name.to_string());
        let same = self.notable.iter().position(|other| span.is_some() && other.span == span);
        match same {
            Some(same) => self.notable[same].more += 1,
            None if self.notable.len() < self.top() => {
                let line = to_line(seen.record, seen.names, self.first);
                self.notable.push(Notable { line, span, more: 0 });
            }
            None => self.more_notable += 1,
        }
    }

    fn count(&mut self, kind: &str) {
        let known = self.kinds.len() < MOST || self.kinds.contains_key(kind);
        let kind = if known { kind } else { "(others)" };
        match self.kinds.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(kind.to_owned(), 1)),
        }
    }

    fn finish(&mut self) {
        let ends = &self.ends;
        self.tasks.finish(|recording| ends.get(&recording).copied().unwrap_or_default());
        self.waits.finish();
        self.blocking.finish(&mut self.tasks.places);
        self.findings = findings::of(self);
    }

    fn top(&self) -> usize {
        usize::from(self.bounds.top)
    }

    /// How long it is.
    fn time(&self) -> u64 {
        self.last.saturating_sub(self.first)
    }
}

/// How many blocks are there more than once.
fn repeated(reader: &Reader) -> u64 {
    let of = |entry: &Entry| (entry.recording, entry.sequence, entry.first, entry.events);
    let once: HashSet<_> = reader.index().map(of).collect();
    (reader.index().len() - once.len()) as u64
}

fn whose(names: &Names) -> Option<Whose> {
    let process = names.process()?;
    let mut said = match (process.service.is_empty(), process.version.is_empty()) {
        (true, _) => format!("process {}", process.pid),
        (false, true) => format!("{}, process {}", process.service, process.pid),
        (false, false) => format!("{} {}, process {}", process.service, process.version, process.pid),
    };
    if !process.host.is_empty() {
        said.push_str(" on ");
        said.push_str(&process.host);
    }
    if process.tokio != Mode::Unknown {
        said.push_str(", Tokio ");
        said.push_str(process.tokio.name());
    }
    if process.tool.ends_with(", recovered") {
        said.push_str(", recovered after its end");
    }
    Some(Whose { pid: process.pid, said })
}
