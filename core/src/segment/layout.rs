//! The layout of the file: the header's words, and the areas behind it.

use super::Settings;
use crate::chunks::{CHUNK_WORDS, Chunk, MAX_CHUNKS};
use crate::lanes::{Lane, MAX_LANES};
use crate::slots;

/// The layout's version.
pub const VERSION: u64 = 2;
/// How much is allocated at once, in bytes.
pub(super) const STEP: usize = 64 << 10;
/// Bytes before the first area.
pub(super) const HEADER: usize = 4096;
pub(super) const WORD: usize = size_of::<u64>();
pub(super) const CHUNK: usize = CHUNK_WORDS * WORD;
pub(super) const SLOTS: usize = size_of::<slots::Segment>();
pub(super) const LANE: usize = size_of::<Lane>();
/// How much smaller the room for lanes is than that for chunks: there is a lane for each kilobyte of a ring.
const CHUNKS_PER_LANES: usize = 8;
const _: () =
    assert!(SLOTS % HEADER == 0 && STEP % CHUNK == 0 && size_of::<Chunk>() == CHUNK && STEP % LANE == 0);

/// How many words the runtime may [note](super::Segment::note).
pub const NOTES: usize = 8;

/// What each word of the header holds.
pub mod word {
    /// `SPWRSEG1`, as the machine's words are.
    pub const MAGIC: usize = 0;
    /// The layout's version.
    pub const VERSION: usize = 1;
    /// FNV-1a over the words that never change.
    pub const CHECK: usize = 2;
    /// 1 while the process runs, 2 where it has ended in order.
    pub const STATE: usize = 3;
    /// The process.
    pub const PID: usize = 4;
    /// Which start of the system it ran in, in two words; zero where that is not known.
    pub const BOOT: usize = 5;
    /// When the segment was made, in ticks …
    pub const TICKS: usize = 7;
    /// … and in nanoseconds since the Unix epoch.
    pub const UNIX_NANOS: usize = 8;
    /// For each area its offset in bytes, how many bytes it may have, and how many are used.
    pub const AREAS: usize = 9;
    /// Nanoseconds per tick, with 32 binary places; zero where they are not known yet.
    pub const RATE: usize = 24;
    /// Definitions that found no room.
    pub const LOST_DEFINITIONS: usize = 25;
    /// Bytes of blocks that have gone, and that have come.
    pub const BLOCKS: usize = 26;
    /// Records that have gone from the chunks and are in no recording yet.
    pub const LET_GO: usize = 28;
    /// What the runtime notes.
    pub const NOTES: usize = 32;
}

pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"SPWRSEG1");
pub(super) const OPEN: u64 = 1;
pub(super) const CLOSED: u64 = 2;

/// An area of the file, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Area {
    Definitions,
    Blocks,
    Chunks,
    Lanes,
    Slots,
}

/// How many areas there are.
pub(super) const AREAS: usize = Area::ALL.len();

impl Area {
    pub(super) const ALL: [Self; 5] =
        [Self::Definitions, Self::Blocks, Self::Chunks, Self::Lanes, Self::Slots];

    pub(super) const fn offset_word(self) -> usize {
        word::AREAS + 3 * self as usize
    }

    pub(super) const fn room_word(self) -> usize {
        self.offset_word() + 1
    }

    pub(super) const fn used_word(self) -> usize {
        self.offset_word() + 2
    }
}

/// Offset and room of each area.
pub(super) fn places(settings: &Settings<'_>) -> [(usize, usize); AREAS] {
    let steps = |bytes: usize, most: usize| bytes.min(most).next_multiple_of(STEP);
    let definitions = steps(settings.definition_bytes + HEADER, 64 << 20).max(STEP);
    let chunks = steps(settings.chunk_bytes, MAX_CHUNKS as usize * CHUNK).max(STEP);
    let blocks = steps(settings.block_bytes, 1 << 30);
    let lanes = steps(chunks / CHUNKS_PER_LANES, MAX_LANES * LANE);
    let mut offset = HEADER;
    [definitions - HEADER, blocks, chunks, lanes, slots::SEGMENTS * SLOTS].map(|room| {
        let place = (offset, room);
        offset += room;
        place
    })
}

/// The check of the words that never change.
pub(super) fn check(get: impl Fn(usize) -> u64) -> u64 {
    let areas = Area::ALL.into_iter().flat_map(|area| [area.offset_word(), area.room_word()]);
    let words = [word::MAGIC, word::VERSION].into_iter().chain(word::PID..word::AREAS).chain(areas);
    fnv(words.flat_map(|at| get(at).to_le_bytes()))
}

/// FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
