//! Open spans.
//!
//! A recorded span owns a [`Slot`] of 256 bytes from a pool with one bound, tagged with a generation, so that a
//! handle to a span that has ended finds nothing rather than somebody else's span. The slot holds the span's
//! ids, times and typed [fields](value); larger fields go on in up to seven more slots, and what does not fit
//! is cut and counted.
//!
//! Invariants:
//! - a slot's generation is odd while it is open, even while it is free;
//! - all words are atomics, and a reader checks the generation again behind what it has read: it sees the span or
//!   nothing. Fields are read as they are iterated; every length is checked, and a reader other than the span's owner
//!   may see values of a span that has taken the slot meanwhile;
//! - fields are written under the slot's lock bit, for which nobody waits without a bound.

mod pool;
pub mod value;

pub(crate) use pool::retire_thread;
pub use pool::{FreeList, Pool};

use crate::clock::Ticks;
use crate::descriptor::Spec;
use crate::ids::{SpanId, TraceId};
use crate::sync::{AtomicU64, Ordering, fence, wait};
use value::{FieldWriter, Fields};

/// Words of a slot: 256 bytes.
pub const SLOT_WORDS: usize = 32;
/// The most slots there can be, open spans and their continuations together: 16 MiB.
pub const MAX_SLOTS: u32 = 1 << 16;
/// Slots that one span's fields may take.
pub const MAX_CHAIN: usize = 8;

/// Words before the fields: in the first slot, and in a continuation.
const HEADER: usize = 9;
const CONTINUED_HEADER: usize = 1;

mod word {
    //! What each word of a slot holds.
    /// Generation (high half) and index of the next slot plus one (low half): free list, or continuation.
    pub(super) const TAG: usize = 0;
    pub(super) const SPEC: usize = 1;
    pub(super) const TRACE_HIGH: usize = 2;
    pub(super) const TRACE_LOW: usize = 3;
    pub(super) const SPAN: usize = 4;
    pub(super) const PARENT: usize = 5;
    pub(super) const START: usize = 6;
    pub(super) const END: usize = 7;
    /// Words of fields (low 16 bits), fields dropped (next 16), status (next 8), kind (next 8), lock (top bit).
    pub(super) const STATE: usize = 8;
}

const LOCKED: u64 = 1 << 63;
/// How often a lock is tried: some tens of microseconds, and then a hundred turns of others.
const LOCK_ATTEMPTS: u32 = 1_100;

/// A slot of the pool.
#[derive(Debug)]
#[repr(align(64))]
pub struct Slot {
    /// `TAG` publishes the slot's ownership; the others publish nothing by themselves.
    words: [AtomicU64; SLOT_WORDS],
}

/// A span's slot: index and generation. The default is "not recorded".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SlotHandle(u64);

impl SlotHandle {
    /// Not recorded.
    pub const NONE: Self = Self(0);

    fn new(index: u32, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(index))
    }

    fn index(self) -> u32 {
        self.0 as u32
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether the span is recorded.
    #[inline]
    #[must_use]
    pub const fn is_some(self) -> bool {
        // A generation in use is odd, so never zero.
        self.0 != 0
    }
}

/// What is known of a span when it starts.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The callsite.
    pub spec: &'static Spec,
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// The span around it, or none.
    pub parent: SpanId,
    /// When it started.
    pub at: Ticks,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned, and not an error.
    Ok,
    /// It returned an error.
    Error,
    /// Its future was dropped before it had finished.
    Cancelled,
    /// It panicked.
    Panicked,
}

impl Outcome {
    /// The values of the label `outcome`, in the order of [`Outcome::index`].
    pub const VALUES: &'static [&'static str] = &["ok", "error", "cancelled", "panicked"];

    /// The label value's index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> u32 {
        self as u32
    }

    /// The label's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::VALUES[self as usize]
    }

    const fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            1 => Self::Error,
            2 => Self::Cancelled,
            3 => Self::Panicked,
            _ => Self::Ok,
        }
    }
}

/// A span as its slot has it.
#[derive(Clone, Copy, Debug)]
pub struct SpanView<'a> {
    /// What is known since its start.
    pub start: Start,
    /// When it ended; nothing while it is open.
    pub end: Option<Ticks>,
    /// How it ended.
    pub outcome: Outcome,
    /// Fields that did not fit.
    pub dropped_fields: u16,
    /// Its fields.
    pub fields: Fields<'a>,
}

impl Pool {
    /// Opens a slot for a span; nothing where the pool is full.
    pub fn open(&self, cache: &FreeList, start: &Start) -> SlotHandle {
        let Some((index, generation)) = self.take(cache) else { return SlotHandle::NONE };
        let slot = self.slot(index);
        slot.set(word::SPEC, std::ptr::from_ref(start.spec) as u64);
        slot.set(word::TRACE_HIGH, start.trace_id.high);
        slot.set(word::TRACE_LOW, start.trace_id.low);
        slot.set(word::SPAN, start.span_id.0);
        slot.set(word::PARENT, start.parent.0);
        slot.set(word::START, start.at.0);
        slot.set(word::END, 0);
        slot.set(word::STATE, 0);
        SlotHandle::new(index, generation)
    }

    /// Writes fields into an open span; nothing happens where it has ended. `false` where somebody else writes to it
    /// for so long that the fields are given up: a value whose `Display` writes to the very same span, say.
    #[must_use = "fields that are given up are to be counted"]
    pub fn write(
        &self,
        cache: &FreeList,
        span: SlotHandle,
        write: impl FnOnce(&mut FieldWriter<'_>),
    ) -> bool {
        let Some(slot) = self.open_slot(span) else { return true };
        let Some(state) = slot.lock() else { return false };
        let writer = FieldWriter::new(self, cache, span, state as u16, (state >> 16) as u16);
        let mut locked = Locked { slot, state, writer };
        // The span may have ended before it was locked.
        if self.open_slot(span).is_some() {
            write(&mut locked.writer);
        }
        true
    }

    /// Ends a span; it stays readable until [`Pool::close`].
    pub fn end(&self, span: SlotHandle, at: Ticks, outcome: Outcome) {
        let Some(slot) = self.open_slot(span) else { return };
        slot.set(word::END, at.0);
        let outcome = u64::from(outcome.index()) << 32;
        slot.words[word::STATE].fetch_or(outcome, Ordering::Release);
    }

    /// Gives the span's slots back. Handles to it find nothing from here on.
    pub fn close(&self, cache: &FreeList, span: SlotHandle) {
        let Some(slot) = self.open_slot(span) else { return };
        let mut next = slot.get(word::TAG) as u32;
        self.give_back(cache, span.index());
        while let Some(index) = next.checked_sub(1).filter(|index| *index < MAX_SLOTS) {
            next = self.slot(index).get(word::TAG) as u32;
            self.give_back(cache, index);
        }
    }

    /// The span as it is now; nothing where it has been closed.
    #[must_use]
    pub fn view(&self, span: SlotHandle) -> Option<SpanView<'_>> {
        let slot = self.open_slot(span)?;
        let state = slot.words[word::STATE].load(Ordering::Acquire);
        let words: [u64; HEADER] = std::array::from_fn(|word| slot.get(word));
        // What a later owner wrote comes after its new generation (`Pool::take`): whoever has read any of it sees
        // that here.
        fence(Ordering::Acquire);
        if (slot.get(word::TAG) >> 32) as u32 != span.generation() {
            return None;
        }
        // SAFETY: the word is of this generation, whose owner wrote a `&'static Spec` before the handle existed.
        let spec: &'static Spec = unsafe { &*(words[word::SPEC] as *const Spec) };
        let end = words[word::END];
        Some(SpanView {
            start: Start {
                spec,
                trace_id: TraceId { high: words[word::TRACE_HIGH], low: words[word::TRACE_LOW] },
                span_id: SpanId(words[word::SPAN]),
                parent: SpanId(words[word::PARENT]),
                at: Ticks(words[word::START]),
            },
            end: (end != 0).then_some(Ticks(end)),
            outcome: Outcome::from_bits(state >> 32),
            dropped_fields: (state >> 16) as u16,
            fields: Fields::new(self, span.index(), state as u16),
        })
    }

    /// The slot, where the generation is still the handle's.
    fn open_slot(&self, span: SlotHandle) -> Option<&Slot> {
        if !span.is_some() {
            return None;
        }
        let slot = self.existing(span.index())?;
        let tag = slot.words[word::TAG].load(Ordering::Acquire);
        ((tag >> 32) as u32 == span.generation()).then_some(slot)
    }
}

/// A slot locked for writing; what was written is published on drop, also when a value's `Display` panics.
struct Locked<'a> {
    slot: &'a Slot,
    state: u64,
    writer: FieldWriter<'a>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let (used, dropped) = self.writer.progress();
        let state = self.state & !0xffff_ffff | u64::from(dropped) << 16 | u64::from(used);
        self.slot.words[word::STATE].store(state, Ordering::Release);
    }
}

impl Slot {
    /// Sets the lock bit; the state without it. Nothing where others hold it for too long.
    fn lock(&self) -> Option<u64> {
        let place = &self.words[word::STATE];
        for attempt in 0..LOCK_ATTEMPTS {
            // The owner seldom meets anybody here: one compare-and-swap.
            let state = self.get(word::STATE) & !LOCKED;
            let locked = state | LOCKED;
            if place.compare_exchange(state, locked, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return Some(state);
            }
            wait(attempt);
        }
        None
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

/// The pool of this process.
#[cfg(not(loom))]
static POOL: Pool = Pool::new();

/// [`Pool::open`] in this process's pool.
#[cfg(not(loom))]
#[inline]
#[must_use]
pub fn open(start: &Start) -> SlotHandle {
    pool::with_free_list(|cache| POOL.open(cache, start))
}

/// [`Pool::write`] in this process's pool.
#[cfg(not(loom))]
#[must_use = "fields that are given up are to be counted"]
pub fn write(span: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) -> bool {
    pool::with_free_list(|cache| POOL.write(cache, span, write))
}

/// [`Pool::end`] in this process's pool.
#[cfg(not(loom))]
#[inline]
pub fn end(span: SlotHandle, at: Ticks, outcome: Outcome) {
    POOL.end(span, at, outcome);
}

/// [`Pool::close`] in this process's pool.
#[cfg(not(loom))]
#[inline]
pub fn close(span: SlotHandle) {
    pool::with_free_list(|cache| POOL.close(cache, span));
}

/// [`Pool::view`] in this process's pool.
#[cfg(not(loom))]
#[must_use]
pub fn view(span: SlotHandle) -> Option<SpanView<'static>> {
    POOL.view(span)
}

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
