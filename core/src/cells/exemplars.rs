//! Exemplars: which trace was behind a number.
//!
//! Each thread has a small table of them, made when it first counts something within a sampled span. A cell gets one place
//! at most between two readings: the first increment or observation after a reading takes it, so that all later ones cost
//! one look at a tag. A table has places for [`PLACES`] cells, [`WAYS`] for each hash; what finds none leaves no exemplar.
//! An exemplar stays until another one takes its place, so that whoever reads sees it, however many they are.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64 as Plain, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::StoreId;
use super::sequence;
use crate::clock::Ticks;
use crate::context::Context;
use crate::ids::{SpanId, TraceId};
use crate::local::{self, Local};
use crate::sync::AtomicU64;

const WAYS: usize = 4;
const PLACES: usize = 32 * WAYS;
/// How many exemplars of ended threads are kept.
const LEFT: usize = 1_024;

/// A tag is a key and, above it, the number of the period between two readings in which its exemplar was left.
const KEY_BITS: u32 = 40;
const KEY: u64 = (1 << KEY_BITS) - 1;
/// Periods that fit into a tag; zero is not used, so that an empty place has no period's tag.
const PERIODS: u64 = (1 << (64 - KEY_BITS)) - 1;

/// The number of the present period. Publishes nothing else.
static PERIOD: Plain = Plain::new(1);

/// A thread's exemplars.
#[derive(Debug)]
pub(crate) struct Table {
    /// Used by the owner alone.
    tags: [Plain; PLACES],
    places: [Place; PLACES],
}

/// An exemplar. The sequence publishes the words behind it; it is zero where there has never been one.
#[derive(Debug)]
struct Place {
    sequence: AtomicU64,
    words: [AtomicU64; WORDS],
}

const WORDS: usize = 6;

/// A number, and the span that it was counted in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExemplarCell {
    /// The cell: a counter's, or that of a histogram's bucket.
    pub cell: u32,
    /// What was added or observed.
    pub value: f64,
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// When.
    pub at: Ticks,
}

/// All tables, and what ended threads have left in theirs.
struct Tables {
    live: Vec<Address>,
    left: VecDeque<[u64; WORDS]>,
}

struct Address(*const Table);

// SAFETY: the table is shared by reference only; its cells are atomics.
unsafe impl Send for Address {}

static TABLES: Mutex<Tables> = Mutex::new(Tables { live: Vec::new(), left: VecDeque::new() });

fn with<R>(use_it: impl FnOnce(&mut Tables) -> R) -> R {
    use_it(&mut TABLES.lock().unwrap_or_else(PoisonError::into_inner))
}

fn key(cell: u32, store: StoreId) -> u64 {
    // Cells have 24 bits.
    u64::from(cell & 0xff_ffff) | u64::from(store.to_bits()) << 24
}

/// Leaves an exemplar of `cell`, in the current store, of the span and the time that `of` tells; it is asked only where the
/// cell may leave one now.
#[inline]
pub(super) fn leave(local: &Local, cell: u32, value: f64, of: impl FnOnce() -> (Context, Ticks)) {
    // SAFETY: set by `make_table` to a table that this thread alone frees, in `retire_thread`, which clears it before.
    let Some(table) = (unsafe { local.exemplars.get().as_ref() }).or_else(|| make_table(local)) else {
        return;
    };
    let key = key(cell, StoreId::of(local));
    if let Some(place) = table.place(key) {
        let (Context { trace_id, span_id, .. }, at) = of();
        place.write([key, value.to_bits(), trace_id.high, trace_id.low, span_id.0, at.0]);
    }
}

impl Place {
    #[cold]
    fn write(&self, values: [u64; WORDS]) {
        sequence::write(&self.sequence, || {
            self.words.iter().zip(values).for_each(|(word, value)| word.store(value, Relaxed));
        });
    }
}

impl Table {
    /// The place that an exemplar of that key goes to now, if any.
    #[inline]
    fn place(&self, key: u64) -> Option<&Place> {
        let period = PERIOD.load(Relaxed) << KEY_BITS;
        // Fibonacci hashing: the upper bits of a product depend on all bits of the key.
        let group = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59) as usize * WAYS;
        // An empty place, or else the oldest exemplar's.
        let mut free: Option<(usize, u64)> = None;
        for way in group..group + WAYS {
            let tag = self.tags[way].load(Relaxed);
            if tag == period | key {
                return None;
            }
            if tag & KEY == key {
                free = Some((way, tag));
                break;
            }
            if tag & !KEY != period && free.is_none_or(|(_, oldest)| tag < oldest) {
                free = Some((way, tag));
            }
        }
        let (way, _) = free?;
        self.tags[way].store(period | key, Relaxed);
        Some(&self.places[way])
    }

    fn read(&self) -> impl Iterator<Item = [u64; WORDS]> {
        let written = self.places.iter().filter(|place| place.sequence.load(Relaxed) != 0);
        written.map(|place| {
            let mut words = [0; WORDS];
            sequence::read(&place.sequence, &place.words, &mut words);
            words
        })
    }
}

#[cold]
fn make_table(local: &Local) -> Option<&Table> {
    if !local::arm(local) {
        return None;
    }
    let table = Box::new(Table {
        tags: std::array::from_fn(|_| Plain::new(0)),
        places: std::array::from_fn(|_| Place {
            sequence: AtomicU64::new(0),
            words: std::array::from_fn(|_| AtomicU64::new(0)),
        }),
    });
    let table: *const Table = Box::into_raw(table);
    with(|tables| tables.live.push(Address(table)));
    local.exemplars.set(table);
    // SAFETY: it was just made, and only this thread's end frees it.
    unsafe { table.as_ref() }
}

/// Keeps what an ended thread has left.
pub(super) fn retire_thread(local: &Local) {
    let table = local.exemplars.replace(std::ptr::null());
    if table.is_null() {
        return;
    }
    with(|tables| {
        tables.live.retain(|live| !std::ptr::eq(live.0, table));
        // SAFETY: it came from a box in `make_table`; its owner has given it up above, and readers find it in `live` alone,
        // under the lock held here.
        let table = unsafe { Box::from_raw(table.cast_mut()) };
        tables.left.extend(table.read());
        let surplus = tables.left.len().saturating_sub(LEFT);
        tables.left.drain(..surplus);
    });
}

/// How many threads have a table.
#[cfg(all(test, not(loom)))]
pub(super) fn tables() -> usize {
    with(|tables| tables.live.len())
}

/// The latest exemplar of each cell, by cell.
#[derive(Debug, Default)]
pub struct Exemplars(Vec<ExemplarCell>);

impl Exemplars {
    /// Those of a store now. From now on, every cell may leave another one.
    #[must_use]
    pub fn read(store: StoreId) -> Self {
        let of_store = |words: &[u64; WORDS]| words[0] >> 24 == u64::from(store.to_bits());
        let mut all: Vec<ExemplarCell> = with(|tables| {
            // SAFETY: tables in `live` are freed under the lock held here.
            let live = tables.live.iter().flat_map(|table| unsafe { (*table.0).read() });
            live.chain(tables.left.iter().copied()).filter(of_store).map(exemplar).collect()
        });
        let _always = PERIOD.fetch_update(Relaxed, Relaxed, |period| Some(period % (PERIODS - 1) + 1));
        all.sort_unstable_by_key(|one| (one.cell, std::cmp::Reverse(one.at)));
        all.dedup_by_key(|one| one.cell);
        Self(all)
    }

    /// Those of `cells` cells from `first` on, by cell.
    #[must_use]
    pub fn of(&self, first: u32, cells: u32) -> &[ExemplarCell] {
        let from = self.0.partition_point(|one| one.cell < first);
        let rest = &self.0[from..];
        &rest[..rest.partition_point(|one| one.cell < first + cells)]
    }
}

fn exemplar([key, value, high, low, span, at]: [u64; WORDS]) -> ExemplarCell {
    ExemplarCell {
        cell: key as u32 & 0xff_ffff,
        value: f64::from_bits(value),
        trace_id: TraceId { high, low },
        span_id: SpanId(span),
        at: Ticks(at),
    }
}
