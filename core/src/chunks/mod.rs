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
//! Invariants:
//! - only a chunk's owner writes its records, and `COMMITTED`; whoever holds the shared chunk's lock is its owner;
//! - what lies before `COMMITTED` never changes until the chunk is given back;
//! - a sealed chunk is never written to; only the reader gives chunks back, once they are sealed and read;
//! - there is one reader at a time.

mod reader;
mod ring;

use std::cell::Cell;

pub use reader::{Reader, Record, Records};
pub use ring::Ring;
#[cfg(not(loom))]
pub(crate) use ring::retire_thread;

use crate::clock::Ticks;
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
/// The longest record, in words.
pub const MAX_RECORD: usize = CHUNK_WORDS - HEADER_WORDS;
/// The most chunks there can be: 256 MiB.
#[cfg(not(loom))]
pub const MAX_CHUNKS: u32 = 1 << 14;
/// Few, since loom makes each atomic anew for each interleaving.
#[cfg(loom)]
pub const MAX_CHUNKS: u32 = 64;

/// What each word of a chunk's header holds. The others are for later versions, and zero.
pub mod word {
    /// The layout's version.
    pub const VERSION: usize = 0;
    /// Words used, header included (low half), and in the top bit whether no more will come.
    pub const COMMITTED: usize = 1;
    /// The time in ticks when the chunk was made or given back …
    pub const TICKS: usize = 2;
    /// … and in nanoseconds since the Unix epoch.
    pub const UNIX_NANOS: usize = 3;
    /// Words read, header included.
    pub const READ: usize = 4;
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
    /// `COMMITTED` publishes the words before it, to the reader; the chunk's return to the pool publishes the rest.
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

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
