//! The pool of chunks, and how records get into them.

use super::{
    CHUNK_WORDS, Chunk, HEADER_WORDS, Head, MAX_CHUNKS, MAX_RECORD, RECORD_WORDS, SEALED, VERSION, Writer,
    word,
};
#[cfg(not(loom))]
use crate::local::Local;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Mutex, Ordering, const_unless_loom};

const BITS: u32 = u64::BITS;
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
    free: [AtomicU64; FREE_WORDS],
    /// How many chunks there may be. Publishes nothing.
    limit: AtomicU32,
    /// How many chunks have been made or are being made. Publishes nothing.
    made: AtomicU32,
    /// How many of them are not free, at least for a moment. Publishes nothing.
    taken: AtomicU32,
    /// Chunks sealed since the reader was woken. Publishes nothing.
    sealed: AtomicU32,
    /// The chunk of threads that have none. Who writes to it holds the lock.
    shared: Mutex<Shared>,
    /// Whether there is a reader. Acquired and released with the right to read.
    pub(super) reading: AtomicU32,
    /// Who reads, to be woken.
    #[cfg(not(loom))]
    waker: Mutex<Option<std::thread::Thread>>,
}

/// The writer of the shared chunk; it is only ever touched under its lock.
#[derive(Debug)]
struct Shared(Writer);

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
                limit: AtomicU32::new(0),
                made: AtomicU32::new(0),
                taken: AtomicU32::new(0),
                sealed: AtomicU32::new(0),
                shared: Mutex::new(Shared(Writer::new())),
                reading: AtomicU32::new(0),
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
        if writer.chunk.get().is_null() || writer.used.get() + RECORD_WORDS + length > CHUNK_WORDS {
            return self.write_in_next(writer, head, length, fill);
        }
        // SAFETY: the pointer is not null, so it is that of a chunk of this ring, which is never freed while the ring
        // lives.
        append(unsafe { &*writer.chunk.get() }, writer, head, length, fill);
        true
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
        if writer.chunk.get().is_null() || writer.used.get() + RECORD_WORDS + length > CHUNK_WORDS {
            self.seal(writer);
            // The reserve is being used up.
            self.wake();
            let Some(chunk) = self.take(self.limit.load(Ordering::Relaxed)) else { return false };
            writer.chunk.set(chunk);
            writer.used.set(HEADER_WORDS);
        }
        // SAFETY: as in `write`.
        append(unsafe { &*writer.chunk.get() }, writer, head, length, fill);
        true
    }

    /// Seals the writer's chunk: nothing more is written to it.
    pub(crate) fn seal(&self, writer: &Writer) {
        // SAFETY: as in `write`, or null.
        let Some(chunk) = (unsafe { writer.chunk.replace(std::ptr::null()).as_ref() }) else { return };
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
        let chunk = self.take_free().or_else(|| self.make());
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

    fn make(&self) -> Option<&Chunk> {
        let limit = self.limit.load(Ordering::Relaxed);
        let more = |made: u32| (made < limit).then_some(made + 1);
        let index = self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let chunk = Chunk::empty();
        stamp(&chunk);
        self.chunks[index as usize].store(Box::into_raw(chunk), Ordering::Release);
        self.chunk(index)
    }

    /// Gives back a chunk that is sealed and read.
    pub(super) fn give_back(&self, index: u32, chunk: &Chunk) {
        stamp(chunk);
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
        // SAFETY: null, or from a box in `make`, published with release and freed with the ring only.
        unsafe { chunk.as_ref() }
    }
}

/// Makes the chunk's header that of an empty one.
fn stamp(chunk: &Chunk) {
    #[cfg(not(loom))]
    {
        let (ticks, unix_nanos) = crate::clock::Wall::now().pair();
        chunk.set(word::TICKS, ticks.0);
        chunk.set(word::UNIX_NANOS, unix_nanos);
    }
    chunk.set(word::VERSION, VERSION);
    chunk.set(word::READ, HEADER_WORDS as u64);
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
        for chunk in &self.chunks {
            let chunk = chunk.load(Ordering::Acquire);
            if !chunk.is_null() {
                // SAFETY: the pointer came from a box in `make`, and the ring is not borrowed any more.
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
