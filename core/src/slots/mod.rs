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

mod lock;
mod pool;
#[cfg(not(loom))]
mod process;
pub mod value;

pub(crate) use pool::retire_thread;
pub use pool::{FreeList, Pool};
#[cfg(not(loom))]
pub use process::{close, fill, finish, open, share, spec, view, write};

use crate::chunks::{self, Head, Kind, Record, Ring};
use crate::clock::Ticks;
use crate::descriptor::Spec;
use crate::ids::{SpanId, TraceId};
use crate::sync::{AtomicU64, Ordering, fence};
use lock::{GONE, LATE, LINKS_SHIFT, LOCKED, Locked, MAX_LINKS, SHARED};
use value::{FieldWriter, Fields};

/// Words of a slot: 256 bytes.
pub const SLOT_WORDS: usize = 32;
/// The most slots there can be, open spans and their continuations together: 16 MiB.
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
        let [spec, high, low, span, parent, start, fields @ ..] = words else { return None };
        let start = Self {
            // SAFETY: records of these kinds are written by `Pool::finish` alone, from a slot's words: this one is null or
            // the address of a `&'static Spec`.
            spec: unsafe { (*spec as *const Spec).as_ref() }?,
            trace_id: TraceId { high: *high, low: *low },
            span_id: SpanId(*span),
            parent: SpanId(*parent),
            at: Ticks(*start),
            flags,
        };
        Some((start, Fields::new(fields)))
    }
}

impl Pool {
    /// Opens a slot for a span; nothing where the pool is full. `around` is the slot of its parent, where that is known.
    #[inline]
    pub fn open(&self, cache: &FreeList, start: &Start, around: SlotHandle) -> SlotHandle {
        let Some((slot, span)) = self.take(cache) else { return SlotHandle::NONE };
        slot.set(word::SPEC, std::ptr::from_ref(start.spec) as u64);
        slot.set(word::TRACE_HIGH, start.trace_id.high);
        slot.set(word::TRACE_LOW, start.trace_id.low);
        slot.set(word::SPAN, start.span_id.0);
        slot.set(word::PARENT, start.parent.0);
        slot.set(word::START, start.at.0);
        slot.set(word::AROUND, around.0);
        slot.set(word::STATE, u64::from(start.flags) << 32);
        span
    }

    /// Writes the first fields of a span that has just been opened, whose handle nobody has yet: without a lock, and without
    /// a look at the generation. Where a value's `Display` panics, none of them is there.
    #[inline]
    pub fn fill(&self, cache: &FreeList, span: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) {
        let Some(slot) = self.existing(span.index()).filter(|_| span.is_some()) else { return };
        let state = slot.get(word::STATE);
        let mut writer = FieldWriter::new(self, cache, slot, span.index(), state);
        write(&mut writer);
        slot.words[word::STATE].store(state | writer.progress(), Ordering::Release);
    }

    /// Lets other threads have the handle: from here on, who writes locks. To be called where the span is current.
    #[inline]
    pub fn share(&self, span: SlotHandle) {
        let Some(slot) = self.open_slot(span) else { return };
        let state = slot.get(word::STATE);
        // Where this is a later span's state, its generation is seen too (`Pool::take`); where it is this span's, and not
        // shared yet, this thread is the one that has it.
        fence(Ordering::Acquire);
        if state & SHARED == 0 && self.open_slot(span).is_some() {
            slot.words[word::STATE].fetch_or(SHARED, Ordering::Relaxed);
        }
    }

    /// Writes fields into an open span; nothing happens where it has ended. `false` where somebody else writes to it
    /// for so long that the fields are given up: a value whose `Display` writes to the very same span, say.
    #[inline]
    #[must_use = "fields that are given up are to be counted"]
    pub fn write(
        &self,
        cache: &FreeList,
        span: SlotHandle,
        write: impl FnOnce(&mut FieldWriter<'_>),
    ) -> bool {
        let Some(slot) = self.open_slot(span) else { return true };
        let state = slot.get(word::STATE);
        // Where this is a later span's state, its generation is seen too (`Pool::take`); where it is this span's, and not
        // shared, this thread is the one that has it.
        fence(Ordering::Acquire);
        if self.open_slot(span).is_none() {
            return true;
        }
        if state & (SHARED | LOCKED) != 0 {
            return self.write_shared(cache, slot, span, write);
        }
        // Seen by whoever gets the handle while a value's `Display` runs.
        slot.set(word::STATE, state | LOCKED);
        let mut locked =
            Locked { pool: self, slot, writer: FieldWriter::new(self, cache, slot, span.index(), state) };
        locked.writer.go_behind(state);
        write(&mut locked.writer);
        true
    }

    #[cold]
    fn write_shared(
        &self,
        cache: &FreeList,
        slot: &Slot,
        span: SlotHandle,
        write: impl FnOnce(&mut FieldWriter<'_>),
    ) -> bool {
        let Some(state) = slot.lock() else { return self.open_slot(span).is_none() };
        let mut locked =
            Locked { pool: self, slot, writer: FieldWriter::new(self, cache, slot, span.index(), state) };
        locked.writer.go_behind(state);
        // The span may have ended before it was locked.
        if self.open_slot(span).is_some() {
            write(&mut locked.writer);
        }
        true
    }

    /// Ends a span, or an event: writes its record, and gives its slots back. `false` where the ring has no room.
    ///
    /// `writer` is nothing where the thread is ending.
    #[inline]
    pub fn finish(
        &self,
        cache: &FreeList,
        ring: &Ring,
        writer: Option<&chunks::Writer>,
        span: SlotHandle,
        end: End,
    ) -> bool {
        let Some(slot) = self.open_slot(span) else { return true };
        let (state, locked) = slot.take_over();
        let late = if state & LATE != 0 { record_flags::LATE } else { 0 };
        let aux = u32::from((state >> 32) as u16) | u32::from((state >> 16) as u16) << 16;
        let head = Head { kind: end.kind, flags: end.flags | late, aux, at: end.at };
        let (used, links) = (usize::from(state as u16), state >> LINKS_SHIFT & MAX_LINKS);
        let written = if used <= FIRST_FIELDS && links == 0 {
            let fill = move |words: &[AtomicU64]| slot.copy(words);
            write_record(ring, writer, head, RECORD_HEADER + used, fill)
        } else {
            self.write_long(ring, writer, slot, head, used, links)
        };
        // Only then: whoever writes to it just now gives it back, and it may be another's at once.
        if locked || slot.abandon() {
            self.give_back_all(cache, slot, span.index());
        }
        written
    }

    /// Writes the record of a span that has more than its first slot, or whose links found no room.
    #[cold]
    fn write_long(
        &self,
        ring: &Ring,
        writer: Option<&chunks::Writer>,
        slot: &Slot,
        head: Head,
        used: usize,
        links: u64,
    ) -> bool {
        let extra = if links > 0 { value::NUMBER_WORDS } else { 0 };
        let fill = |words: &[AtomicU64]| {
            let (words, extra) = words.split_at((RECORD_HEADER + used).min(words.len()));
            self.copy(slot, words);
            extra
                .iter()
                .zip(value::dropped_links(links))
                .for_each(|(to, word)| to.store(word, Ordering::Relaxed));
        };
        write_record(ring, writer, head, RECORD_HEADER + used + extra, fill)
    }

    /// Gives the span's slots back, and nothing is written. Handles to it find nothing from here on.
    pub fn close(&self, cache: &FreeList, span: SlotHandle) {
        let Some(slot) = self.open_slot(span) else { return };
        if slot.take_over().1 || slot.abandon() {
            self.give_back_all(cache, slot, span.index());
        }
    }

    /// Copies ids, start and as many words of fields as there is room for.
    fn copy<'a>(&'a self, mut slot: &'a Slot, words: &[AtomicU64]) {
        slot.copy(words);
        let mut rest = words.get(RECORD_HEADER + FIRST_FIELDS..).unwrap_or_default();
        while !rest.is_empty() {
            let next = (slot.get(word::TAG) as u32).checked_sub(1);
            let Some(next) = next.and_then(|next| self.existing(next)) else { return };
            slot = next;
            let (to, after) = rest.split_at(rest.len().min(SLOT_WORDS - HEADER));
            copy_words(to, &slot.words[HEADER..]);
            rest = after;
        }
    }

    #[inline]
    fn give_back_all(&self, cache: &FreeList, slot: &Slot, index: u32) {
        let next = self.give_back(cache, slot, index);
        if next != 0 {
            self.give_back_chain(cache, next);
        }
    }

    #[cold]
    fn give_back_chain(&self, cache: &FreeList, mut next: u32) {
        while let Some(index) = next.checked_sub(1).filter(|index| *index < MAX_SLOTS) {
            next = self.give_back(cache, self.slot(index), index);
        }
    }

    /// What is known of an open span at compile time; nothing where it has ended.
    #[must_use]
    pub fn spec(&self, span: SlotHandle) -> Option<&'static Spec> {
        let slot = self.open_slot(span)?;
        let spec = slot.get(word::SPEC);
        self.is_still(slot, span)?;
        // SAFETY: the word is null or the address of a `&'static Spec`.
        unsafe { (spec as *const Spec).as_ref() }
    }

    /// The span as it is now; nothing where it has ended.
    #[must_use]
    pub fn view(&self, span: SlotHandle) -> Option<SpanView> {
        let slot = self.open_slot(span)?;
        let state = slot.words[word::STATE].load(Ordering::Acquire);
        let copy: Vec<AtomicU64> =
            (0..RECORD_HEADER + usize::from(state as u16)).map(|_| AtomicU64::new(0)).collect();
        self.copy(slot, &copy);
        let around = SlotHandle(slot.get(word::AROUND));
        self.is_still(slot, span)?;
        let mut words: Vec<u64> = copy.iter().map(|word| word.load(Ordering::Relaxed)).collect();
        let (start, _) = Start::read(&words, (state >> 32) as u16)?;
        words.drain(..RECORD_HEADER);
        Some(SpanView { start, dropped_fields: (state >> 16) as u16, around, words })
    }

    /// The slot, where the generation is still the handle's.
    #[inline]
    fn open_slot(&self, span: SlotHandle) -> Option<&Slot> {
        if !span.is_some() {
            return None;
        }
        let slot = self.existing(span.index())?;
        let tag = slot.words[word::TAG].load(Ordering::Acquire);
        ((tag >> 32) as u32 == span.generation()).then_some(slot)
    }

    /// Whether what was read of a slot is this span's.
    fn is_still(&self, slot: &Slot, span: SlotHandle) -> Option<()> {
        // What a later owner wrote comes after its new generation (`Pool::take`): whoever has read any of it sees
        // that here.
        fence(Ordering::Acquire);
        ((slot.get(word::TAG) >> 32) as u32 == span.generation()).then_some(())
    }
}

impl Slot {
    /// Copies ids, start and as many words of fields as there is room for, of those that are in this slot, which is a span's
    /// first.
    #[inline]
    fn copy(&self, words: &[AtomicU64]) {
        let Some((head, fields)) = words.split_first_chunk::<RECORD_HEADER>() else { return };
        copy_words(head, &self.words[word::SPEC..]);
        copy_words(fields, &self.words[FIRST_FIELD..]);
    }
}

#[inline(always)]
fn copy_words(to: &[AtomicU64], from: &[AtomicU64]) {
    for (to, from) in to.iter().zip(from) {
        to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[inline(always)]
fn write_record(
    ring: &Ring,
    writer: Option<&chunks::Writer>,
    head: Head,
    length: usize,
    fill: impl FnOnce(&[AtomicU64]),
) -> bool {
    match writer {
        Some(writer) => ring.write(writer, head, length, fill),
        None => ring.write_shared(head, length, fill),
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
