//! The pool of chunks, and how records get into them.

use std::cell::Cell;

use super::held::Held;
use super::{
    CHUNK_WORDS, Chunk, HEADER_WORDS, Head, Kind, MAX_CHUNKS, MAX_RECORD, RECORD_WORDS, SEALED, Source,
    VERSION, Writer, word,
};
#[cfg(not(loom))]
use crate::local::Local;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Mutex, Ordering, const_unless_loom, fence};

pub(super) const BITS: u32 = u64::BITS;
const FREE_WORDS: usize = (MAX_CHUNKS / BITS) as usize;
/// The share of the pool that is kept for the shared chunk, as a divisor.
const RESERVE: u32 = 8;
/// The share of the pool that wakes the reader when so much of it is sealed, as a divisor.
const PRESSURE: u32 = 8;

/// All chunks of a process.
#[derive(Debug)]
pub struct Ring {
    /// Each pointer publishes the chunk behind it.
    chunks: [AtomicPtr<Chunk>; MAX_CHUNKS as usize],
    /// A bit for each chunk that is free. Taking one acquires what giving it back has released.
    pub(super) free: [AtomicU64; FREE_WORDS],
    /// A bit for each chunk whose memory is a source's, and not to be freed. Publishes nothing.
    lent: [AtomicU64; FREE_WORDS],
    /// Where memory for chunks comes from; null is the heap. Publishes the source.
    source: AtomicPtr<Source>,
    /// How many chunks there may be. Publishes nothing.
    pub(super) limit: AtomicU32,
    /// How many chunks have been made or are being made. Publishes nothing.
    pub(super) made: AtomicU32,
    /// How many of them are not free, at least for a moment. Publishes nothing.
    pub(super) taken: AtomicU32,
    /// Chunks sealed since the reader was woken. Publishes nothing.
    sealed: AtomicU32,
    /// The chunk of threads that have none. Who writes to it holds the lock.
    shared: Mutex<Shared>,
    /// Whether there is a reader. Acquired and released with the right to read.
    pub(super) reading: AtomicU32,
    /// Whether what is read is kept. Publishes nothing.
    pub(super) holds: AtomicU32,
    /// Until which pass a recording has what was read. Publishes nothing.
    pub(super) recorded: AtomicU64,
    /// What is kept. Locked by who reads.
    pub(super) held: Mutex<Held>,
    /// Who reads, to be woken.
    #[cfg(not(loom))]
    waker: Mutex<Option<std::thread::Thread>>,
}

/// The writer of the shared chunk, and whose the last record in it is; only ever touched under its lock.
#[derive(Debug)]
struct Shared(Writer, Cell<u32>);

// SAFETY: a writer's cells are only used by one thread at a time: this one's by who holds the lock; its pointer is to a
// chunk of the ring, which lives as long as the ring.
unsafe impl Send for Shared {}

impl Ring {
    const_unless_loom! {
        /// A ring without chunks, which takes nothing until it has a [limit](Self::set_limit).
        #[must_use]
        pub fn new() -> Self {
            Self {
                #[cfg(not(loom))]
                chunks: [const { AtomicPtr::new(std::ptr::null_mut()) }; MAX_CHUNKS as usize],
                #[cfg(loom)]
                chunks: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
                #[cfg(not(loom))]
                free: [const { AtomicU64::new(0) }; FREE_WORDS],
                #[cfg(loom)]
                free: std::array::from_fn(|_| AtomicU64::new(0)),
                #[cfg(not(loom))]
                lent: [const { AtomicU64::new(0) }; FREE_WORDS],
                #[cfg(loom)]
                lent: std::array::from_fn(|_| AtomicU64::new(0)),
                source: AtomicPtr::new(std::ptr::null_mut()),
                limit: AtomicU32::new(0),
                made: AtomicU32::new(0),
                taken: AtomicU32::new(0),
                sealed: AtomicU32::new(0),
                shared: Mutex::new(Shared(Writer::new(), Cell::new(0))),
                reading: AtomicU32::new(0),
                holds: AtomicU32::new(0),
                recorded: AtomicU64::new(0),
                held: Mutex::new(Held::new()),
                #[cfg(not(loom))]
                waker: Mutex::new(None),
            }
        }
    }

    /// Allows as many chunks as `bytes` have room for: [`MAX_CHUNKS`] at most. Chunks that exist stay.
    pub fn set_limit(&self, bytes: usize) {
        let chunks = bytes / (CHUNK_WORDS * size_of::<u64>());
        let chunks = u32::try_from(chunks).map_or(MAX_CHUNKS, |chunks| chunks.clamp(1, MAX_CHUNKS));
        self.limit.store(chunks, Ordering::Relaxed);
    }

    /// How many bytes of records can wait, and how many bytes of chunks are in use.
    #[must_use]
    pub fn usage(&self) -> (usize, usize) {
        let bytes =
            |chunks: &AtomicU32| chunks.load(Ordering::Relaxed) as usize * CHUNK_WORDS * size_of::<u64>();
        (bytes(&self.limit), bytes(&self.taken))
    }

    /// Writes a record of `length` words besides its head, which `fill` stores; `false` where there is no room, and for a
    /// record longer than a chunk.
    #[inline]
    pub(crate) fn write(
        &self,
        writer: &Writer,
        head: Head,
        length: usize,
        fill: impl FnOnce(&[AtomicU64]),
    ) -> bool {
        match owned(writer) {
            Some(chunk) if chunk.has_room(writer, RECORD_WORDS + length) => {
                append(chunk, writer, head, length, fill);
                true
            }
            _ => self.write_in_next(writer, head, length, fill),
        }
    }

    #[cold]
    fn write_in_next(
        &self,
        writer: &Writer,
        head: Head,
        length: usize,
        fill: impl FnOnce(&[AtomicU64]),
    ) -> bool {
        if RECORD_WORDS + length > MAX_RECORD {
            return false;
        }
        self.seal(writer);
        let limit = self.limit.load(Ordering::Relaxed);
        if let Some(chunk) = self.take(limit - limit / RESERVE) {
            chunk.set(word::THREAD, thread().into());
            writer.chunk.set(chunk);
            writer.used.set(HEADER_WORDS);
            append(chunk, writer, head, length, fill);
            return true;
        }
        self.write_shared(head, length, fill)
    }

    /// Writes a record into the chunk of those that have none, as who ends, or where the pool has run low.
    #[cold]
    pub(crate) fn write_shared(&self, head: Head, length: usize, fill: impl FnOnce(&[AtomicU64])) -> bool {
        if RECORD_WORDS + length > MAX_RECORD {
            return false;
        }
        let shared = crate::sync::lock(&self.shared);
        let writer = &shared.0;
        let thread = thread();
        // Another record says whose this one is, where the one before is not the same thread's.
        let said = if shared.1.get() == thread { 0 } else { RECORD_WORDS };
        let chunk = owned(writer).filter(|chunk| chunk.has_room(writer, said + RECORD_WORDS + length));
        let chunk = match chunk {
            Some(chunk) => chunk,
            None => {
                self.seal(writer);
                // The reserve is being used up.
                self.wake();
                let Some(chunk) = self.take(self.limit.load(Ordering::Relaxed)) else { return false };
                chunk.set(word::THREAD, 0);
                writer.chunk.set(chunk);
                writer.used.set(HEADER_WORDS);
                shared.1.set(0);
                chunk
            }
        };
        if shared.1.replace(thread) != thread {
            append(chunk, writer, Head { kind: Kind::Writer, flags: 0, aux: thread, ..head }, 0, |_| ());
        }
        append(chunk, writer, head, length, fill);
        true
    }

    /// Seals the writer's chunk: nothing more is written to it.
    pub(crate) fn seal(&self, writer: &Writer) {
        let Some(chunk) = owned(writer) else { return };
        writer.chunk.set(std::ptr::null());
        chunk.words[word::COMMITTED].store(writer.used.get() as u64 | SEALED, Ordering::Release);
        let sealed = self.sealed.fetch_add(1, Ordering::Relaxed) + 1;
        if sealed >= (self.limit.load(Ordering::Relaxed) / PRESSURE).max(1) {
            self.wake();
        }
    }

    /// Wakes the reader, unless somebody is about to.
    #[cold]
    pub fn wake(&self) {
        self.sealed.store(0, Ordering::Relaxed);
        #[cfg(not(loom))]
        if let Ok(waker) = self.waker.try_lock() {
            if let Some(reader) = &*waker {
                reader.unpark();
            }
        }
    }

    /// Says which thread reads and is to be unparked.
    #[cfg(not(loom))]
    pub fn set_waker(&self, reader: Option<std::thread::Thread>) {
        *crate::sync::lock(&self.waker) = reader;
    }

    /// A chunk, where fewer than `most` are in use.
    fn take(&self, most: u32) -> Option<&Chunk> {
        let more = |taken: u32| (taken < most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let chunk = self.take_free().or_else(|| Some(self.make()?.1));
        if chunk.is_none() {
            self.taken.fetch_sub(1, Ordering::Relaxed);
        }
        chunk
    }

    fn take_free(&self) -> Option<&Chunk> {
        let words = self.made.load(Ordering::Relaxed).div_ceil(BITS);
        for (at, word) in self.free.iter().enumerate().take(words as usize) {
            let mut bits = word.load(Ordering::Relaxed);
            while bits != 0 {
                let bit = bits & bits.wrapping_neg();
                let before = word.fetch_and(!bit, Ordering::Acquire);
                if before & bit != 0 {
                    return self.chunk(at as u32 * BITS + bit.trailing_zeros());
                }
                bits = before & !bit;
            }
        }
        None
    }

    /// A new chunk, and its index.
    pub(super) fn make(&self) -> Option<(u32, &Chunk)> {
        let limit = self.limit.load(Ordering::Relaxed);
        let more = |made: u32| (made < limit).then_some(made + 1);
        let index = self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let chunk = self.borrow(index).unwrap_or_else(|| Box::into_raw(Chunk::empty()));
        // SAFETY: the memory is a chunk's that nobody else has, from the source or from the box.
        stamp(unsafe { &*chunk });
        self.chunks[index as usize].store(chunk, Ordering::Release);
        Some((index, self.chunk(index)?))
    }

    /// Memory of the source's for the chunk of this index, where there is a source, and has some left.
    fn borrow(&self, index: u32) -> Option<*mut Chunk> {
        let chunk = self.source()?.chunk()?;
        self.lent[(index / BITS) as usize].fetch_or(1 << (index % BITS), Ordering::Relaxed);
        Some(chunk.as_ptr())
    }

    /// From here on, memory comes from `source`, as long as that has some; the chunks that exist are exchanged by the
    /// [reader](super::Reader), each when it is nobody's.
    pub(crate) fn set_source(&self, source: &'static Source) {
        self.source.store(std::ptr::from_ref(source).cast_mut(), Ordering::Release);
    }

    /// Memory comes from the heap from here on. Touches one atomic alone: a forked child calls it.
    #[cfg(not(loom))]
    pub(crate) fn forget_source(&self) {
        self.source.store(std::ptr::null_mut(), Ordering::Release);
    }

    pub(super) fn source(&self) -> Option<&'static Source> {
        // SAFETY: null, or from the `&'static Source` that was set.
        unsafe { self.source.load(Ordering::Acquire).as_ref() }
    }

    /// The source, where the chunk does not lie there and could.
    fn other_source(&self, chunk: &Chunk) -> Option<&'static Source> {
        self.source().filter(|source| !source.contains(chunk) && source.has_room())
    }

    /// Exchanges the chunk's memory, where it is not the source's and nobody has it; where somebody does, they are to take
    /// another at their next record. Whether it was exchanged. For the reader alone.
    pub(super) fn move_over(&self, index: u32, chunk: &Chunk) -> bool {
        let Some(source) = self.other_source(chunk) else { return false };
        let (free, bit) = (&self.free[(index / BITS) as usize], 1 << (index % BITS));
        if free.fetch_and(!bit, Ordering::Acquire) & bit == 0 {
            chunk.set(word::LIMIT, 0);
            return false;
        }
        let exchanged = self.exchange(index, source);
        free.fetch_or(bit, Ordering::Release);
        exchanged
    }

    /// Puts memory of the source's in the place of a chunk that is nobody's. For the reader alone: nobody else looks at chunks
    /// that are not theirs.
    fn exchange(&self, index: u32, source: &Source) -> bool {
        let Some(new) = source.chunk() else { return false };
        // SAFETY: the memory is a chunk's that nobody else has.
        stamp(unsafe { new.as_ref() });
        let old = self.chunks[index as usize].swap(new.as_ptr(), Ordering::AcqRel);
        let (lent, bit) = (&self.lent[(index / BITS) as usize], 1 << (index % BITS));
        if lent.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            // SAFETY: it was not lent, so it came from a box in `make`; its owner has sealed it, and only the reader, who
            // calls this, looks at it.
            drop(unsafe { Box::from_raw(old) });
        }
        true
    }

    /// Gives back a chunk that is sealed and read.
    pub(super) fn give_back(&self, index: u32, chunk: &Chunk) {
        if !self.other_source(chunk).is_some_and(|source| self.exchange(index, source)) {
            stamp(chunk);
        }
        self.free[(index / BITS) as usize].fetch_or(1 << (index % BITS), Ordering::Release);
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }

    /// Indexes of chunks that may exist.
    pub(super) fn indexes(&self) -> std::ops::Range<u32> {
        0..self.made.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn chunk(&self, index: u32) -> Option<&Chunk> {
        let chunk = self.chunks[index as usize].load(Ordering::Acquire);
        // SAFETY: null, or from `make` or `exchange`, published with release; freed with the ring, or by the reader while
        // nobody else has it.
        unsafe { chunk.as_ref() }
    }

    /// Whether all chunks lie in this source.
    #[cfg(test)]
    pub(crate) fn are_all_of(&self, source: &Source) -> bool {
        self.indexes().filter_map(|index| self.chunk(index)).all(|chunk| source.contains(chunk))
    }

    /// How many chunks there may be.
    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed) as usize
    }
}

/// The number of the thread that writes.
#[cfg(not(loom))]
fn thread() -> u32 {
    crate::events::thread_number()
}

/// loom's threads have none.
#[cfg(loom)]
fn thread() -> u32 {
    0
}

/// The writer's chunk.
#[inline]
fn owned(writer: &Writer) -> Option<&Chunk> {
    // SAFETY: null, or that of a chunk of the ring, which is not freed while somebody owns it.
    unsafe { writer.chunk.get().as_ref() }
}

impl Chunk {
    /// Whether so many words go behind the writer's last.
    #[inline]
    fn has_room(&self, writer: &Writer, words: usize) -> bool {
        writer.used.get() + words <= self.get(word::LIMIT) as usize
    }
}

impl Writer {
    /// Writes a record into the chunk that there is; `false` where there is none, or no room in it.
    #[cfg(not(loom))]
    #[inline(always)]
    pub(crate) fn append<const N: usize>(&self, head: Head, words: [u64; N]) -> bool {
        let chunk = owned(self).filter(|chunk| chunk.has_room(self, RECORD_WORDS + N));
        chunk.is_some_and(|chunk| {
            append(chunk, self, head, N, |to| {
                for (to, word) in to.iter().zip(words) {
                    to.store(word, Ordering::Relaxed);
                }
            });
            true
        })
    }
}

/// Makes the chunk's header that of an empty one.
fn stamp(chunk: &Chunk) {
    // First, and before all that follows: whoever finds this chunk after the process has ended in between finds nothing in it,
    // rather than what a recording has.
    chunk.set(word::COMMITTED, HEADER_WORDS as u64);
    fence(Ordering::Release);
    #[cfg(not(loom))]
    {
        let (ticks, unix_nanos) = crate::clock::Wall::now().pair();
        chunk.set(word::TICKS, ticks.0);
        chunk.set(word::UNIX_NANOS, unix_nanos);
    }
    chunk.set(word::VERSION, VERSION);
    chunk.set(word::READ_THREAD, 0);
    chunk.set(word::READ, HEADER_WORDS as u64 * (1 | 1 << 32));
    chunk.set(word::LIMIT, CHUNK_WORDS as u64);
    // Whoever reads this chunk before it is taken again finds nothing in it.
    chunk.words[word::COMMITTED].store(HEADER_WORDS as u64, Ordering::Release);
}

/// Writes a record behind the writer's last, for which there is room, and publishes it.
#[inline]
fn append(chunk: &Chunk, writer: &Writer, head: Head, length: usize, fill: impl FnOnce(&[AtomicU64])) {
    let start = writer.used.get();
    let end = start + RECORD_WORDS + length;
    let Some([first, at, rest @ ..]) = chunk.words.get(start..end) else { return };
    first.store(head.word(RECORD_WORDS + length), Ordering::Relaxed);
    at.store(head.at.0, Ordering::Relaxed);
    fill(rest);
    writer.used.set(end);
    chunk.words[word::COMMITTED].store(end as u64, Ordering::Release);
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        for (index, chunk) in self.chunks.iter().enumerate() {
            let chunk = chunk.load(Ordering::Acquire);
            let is_lent = || {
                let lent = self.lent[index / BITS as usize].load(Ordering::Relaxed);
                lent >> (index % BITS as usize) & 1 != 0
            };
            if !chunk.is_null() && !is_lent() {
                // SAFETY: it was not lent, so it came from a box in `make`, and the ring is not borrowed any more.
                drop(unsafe { Box::from_raw(chunk) });
            }
        }
    }
}

/// Seals an ending thread's chunk.
#[cfg(not(loom))]
pub(crate) fn retire_thread(local: &Local) {
    super::RING.seal(&local.chunk);
}
