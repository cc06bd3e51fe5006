//! Open spans.
//!
//! A recorded span owns a [`Slot`] of 256 bytes from a pool with one bound, tagged with a generation, so that a
//! handle to a span that has ended finds nothing rather than somebody else's span. The slot holds the span's
//! ids, start and typed [fields](value); larger fields go on in up to seven more slots, and what does not fit
//! is cut and counted. At its end the span is copied into a [chunk](crate::chunks), as one record, and the slots are
//! given back to the thread that ends it: they stay in its cache. An event is written the same way, in one go.
//!
//! The record is what the slots hold: the words from `SPEC` to `START`, and the fields; `aux` is the context's
//! flags and, in the high half, how many fields were dropped; `flags` are [`record_flags`].
//!
//! Invariants:
//! - a slot's generation is odd while it is open, even while it is free;
//! - all words are atomics, and a reader checks the generation again behind what it has read: it sees the span or
//!   nothing;
//! - `SPEC` is zero or the address of a `&'static Spec`, and no field is ever written there;
//! - until a handle leaves the thread that has the span ([`Pool::share`]), only that thread writes, without locking;
//!   from then on fields are written under the slot's lock bit, for which nobody waits without a bound.

#[cfg(not(loom))]
mod found;
mod life;
mod lock;
mod pool;
#[cfg(not(loom))]
mod process;
pub mod value;
#[cfg(not(loom))]
mod wait;

#[cfg(not(loom))]
pub(crate) use found::{FoundSlots, FoundSpan, FoundWait};
pub(crate) use pool::retire_thread;
pub use pool::{FreeList, Pool};
#[cfg(not(loom))]
pub(crate) use pool::{SEGMENTS, Segment};
#[cfg(not(loom))]
pub use process::{close, fill, finish, open, share, spec, view, write};
#[cfg(not(loom))]
pub(crate) use process::{forget_source, set_source};
#[cfg(not(loom))]
pub use wait::{Waiting, after_poll, before_poll, reach, waiting};

use crate::chunks::{Kind, Record};
use crate::clock::Ticks;
use crate::descriptor::Spec;
use crate::ids::{SpanId, TraceId};
use crate::sync::{AtomicU64, Ordering};
use lock::GONE;
use value::Fields;

/// Words of a slot: 256 bytes.
pub const SLOT_WORDS: usize = 32;
/// The most slots there can be, open spans and their continuations together: 18 MiB with what is beside them.
pub const MAX_SLOTS: u32 = 1 << 16;
/// Slots that one span's fields may take.
pub const MAX_CHAIN: usize = 8;
/// Those of them that links may take, so that there is room for what is said of the span later.
const LINK_CHAIN: usize = 6;

/// Words before the fields, in a continuation too: what a late handle looks at never holds a field. In a continuation's
/// header all but `TAG` is zero.
const HEADER: usize = 8;
/// The first word of a span's fields in its first slot. A reader that is late may take a field for what is before it, and finds
/// out by the generation.
const FIRST_FIELD: usize = word::AROUND + 1;
/// Words of fields in a span's first slot.
const FIRST_FIELDS: usize = SLOT_WORDS - FIRST_FIELD;
/// Words before the fields in a record, behind its head.
const RECORD_HEADER: usize = word::STATE - word::SPEC;

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
    /// Words of fields (low 16 bits), fields dropped (next 16), the context's flags (next 16), and the bits of `lock`, links
    /// dropped among them.
    pub(super) const STATE: usize = 7;
    /// The handle of its parent's slot, where that is known. Not in records.
    pub(super) const AROUND: usize = 8;
}

/// The flags of a record of ours.
pub mod record_flags {
    /// How a span ended: [`Outcome`](super::Outcome), by its index.
    pub const OUTCOME: u8 = 0b11;
    /// A field may stand twice; the last one holds.
    pub const LATE: u8 = 1 << 2;
    /// An event is an exception: of its callsite, a span's, only the place is its own.
    pub const EXCEPTION: u8 = 1 << 3;
    /// An event's level, from this bit on.
    pub const LEVEL_SHIFT: u8 = 4;
}

/// A slot of the pool.
#[derive(Debug)]
#[repr(align(64))]
pub struct Slot {
    /// `TAG` publishes the slot's ownership; `STATE` publishes the fields it counts; the others publish nothing.
    words: [AtomicU64; SLOT_WORDS],
}

/// A span's slot: index and generation. The default is "not recorded".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SlotHandle(u64);

impl SlotHandle {
    /// Not recorded.
    pub const NONE: Self = Self(0);

    #[inline]
    fn new(index: u32, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(index))
    }

    #[inline]
    fn index(self) -> u32 {
        self.0 as u32
    }

    #[inline]
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

    /// As a number, which no other span of this process has for a long time.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// From such a number; of one that is no handle's, nothing is found, or somebody else's span.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
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
    /// When it started. In an event's record: the handle of the span it happened in.
    pub at: Ticks,
    /// The flags of the span's [context](crate::context), with [`REMOTE`](crate::context::REMOTE) for its parent's.
    pub flags: u16,
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

    /// The outcome that a record's flags say.
    #[must_use]
    pub const fn from_flags(flags: u8) -> Self {
        match flags & record_flags::OUTCOME {
            1 => Self::Error,
            2 => Self::Cancelled,
            3 => Self::Panicked,
            _ => Self::Ok,
        }
    }
}

/// An open span, as its slots had it.
#[derive(Clone, Debug)]
pub struct SpanView {
    /// What is known since its start.
    pub start: Start,
    /// Fields that did not fit.
    pub dropped_fields: u16,
    /// Its parent's slot, where that is known; the parent may have ended.
    pub around: SlotHandle,
    words: Vec<u64>,
}

impl SpanView {
    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.words)
    }
}

impl<'a> Record<'a> {
    /// What the record of a span or an event says; nothing for another.
    #[must_use]
    pub fn span_or_event(&self) -> Option<(Start, Fields<'a>)> {
        matches!(self.kind()?, Kind::Span | Kind::Event)
            .then(|| Start::read(self.words, self.aux as u16))
            .flatten()
    }

    /// Fields of the span or event that did not fit.
    #[must_use]
    pub fn dropped_fields(&self) -> u16 {
        (self.aux >> 16) as u16
    }
}

impl Start {
    /// Reads what [`Pool::copy`] has written: the words must come from there.
    fn read(words: &[u64], flags: u16) -> Option<(Self, Fields<'_>)> {
        let (words, fields) = words.split_first_chunk()?;
        let [spec, high, low, span, parent, start] = *words;
        let start = Self {
            // SAFETY: records of these kinds are written by `Pool::finish` alone, from a slot's words: this one is null or
            // the address of a `&'static Spec`.
            spec: unsafe { (spec as *const Spec).as_ref() }?,
            trace_id: TraceId { high, low },
            span_id: SpanId(span),
            parent: SpanId(parent),
            at: Ticks(start),
            flags,
        };
        Some((start, Fields::new(fields)))
    }
}

/// How a record is to end.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// A span or an event.
    pub kind: Kind,
    /// [`record_flags`].
    pub flags: u8,
    /// When.
    pub at: Ticks,
}

impl Slot {
    #[inline]
    fn get(&self, word: usize) -> u64 {
        self.words[word].load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, word: usize, value: u64) {
        self.words[word].store(value, Ordering::Relaxed);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
