//! Reads what is committed, and gives read chunks back.

use super::{Chunk, HEADER_WORDS, Head, Kind, RECORD_WORDS, Ring, SEALED, word};
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
    /// The number of the thread that it happened on; zero where nobody knows.
    pub thread: u32,
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
    /// The pass' number, for [`Ring::set_recorded`]: each is larger than those before, whoever reads.
    pub fn read(&mut self, mut take: impl FnMut(&Record<'_>)) -> u64 {
        let ring = self.ring;
        let mut held = crate::sync::lock(&ring.held);
        held.begin(ring);
        for index in ring.indexes() {
            let Some(chunk) = ring.chunk(index) else { continue };
            if held.is_kept(index) || ring.move_over(index, chunk) {
                continue;
            }
            let (is_over, mut thread) = self.copy(chunk);
            held.was_read(ring, index, chunk, !self.words.is_empty(), is_over);
            let mut rest = self.words.as_slice();
            while let Some((record, after)) = Record::split(rest, &mut thread) {
                take(&record);
                rest = after;
            }
        }
        held.end(ring)
    }

    /// Copies what is new in a chunk; whether that was its last, and whose the first record is.
    fn copy(&mut self, chunk: &Chunk) -> (bool, u32) {
        self.words.clear();
        let committed = chunk.words[word::COMMITTED].load(Ordering::Acquire);
        let (end, before) = ((committed & !SEALED) as usize, chunk.get(word::READ));
        let read = before as u32 as usize;
        if end > read {
            let new = chunk.words.get(read.max(HEADER_WORDS)..end).unwrap_or_default();
            self.words.extend(new.iter().map(|word| word.load(Ordering::Relaxed)));
            chunk.set(word::READ, before & !0xffff_ffff | end as u64);
        }
        let own = chunk.get(word::THREAD) as u32;
        let thread = if own == 0 { chunk.get(word::READ_THREAD) as u32 } else { own };
        if own == 0 && end > read {
            let last = last_writer(&self.words);
            chunk.set(word::READ_THREAD, last.unwrap_or(thread).into());
        }
        (committed & SEALED != 0, thread)
    }
}

/// Whose the last records are.
fn last_writer(mut words: &[u64]) -> Option<u32> {
    let mut last = None;
    while let Some((record, after)) = Record::first(words, 0) {
        if record.kind() == Some(Kind::Writer) {
            last = Some(record.aux);
        }
        words = after;
    }
    last
}

impl<'a> Record<'a> {
    /// What it is about; nothing where this version does not know it.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::of(self.kind)
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.whole)
    }

    /// The first record of `words` that is not about the records behind it, and what comes after it; `thread` is whose it is.
    pub(crate) fn split(mut words: &'a [u64], thread: &mut u32) -> Option<(Self, &'a [u64])> {
        loop {
            let (record, after) = Self::first(words, *thread)?;
            if record.kind() != Some(Kind::Writer) {
                return Some((record, after));
            }
            (*thread, words) = (record.aux, after);
        }
    }

    /// The first record of `words`, and what comes after it.
    fn first(words: &'a [u64], thread: u32) -> Option<(Self, &'a [u64])> {
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
            thread,
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
    /// Whose the last one is.
    thread: u32,
}

impl Records {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { words: Vec::new(), count: 0, thread: 0 }
    }

    /// Keeps a copy.
    pub fn push(&mut self, record: &Record<'_>) {
        if record.thread != self.thread {
            self.thread = record.thread;
            let head = Head { kind: Kind::Writer, flags: 0, aux: record.thread, at: record.at };
            self.words.extend([head.word(RECORD_WORDS), head.at.0]);
        }
        self.words.extend_from_slice(record.whole);
        self.count += 1;
    }

    /// What was kept, in its order.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let (mut rest, mut thread) = (self.words.as_slice(), 0);
        std::iter::from_fn(move || {
            let (record, after) = Record::split(rest, &mut thread)?;
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
        (self.count, self.thread) = (0, 0);
    }
}
