//! Reads what is committed, and gives read chunks back.

use super::{Chunk, HEADER_WORDS, Kind, RECORD_WORDS, Ring, SEALED, word};
use crate::clock::Ticks;
use crate::sync::Ordering;

/// The one reader of a ring.
#[derive(Debug)]
pub struct Reader<'a> {
    ring: &'a Ring,
    /// What has been read of one chunk; kept for its capacity.
    words: Vec<u64>,
}

/// A record, read.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    kind: u8,
    /// By its kind.
    pub flags: u8,
    /// By its kind.
    pub aux: u32,
    /// When it happened.
    pub at: Ticks,
    /// By its kind; written by this crate alone.
    pub(crate) words: &'a [u64],
    /// The record, whole.
    whole: &'a [u64],
}

impl Ring {
    /// The right to read; nothing where somebody has it.
    pub fn reader(&self) -> Option<Reader<'_>> {
        let free = self.reading.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
        free.then(|| Reader { ring: self, words: Vec::new() })
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.ring.reading.store(0, Ordering::Release);
    }
}

impl Reader<'_> {
    /// Hands over each record that was committed before this call and not read yet, and some that are being committed.
    /// Those of one thread come in their order as far as they lie in one chunk.
    pub fn read(&mut self, mut take: impl FnMut(&Record<'_>)) {
        for index in self.ring.indexes() {
            let Some(chunk) = self.ring.chunk(index) else { continue };
            if self.copy(chunk) {
                self.ring.give_back(index, chunk);
            }
            let mut rest = self.words.as_slice();
            while let Some((record, after)) = Record::split(rest) {
                take(&record);
                rest = after;
            }
        }
    }

    /// Copies what is new in a chunk; whether that was its last.
    fn copy(&mut self, chunk: &Chunk) -> bool {
        self.words.clear();
        let committed = chunk.words[word::COMMITTED].load(Ordering::Acquire);
        let (end, read) = ((committed & !SEALED) as usize, chunk.get(word::READ) as usize);
        if end > read {
            let new = chunk.words.get(read.max(HEADER_WORDS)..end).unwrap_or_default();
            self.words.extend(new.iter().map(|word| word.load(Ordering::Relaxed)));
            chunk.set(word::READ, end as u64);
        }
        committed & SEALED != 0
    }
}

impl<'a> Record<'a> {
    /// What it is about; nothing where this version does not know it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self.kind {
            1 => Some(Kind::Span),
            2 => Some(Kind::Event),
            _ => None,
        }
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.whole)
    }

    /// The first record of `words`, and what comes after it.
    fn split(words: &'a [u64]) -> Option<(Self, &'a [u64])> {
        let (first, at) = (*words.first()?, *words.get(1)?);
        let length = usize::from((first >> 16) as u16);
        if length < RECORD_WORDS || length > words.len() {
            return None;
        }
        let (record, after) = words.split_at(length);
        let record = Self {
            whole: record,
            kind: first as u8,
            flags: (first >> 8) as u8,
            aux: (first >> 32) as u32,
            at: Ticks(at),
            words: &record[RECORD_WORDS..],
        };
        Some((record, after))
    }
}

/// Records that are kept for later, in one piece of memory.
#[derive(Clone, Debug, Default)]
pub struct Records {
    words: Vec<u64>,
    count: usize,
}

impl Records {
    /// Keeps a copy.
    pub fn push(&mut self, record: &Record<'_>) {
        self.words.extend_from_slice(record.whole);
        self.count += 1;
    }

    /// What was kept, in its order.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.words.as_slice();
        std::iter::from_fn(move || {
            let (record, after) = Record::split(rest)?;
            rest = after;
            Some(record)
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.words.as_slice())
    }

    /// Forgets all; the memory is kept.
    pub fn clear(&mut self) {
        self.words.clear();
        self.count = 0;
    }
}
