//! A block that is being written.
//!
//! Its events go into columns: one for their kinds, and for each kind one for its time and one for each field. Events of one
//! thread that follow each other make a run, in which times are told from one event to the next.

use crate::codec::Packer;
use crate::event::{KINDS, Kind, KindSpec};
use crate::header::{Content, HEADER_BYTES, Header};
use crate::wire::numbers::{put_leb, zigzag};
use crate::wire::{BitsOut, State, put_number};

/// So many events of fixed length are small whatever they hold.
const DUE: usize = 64;

/// Events of one thread that follow each other.
#[derive(Debug)]
struct Run {
    thread: u32,
    events: u32,
    /// Where its times begin.
    base: u64,
    repeated: bool,
}

/// The columns of a kind: its time, and its fields.
#[derive(Debug)]
struct Columns {
    spec: &'static KindSpec,
    events: u32,
    columns: Vec<Vec<u8>>,
    /// The fields whose length is not known before: a list, or what may hold one.
    lists: Vec<usize>,
    /// Bytes of those.
    listed: usize,
}

impl Columns {
    fn new(spec: &'static KindSpec) -> Self {
        let lists = spec.fields.iter().enumerate().filter(|(_, field)| field.ty.is_list());
        Self {
            spec,
            events: 0,
            columns: vec![Vec::new(); 1 + spec.fields.len()],
            lists: lists.map(|(index, _)| 1 + index).collect(),
            listed: 0,
        }
    }

    /// By how much an event has made them longer.
    #[inline]
    fn grown(&mut self) -> usize {
        let single = self.columns.len() - self.lists.len();
        if self.lists.is_empty() {
            return single;
        }
        let listed = self.lists.iter().map(|index| self.columns[*index].len()).sum();
        single + listed - std::mem::replace(&mut self.listed, listed)
    }
}

/// What the header says of times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) earliest: u64,
}

impl Range {
    const NONE: Self = Self { first: u64::MAX, last: 0, earliest: u64::MAX };

    fn add(&mut self, start: u64, at: u64) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.earliest = self.earliest.min(start);
    }

    /// As the header has it: all zero where there is nothing.
    fn stated(self) -> Self {
        if self.first > self.last { Self { first: 0, last: 0, earliest: 0 } } else { self }
    }
}

/// What a closed block is called by whoever writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    pub(crate) recording: u64,
    pub(crate) sequence: u64,
}

/// A block that is being written.
#[derive(Debug)]
pub(crate) struct Builder {
    kinds: Vec<Columns>,
    order: Vec<u8>,
    runs: Vec<Run>,
    /// The time of the last event of the run, and the end of its last fused one.
    at: u64,
    end: u64,
    bits: BitsOut,
    state: State,
    /// Bytes of all columns, but for that of the kinds.
    bytes: usize,
    range: Range,
    repeated: u32,
    /// The last event was of variable length.
    listed: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self::of(KINDS)
    }
}

impl Builder {
    /// A block for these kinds, each of which is at its code's place.
    pub(crate) fn of(kinds: &'static [KindSpec]) -> Self {
        Self {
            kinds: kinds.iter().map(Columns::new).collect(),
            order: Vec::new(),
            runs: Vec::new(),
            at: 0,
            end: 0,
            bits: BitsOut::default(),
            state: State::default(),
            bytes: 0,
            range: Range::NONE,
            repeated: 0,
            listed: false,
        }
    }

    /// Events so far, repeated ones included.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether it is time to look how large it is: after some events, and after one of variable length.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.order.len() % DUE == 0 || self.listed
    }

    /// Bytes before compression, nearly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.order.len() + self.bits.len() + self.state.bytes()
    }

    /// Whether the next event may find no room for its texts.
    pub(crate) fn nearly_full(&self) -> bool {
        self.state.nearly_full()
    }

    /// The threads that events are of.
    pub(crate) fn threads(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().map(|run| run.thread)
    }

    /// How many events of each kind there are, by the kinds' codes.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u8, u32)> + '_ {
        self.kinds.iter().filter(|kind| kind.events > 0).map(|kind| (kind.spec.code, kind.events))
    }

    /// Adds an event. One that is repeated counts neither for the times nor for the number of events.
    #[inline]
    pub(crate) fn add(&mut self, thread: u32, at: u64, event: &impl Kind, repeated: bool) {
        let code = event.code();
        let Some(kind) = self.kinds.get_mut(usize::from(code).wrapping_sub(1)) else { return };
        // A kind's code is its place in the table; a test holds that.
        let fused = event.fused();
        let start = fused.map_or(at, |duration| at.saturating_sub(duration.0));
        let from = if fused.is_some() { self.end } else { self.at };
        let continues = start >= from
            && self.runs.last().is_some_and(|run| run.thread == thread && run.repeated == repeated);
        if !continues {
            self.runs.push(Run { thread, events: 0, base: start, repeated });
            (self.at, self.end) = (start, start);
        }
        let from = if fused.is_some() { self.end } else { self.at };
        if let Some((time, fields)) = kind.columns.split_first_mut() {
            put_number(time, &mut self.bits, start - from);
            event.put(fields, &mut self.bits, &mut self.state);
        }
        kind.events += u32::from(!repeated);
        self.order.push(code);
        self.bytes += kind.grown();
        self.listed = !kind.lists.is_empty();
        self.at = at;
        if fused.is_some() {
            self.end = at;
        }
        if let Some(run) = self.runs.last_mut() {
            run.events += 1;
        }
        if repeated {
            self.repeated += 1;
        } else {
            self.range.add(start, at);
        }
    }

    /// Writes the block to `out`, which is emptied before, and is as new after it.
    pub(crate) fn close(&mut self, label: Label, packer: &mut Packer, out: &mut Vec<u8>) -> Header {
        let tables = self.tables();
        out.clear();
        out.resize(HEADER_BYTES, 0);
        let columns = self.kinds.iter().flat_map(|kind| kind.columns.iter().map(Vec::as_slice));
        let parts = [&tables[..], &self.order].into_iter().chain(columns).filter(|part| !part.is_empty());
        let raw: usize = parts.clone().map(<[u8]>::len).sum();
        let codec = packer.pack(parts, out);
        let packed = out.len() - HEADER_BYTES;
        self.bits.drain_to(out);
        let range = self.range.stated();
        let header = Header {
            content: Content::Events,
            codec,
            payload: (out.len() - HEADER_BYTES) as u32,
            packed: packed as u32,
            raw: raw as u32,
            events: self.order.len() as u32 - self.repeated,
            repeated: self.repeated,
            sequence: label.sequence,
            recording: label.recording,
            first: range.first,
            last: range.last,
            earliest: range.earliest,
            payload_crc: crc32c::crc32c(&out[HEADER_BYTES..]),
        };
        out[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
        self.clear();
        header
    }

    /// What comes before the columns, and says how they are to be read.
    fn tables(&mut self) -> Vec<u8> {
        let used: Vec<&'static KindSpec> =
            self.kinds.iter().filter(|kind| !kind.columns[0].is_empty()).map(|kind| kind.spec).collect();
        let mut schema = Vec::new();
        put_leb(&mut schema, used.len() as u64);
        for spec in used {
            put_schema(&mut schema, spec, &mut self.state);
        }
        let mut tables = Vec::new();
        self.state.drain_to(&mut tables);
        tables.append(&mut schema);
        put_leb(&mut tables, self.runs.len() as u64);
        for run in &self.runs {
            put_leb(&mut tables, u64::from(run.thread) << 1 | u64::from(run.repeated));
            put_leb(&mut tables, run.events.into());
            put_leb(&mut tables, zigzag(run.base.wrapping_sub(self.range.stated().first) as i64));
        }
        put_leb(&mut tables, self.order.len() as u64);
        for kind in self.kinds.iter().filter(|kind| !kind.columns[0].is_empty()) {
            kind.columns.iter().for_each(|column| put_leb(&mut tables, column.len() as u64));
        }
        tables
    }

    fn clear(&mut self) {
        for kind in &mut self.kinds {
            kind.columns.iter_mut().for_each(Vec::clear);
            (kind.events, kind.listed) = (0, 0);
        }
        self.order.clear();
        self.runs.clear();
        (self.bytes, self.repeated, self.range) = (0, 0, Range::NONE);
    }
}

/// How a kind is stated: its code, its name, how its time is told, and its fields.
fn put_schema(schema: &mut Vec<u8>, spec: &KindSpec, state: &mut State) {
    schema.push(spec.code);
    put_leb(schema, state.name(spec.name));
    schema.push(spec.time as u8);
    put_leb(schema, spec.fields.len() as u64);
    for field in spec.fields {
        put_leb(schema, state.name(field.name));
        schema.push(field.ty.code());
        if field.ty == crate::wire::FieldType::Choice {
            put_leb(schema, field.choices.len() as u64);
            field.choices.iter().for_each(|choice| put_leb(schema, state.name(choice)));
        }
    }
}
