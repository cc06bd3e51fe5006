//! What was read and stays where it is until a recording has it, so that it can be read after this process too.

use std::collections::VecDeque;

use super::{Chunk, HEADER_WORDS, Kind, Ring, word};
use crate::sync::Ordering;

/// Passes that are told apart; more of them are one.
const MOST_MARKS: usize = 256;

/// What is kept. It is the ring's, since readers come and go; only who reads locks it.
#[derive(Debug)]
pub(super) struct Held {
    /// Whether what is read now is kept.
    on: bool,
    /// The number of the pass that goes on, or was the last.
    pass: u64,
    /// What is known of each chunk, by its index.
    known: Vec<Known>,
    /// Chunks that are kept, the oldest first, and some that are not any more: index and round.
    queue: VecDeque<(u32, u32)>,
    /// How many are kept.
    count: usize,
    /// What was read in which pass and is in no recording yet.
    marks: VecDeque<Mark>,
    /// What was read in the pass that goes on.
    new: Mark,
}

/// What was read in a pass.
#[derive(Debug, Default)]
struct Mark {
    pass: u64,
    places: Vec<Place>,
    /// Records of it that were let go.
    let_go: u64,
}

/// What is known of a chunk.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// How often it was given back.
    round: u32,
    /// Whether it is sealed and read, and kept.
    kept: bool,
}

/// Words of a chunk in one of its rounds.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u32,
    round: u32,
    end: u32,
}

impl Ring {
    /// Whether what is read from now on stays where it is until it is [recorded](Self::set_recorded), so that it can be read after
    /// this process too. Half the ring may be kept so: then the oldest is let go, and the source is told how many records that
    /// are.
    pub fn hold(&self, holds: bool) {
        self.holds.store(holds.into(), Ordering::Relaxed);
    }

    /// A recording has what was read until this [pass](super::Reader::read): it need not be kept here, and is given back. Waits while
    /// somebody reads.
    pub fn set_recorded(&self, pass: u64) {
        self.recorded.fetch_max(pass, Ordering::Relaxed);
        // A pass that reads nothing: until the next one, a kill would leave here what the recording has already.
        crate::sync::lock(&self.held).begin(self);
    }

    /// How many bytes of the ring are kept for a recording to come. Waits while somebody reads.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        crate::sync::lock(&self.held).count * size_of::<Chunk>()
    }
}

impl Held {
    pub(super) const fn new() -> Self {
        Self {
            on: false,
            pass: 0,
            known: Vec::new(),
            queue: VecDeque::new(),
            count: 0,
            marks: VecDeque::new(),
            new: Mark { pass: 0, places: Vec::new(), let_go: 0 },
        }
    }

    /// Before a pass: gives back what a recording has by now.
    pub(super) fn begin(&mut self, ring: &Ring) {
        self.pass += 1;
        let holds = ring.holds.load(Ordering::Relaxed) != 0;
        let recorded = if holds { ring.recorded.load(Ordering::Relaxed) } else { u64::MAX };
        while self.marks.front().is_some_and(|mark| mark.pass <= recorded) {
            let places = self.marks.pop_front().map(|mark| mark.places);
            places.into_iter().flatten().for_each(|place| self.record(ring, place));
        }
        self.on = holds;
        let Self { queue, known, .. } = self;
        queue.retain(|(index, round)| known[*index as usize].round == *round);
    }

    /// After a pass: its number.
    pub(super) fn end(&mut self, ring: &Ring) -> u64 {
        let new = std::mem::take(&mut self.new);
        if !new.places.is_empty() {
            self.marks.push_back(Mark { pass: self.pass, ..new });
        }
        if self.marks.len() > MOST_MARKS {
            self.merge_oldest();
        }
        if let Some(source) = ring.source() {
            source.note_let_go(self.marks.iter().map(|mark| mark.let_go).sum());
        }
        self.pass
    }

    /// Makes one of the two oldest marks.
    fn merge_oldest(&mut self) {
        let (Some(oldest), Some(next)) = (self.marks.pop_front(), self.marks.front_mut()) else { return };
        let mut places = oldest.places;
        places.append(&mut next.places);
        // Of each chunk the last place says all.
        places.reverse();
        places.sort_by_key(|place| place.index);
        places.dedup_by_key(|place| place.index);
        next.places = places;
        next.let_go += oldest.let_go;
    }

    /// Counts what is let go with a chunk, for each pass in which it was read.
    fn count(&mut self, chunk: &Chunk, index: u32, round: u32) {
        let mut start = (chunk.get(word::READ) >> 32) as usize;
        for mark in self.marks.iter_mut().chain([&mut self.new]) {
            let of_chunk = |place: &&Place| (place.index, place.round) == (index, round);
            let Some(place) = mark.places.iter().rev().find(of_chunk) else { continue };
            let end = place.end as usize;
            mark.let_go += chunk.count(start.max(HEADER_WORDS), end);
            start = start.max(end);
        }
    }

    fn record(&mut self, ring: &Ring, place: Place) {
        let known = self.known[place.index as usize];
        let Some(chunk) = ring.chunk(place.index).filter(|_| known.round == place.round) else { return };
        chunk.set_recorded(place.end);
        if known.kept && chunk.get(word::READ) as u32 == place.end {
            self.give_back(ring, place.index);
        }
    }

    /// Whether the chunk is sealed and read, and kept.
    pub(super) fn is_kept(&mut self, index: u32) -> bool {
        let index = index as usize;
        if self.known.len() <= index {
            self.known.resize(index + 1, Known::default());
        }
        self.known[index].kept
    }

    /// Of a chunk that has been read, and may be over: keeps it, or gives it back.
    pub(super) fn was_read(&mut self, ring: &Ring, index: u32, chunk: &Chunk, is_new: bool, is_over: bool) {
        let read = chunk.get(word::READ) as u32;
        let known = &mut self.known[index as usize];
        if is_new && self.on {
            self.new.places.push(Place { index, round: known.round, end: read });
        } else if is_new {
            chunk.set_recorded(read);
        }
        if !is_over {
            return;
        }
        known.kept = true;
        self.count += 1;
        if (chunk.get(word::READ) >> 32) as u32 == read {
            return self.give_back(ring, index);
        }
        self.queue.push_back((index, known.round));
        while self.count > (ring.limit() / 2).max(1) {
            let Some((index, round)) = self.queue.pop_front() else { return };
            if self.known[index as usize].round == round {
                if let Some(chunk) = ring.chunk(index) {
                    self.count(chunk, index, round);
                }
                self.give_back(ring, index);
            }
        }
    }

    fn give_back(&mut self, ring: &Ring, index: u32) {
        let known = &mut self.known[index as usize];
        *known = Known { round: known.round.wrapping_add(1), kept: false };
        self.count -= 1;
        if let Some(chunk) = ring.chunk(index) {
            ring.give_back(index, chunk);
        }
    }
}

impl Chunk {
    /// How many records there are between two places, but for those about others.
    fn count(&self, mut at: usize, end: usize) -> u64 {
        let mut count = 0;
        while at < end {
            let first = self.get(at);
            count += u64::from(first as u8 != Kind::Writer as u8);
            at += usize::from((first >> 16) as u16).max(1);
        }
        count
    }

    fn set_recorded(&self, words: u32) {
        self.set(word::READ, self.get(word::READ) & 0xffff_ffff | u64::from(words) << 32);
    }
}
