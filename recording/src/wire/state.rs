//! What the values of a block refer to: its texts, its ids, and the tasks that were seen last.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Malformed;

/// So many tasks that were woken last are remembered.
pub(crate) const RECENT: usize = 16;

/// The tasks that values are told by; the same for who writes and who reads.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) last: u64,
    pub(crate) woken: u64,
    recent: [u64; RECENT],
    next: usize,
}

impl Tasks {
    #[inline]
    pub(crate) fn wake(&mut self, task: u64) {
        self.woken = task;
        self.recent[self.next] = task;
        self.next = (self.next + 1) % RECENT;
    }

    /// How many others were woken after it.
    #[inline]
    pub(crate) fn age(&self, task: u64) -> Option<usize> {
        (0..RECENT).find(|age| self.aged(*age) == task)
    }

    /// The reverse of [`age`](Self::age).
    #[inline]
    pub(crate) fn aged(&self, age: usize) -> u64 {
        self.recent[(self.next + 2 * RECENT - 1 - age) % RECENT]
    }
}

/// Ids of one length, in the order of their first use.
#[derive(Debug)]
pub(crate) struct Ids<const N: usize> {
    ids: Vec<[u8; N]>,
    index: HashTable<u32>,
    last: u64,
}

impl<const N: usize> Default for Ids<N> {
    fn default() -> Self {
        Self { ids: Vec::new(), index: HashTable::new(), last: 0 }
    }
}

impl<const N: usize> Ids<N> {
    /// The place of an id, told from the place of the one before.
    pub(crate) fn step(&mut self, id: [u8; N]) -> i64 {
        let hash = FixedState::default().hash_one(id);
        let ids = &mut self.ids;
        let index = match self.index.find(hash, |at| ids[*at as usize] == id) {
            Some(at) => *at,
            None => {
                let at = ids.len() as u32;
                ids.push(id);
                self.index.insert_unique(hash, at, |at| FixedState::default().hash_one(ids[*at as usize]));
                at
            }
        };
        let step = i64::from(index) - self.last as i64;
        self.last = index.into();
        step
    }

    fn drain_to(&mut self, out: &mut Vec<u8>) {
        super::numbers::put_leb(out, self.ids.len() as u64);
        self.ids.iter().for_each(|id| out.extend_from_slice(id));
        self.ids.clear();
        self.index.clear();
        self.last = 0;
    }

    fn bytes(&self) -> usize {
        self.ids.len() * N
    }
}

/// The most texts of a block.
const MAX_TEXTS: usize = 1 << 16;
/// The most bytes of them.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// So many places for texts are kept for the names of kinds and fields.
const NAMES: usize = 1 << 10;
/// What stands for a text for which there is no room. Blocks are closed long before that, but for an event that is
/// huge by itself.
const CUT: &str = "…";

/// Texts in the order of their first use.
#[derive(Debug, Default)]
struct Texts {
    bytes: String,
    /// Where each ends.
    ends: Vec<u32>,
    index: HashTable<u32>,
    /// What was found last for texts at some places in memory. Whether it is right is always looked at.
    nearby: Nearby,
}

/// As many places as there are.
const NEARBY: usize = 256;

#[derive(Debug)]
struct Nearby([u32; NEARBY]);

impl Default for Nearby {
    fn default() -> Self {
        Self([0; NEARBY])
    }
}

impl Texts {
    fn text<'t>(bytes: &'t str, ends: &[u32], at: u32) -> &'t str {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
        &bytes[start..ends[at] as usize]
    }

    /// Mostly the same texts come from the same places, and comparing is faster than hashing.
    fn index(&mut self, text: &str, limit: usize) -> u32 {
        let place = ((text.as_ptr() as usize >> 2) ^ text.len()) % NEARBY;
        let near = self.nearby.0[place];
        if (near as usize) < self.ends.len() && Self::text(&self.bytes, &self.ends, near) == text {
            return near;
        }
        let at = self.look_up(text, limit);
        self.nearby.0[place] = at;
        at
    }

    fn look_up(&mut self, text: &str, limit: usize) -> u32 {
        let Self { bytes, ends, index, .. } = self;
        let hash = FixedState::default().hash_one(text);
        if let Some(at) = index.find(hash, |at| Self::text(bytes, ends, *at) == text) {
            return *at;
        }
        if ends.len() >= limit || bytes.len() + text.len() > MAX_TEXT_BYTES && limit < MAX_TEXTS {
            return self.index(CUT, MAX_TEXTS);
        }
        let at = ends.len() as u32;
        bytes.push_str(text);
        ends.push(bytes.len() as u32);
        index.insert_unique(hash, at, |at| FixedState::default().hash_one(Self::text(bytes, ends, *at)));
        at
    }

    fn drain_to(&mut self, out: &mut Vec<u8>) {
        super::numbers::put_leb(out, self.ends.len() as u64);
        for at in 0..self.ends.len() as u32 {
            let text = Self::text(&self.bytes, &self.ends, at);
            super::numbers::put_leb(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        self.bytes.clear();
        self.ends.clear();
        self.index.clear();
    }
}

/// What the block that is being written has seen.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) tasks: Tasks,
    texts: Texts,
    pub(crate) spans: Ids<8>,
    pub(crate) traces: Ids<16>,
}

impl State {
    pub(crate) fn text(&mut self, text: &str) -> u64 {
        self.texts.index(text, MAX_TEXTS - NAMES).into()
    }

    /// A text that is never cut: there are few of them, and they are short.
    pub(crate) fn name(&mut self, text: &str) -> u64 {
        self.texts.index(text, MAX_TEXTS).into()
    }

    /// Whether the next event may find no room for its texts.
    pub(crate) fn nearly_full(&self) -> bool {
        self.texts.ends.len() > MAX_TEXTS / 2 || self.texts.bytes.len() > MAX_TEXT_BYTES / 4
    }

    /// What the tables take.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.bytes.len() + self.texts.ends.len() + self.spans.bytes() + self.traces.bytes()
    }

    /// Writes the tables, and is as new after it.
    pub(crate) fn drain_to(&mut self, out: &mut Vec<u8>) {
        self.texts.drain_to(out);
        self.spans.drain_to(out);
        self.traces.drain_to(out);
        self.tasks = Tasks::default();
    }
}

/// Ids of one length, as they are read.
#[derive(Debug, Default)]
pub(crate) struct KnownIds<const N: usize> {
    ids: Vec<[u8; N]>,
    last: u64,
}

impl<const N: usize> KnownIds<N> {
    fn read(input: &mut super::Bytes<'_>) -> Result<Self, Malformed> {
        let count = input.count(N)?;
        let ids = (0..count).map(|_| input.array()).collect::<Result<_, _>>()?;
        Ok(Self { ids, last: 0 })
    }

    pub(crate) fn after(&mut self, step: i64) -> Result<[u8; N], Malformed> {
        self.last = self.last.wrapping_add_signed(step);
        let at = usize::try_from(self.last).unwrap_or(usize::MAX);
        self.ids.get(at).copied().ok_or(Malformed("an id is not in the table"))
    }
}

/// What the block that is being read has said.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) tasks: Tasks,
    texts: Vec<Arc<str>>,
    pub(crate) spans: KnownIds<8>,
    pub(crate) traces: KnownIds<16>,
}

impl Known {
    pub(crate) fn read(input: &mut super::Bytes<'_>) -> Result<Self, Malformed> {
        let count = input.count(1)?;
        if count > MAX_TEXTS {
            return Err(Malformed("there are too many texts"));
        }
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            let length = input.count(1)?;
            let text = std::str::from_utf8(input.take(length)?);
            texts.push(text.map_err(|_| Malformed("a text is not UTF-8"))?.into());
        }
        Ok(Self {
            tasks: Tasks::default(),
            texts,
            spans: KnownIds::read(input)?,
            traces: KnownIds::read(input)?,
        })
    }

    pub(crate) fn text(&self, index: u64) -> Result<&Arc<str>, Malformed> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        self.texts.get(at).ok_or(Malformed("a text is not in the table"))
    }
}
