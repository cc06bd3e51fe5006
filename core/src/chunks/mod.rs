//! The telemetry ring buffer.
//!
//! What happened is written down as [records](Record) in chunks of 16 KiB, which come from one pool: memory has one bound,
//! however many threads there are. A thread writes to a chunk of its own and publishes each record with one store;
//! it seals a full chunk and takes another. One [`Reader`] reads what is committed, and gives read chunks back. Where
//! the pool has run low, threads that have no chunk share one, so that nobody is left out; where it is empty the record
//! is dropped, and who wrote it is told.
//!
//! Layout, version 1, in words of 64 bits, little-endian where it leaves the process: a chunk has [`HEADER_WORDS`] words
//! of header ([`word`]), and then records. A record is `kind | flags << 8 | length << 16 | aux << 32`, the length in
//! words with these two; the time in ticks; and the rest, by its kind.
//!
//! A chunk's memory is the heap's, or that of a [segment](crate::segment), which others can read after this process. Where a
//! segment comes while the ring is in use, the reader revokes the chunks that are elsewhere, and exchanges their memory once
//! they are nobody's.
//!
//! Invariants:
//! - only a chunk's owner writes its records, and `COMMITTED`; whoever holds the shared chunk's lock is its owner;
//! - only the reader writes `READ`, and `LIMIT` while somebody owns the chunk;
//! - what lies before `COMMITTED` never changes until the chunk is given back;
//! - a sealed chunk is never written to; only the reader gives chunks back, once they are sealed and read;
//! - there is one reader at a time.

#[cfg(not(loom))]
mod ahead;
mod held;
mod reader;
mod ring;

use std::cell::Cell;

/// Where chunks' memory comes from, if not from the heap.
#[cfg(loom)]
use loom_source::Source;
pub use reader::{Reader, Record, Records};
pub use ring::Ring;
#[cfg(not(loom))]
pub(crate) use ring::retire_thread;

use crate::clock::Ticks;
/// Where chunks' memory comes from, if not from the heap.
#[cfg(not(loom))]
use crate::segment::Segment as Source;
use crate::sync::{AtomicU64, Ordering};

/// Words of a chunk: 16 KiB.
#[cfg(not(loom))]
pub const CHUNK_WORDS: usize = 2048;
/// Small enough for loom to seal a few.
#[cfg(loom)]
pub const CHUNK_WORDS: usize = HEADER_WORDS + 8;
/// Words of a chunk before its records.
pub const HEADER_WORDS: usize = 8;
/// Words of a record before what its kind says.
pub const RECORD_WORDS: usize = 2;
/// The longest record, in words: in a chunk of several threads, another one says whose it is.
#[cfg(not(loom))]
pub const MAX_RECORD: usize = CHUNK_WORDS - HEADER_WORDS - RECORD_WORDS;
/// Loom's threads have no numbers to be said.
#[cfg(loom)]
pub const MAX_RECORD: usize = CHUNK_WORDS - HEADER_WORDS;
/// The most chunks there can be: 256 MiB.
#[cfg(not(loom))]
pub const MAX_CHUNKS: u32 = 1 << 14;
/// Few, since loom makes each atomic anew for each interleaving.
#[cfg(loom)]
pub const MAX_CHUNKS: u32 = 64;

/// What each word of a chunk's header holds.
pub mod word {
    /// The layout's version.
    pub const VERSION: usize = 0;
    /// Words used, header included (low half), and in the top bit whether no more will come.
    pub const COMMITTED: usize = 1;
    /// The time in ticks when the chunk was made or given back …
    pub const TICKS: usize = 2;
    /// … and in nanoseconds since the Unix epoch.
    pub const UNIX_NANOS: usize = 3;
    /// Words read (low half), and words that need not be read after this process, since a recording has them (high half);
    /// header included.
    pub const READ: usize = 4;
    /// The number of the thread whose records these are; zero where several threads', or nobody knows whose.
    pub const THREAD: usize = 5;
    /// In a chunk of several threads: whose the last record was that was read.
    pub const READ_THREAD: usize = 6;
    /// Words that there may be, header included: fewer than are used, where the owner is to take another chunk.
    pub const LIMIT: usize = 7;
}

/// The layout's version.
pub const VERSION: u64 = 1;
const SEALED: u64 = 1 << 63;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A span that has ended: [`slots`](crate::slots) says how it is written.
    Span = 1,
    /// An event, within a span or not, written the same way.
    Event = 2,
    /// Whose the records are that come behind it in a chunk of several threads: `aux` is the thread's number.
    Writer = 3,
    /// A task was polled; as all below, [`events`](crate::events) say how it is written.
    Poll = 4,
    /// A worker had nothing to do.
    Park = 5,
    /// A task was woken.
    Wake = 6,
    /// A task was made.
    TaskSpawn = 7,
    /// A task is over.
    TaskEnd = 8,
    /// Something ran on the blocking pool.
    BlockingRun = 9,
    /// How many tasks wait.
    QueueDepth = 10,
    /// What is known of a thread.
    Thread = 11,
    /// An event of the user's.
    User = 12,
}

impl Kind {
    /// The kind of that number; nothing where this version does not know it.
    pub(crate) fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Span,
            2 => Self::Event,
            3 => Self::Writer,
            4 => Self::Poll,
            5 => Self::Park,
            6 => Self::Wake,
            7 => Self::TaskSpawn,
            8 => Self::TaskEnd,
            9 => Self::BlockingRun,
            10 => Self::QueueDepth,
            11 => Self::Thread,
            12 => Self::User,
            _ => return None,
        })
    }
}

/// The first word of a record, apart from the length.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// What it is about.
    pub kind: Kind,
    /// By its kind.
    pub flags: u8,
    /// By its kind.
    pub aux: u32,
    /// When it happened.
    pub at: Ticks,
}

impl Head {
    #[inline]
    fn word(self, length: usize) -> u64 {
        self.kind as u64 | u64::from(self.flags) << 8 | (length as u64) << 16 | u64::from(self.aux) << 32
    }
}

/// A chunk of the ring.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Chunk {
    /// `COMMITTED` publishes the words before it, to the reader; the chunk's return to the pool publishes the rest. `LIMIT`
    /// publishes nothing.
    words: [AtomicU64; CHUNK_WORDS],
}

impl Chunk {
    /// An empty chunk, made where it stays: a thread's stack may be small.
    fn empty() -> Box<Self> {
        let mut chunk = Box::<Self>::new_uninit();
        for word in 0..CHUNK_WORDS {
            // SAFETY: the pointer is to this box's memory, and the word lies in it.
            unsafe { (&raw mut (*chunk.as_mut_ptr()).words[word]).write(AtomicU64::new(0)) };
        }
        // SAFETY: each word has been written, and there is nothing else.
        unsafe { chunk.assume_init() }
    }

    #[inline]
    fn get(&self, word: usize) -> u64 {
        self.words[word].load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, word: usize, value: u64) {
        self.words[word].store(value, Ordering::Relaxed);
    }
}

/// Where a thread writes: its chunk, if it has one, and how many words of it are used.
#[derive(Debug)]
pub struct Writer {
    chunk: Cell<*const Chunk>,
    used: Cell<usize>,
}

impl Writer {
    /// Without a chunk.
    #[must_use]
    pub const fn new() -> Self {
        Self { chunk: Cell::new(std::ptr::null()), used: Cell::new(0) }
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

/// The ring of this process.
#[cfg(not(loom))]
static RING: Ring = Ring::new();

/// The ring of this process.
#[cfg(not(loom))]
pub fn ring() -> &'static Ring {
    &RING
}

#[cfg(loom)]
mod loom_source;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
