//! The last blocks of a flight recorder, kept where they can be read after this process too.
//!
//! A block is a word with its length in bytes and then the bytes, padded to words. The area goes round: positions only grow, and
//! the word at a position is that of its remainder by the area's size. The oldest blocks go first.

use std::ptr::NonNull;

use super::Segment;
use super::layout::{Area, WORD, word};
use crate::sync::{AtomicU64, Ordering, fence};

/// The place of a segment's blocks, and the right to write there.
#[derive(Debug)]
pub struct Blocks {
    segment: &'static Segment,
    /// The area, and how many words it has.
    base: NonNull<u8>,
    room: u64,
}

// SAFETY: the area is mapped for good, and used as atomics alone.
unsafe impl Send for Blocks {}

impl Blocks {
    pub(super) fn new(segment: &'static Segment) -> Self {
        let (offset, room) = segment.place(Area::Blocks);
        // SAFETY: the area is in the mapping.
        let base = unsafe { segment.base.add(offset) };
        Self { segment, base, room: (room / WORD) as u64 }
    }

    /// Keeps a block, and lets go of as many old ones as that takes. `false`, and nothing is changed, where it does not fit at
    /// all.
    pub fn push(&mut self, block: &[u8]) -> bool {
        let words = 1 + block.len().div_ceil(WORD) as u64;
        if words > self.room || block.is_empty() {
            return false;
        }
        let (mut first, end) = self.range();
        while end + words - first > self.room {
            first += self.words_at(first);
        }
        // Old blocks have gone before new words come, whatever ends the process in between.
        self.segment.word(word::BLOCKS).store(first, Ordering::Release);
        fence(Ordering::Release);
        self.at(end).store(block.len() as u64, Ordering::Relaxed);
        for (position, bytes) in (end + 1..).zip(block.chunks(WORD)) {
            let mut value = [0; WORD];
            value[..bytes.len()].copy_from_slice(bytes);
            self.at(position).store(u64::from_ne_bytes(value), Ordering::Relaxed);
        }
        let used = ((end + words).min(self.room) as usize * WORD) as u64;
        self.segment.word(Area::Blocks.used_word()).store(used, Ordering::Relaxed);
        self.segment.word(word::BLOCKS + 1).store(end + words, Ordering::Release);
        true
    }

    /// Lets go of the oldest block; `false` where there is none.
    pub fn pop(&mut self) -> bool {
        let (first, end) = self.range();
        let words = if first < end { self.words_at(first) } else { return false };
        self.segment.word(word::BLOCKS).store(first + words, Ordering::Release);
        true
    }

    /// Calls `each` with every block, the oldest first.
    pub fn for_each(&self, mut each: impl FnMut(&[u8])) {
        let (mut first, end) = self.range();
        let mut bytes = Vec::new();
        while first < end {
            let length = self.at(first).load(Ordering::Relaxed) as usize;
            let words = length.div_ceil(WORD) as u64;
            bytes.clear();
            let values = (first + 1..=first + words).map(|at| self.at(at).load(Ordering::Relaxed));
            bytes.extend(values.flat_map(u64::to_ne_bytes));
            bytes.truncate(length);
            each(&bytes);
            first += 1 + words;
        }
    }

    /// Gives their memory back to the system. To be called once the segment is closed: they are lost.
    pub fn free(self) {
        if self.room > 0 {
            self.segment.release(Area::Blocks);
        }
    }

    /// How many bytes blocks take, and may take.
    #[must_use]
    pub fn usage(&self) -> (usize, usize) {
        let (first, end) = self.range();
        ((end - first) as usize * WORD, self.room as usize * WORD)
    }

    fn range(&self) -> (u64, u64) {
        let get = |at| self.segment.word(at).load(Ordering::Relaxed);
        (get(word::BLOCKS), get(word::BLOCKS + 1))
    }

    /// How many words the block at a position has.
    fn words_at(&self, position: u64) -> u64 {
        1 + (self.at(position).load(Ordering::Relaxed) as usize).div_ceil(WORD) as u64
    }

    fn at(&self, position: u64) -> &AtomicU64 {
        // SAFETY: the remainder is less than the area's words: it is in the mapping, which is there for good, allocated, aligned
        // and only used as atomics. There is a word, since nobody asks for one of an area without.
        unsafe { self.base.cast::<AtomicU64>().add((position % self.room) as usize).as_ref() }
    }
}
