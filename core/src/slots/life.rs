//! A span's life in its slots: opened, written to, looked at, and copied into a record at its end.

use super::lock::{LATE, LINKS_SHIFT, LOCKED, Locked, MAX_LINKS, SHARED};
use super::value::{self, FieldWriter};
use super::{
    End, FIRST_FIELD, FIRST_FIELDS, FreeList, HEADER, MAX_SLOTS, Pool, RECORD_HEADER, SLOT_WORDS, Slot,
    SlotHandle, SpanView, Start, record_flags, word,
};
use crate::chunks::{self, Head, Ring};
use crate::descriptor::Spec;
use crate::sync::{AtomicU64, Ordering, fence};

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
        // Last: until then the slot counts as given back, for who finds it after this process.
        slot.words[word::STATE].store(u64::from(start.flags) << 32, Ordering::Release);
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
    pub(super) fn give_back_all(&self, cache: &FreeList, slot: &Slot, index: u32) {
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
    pub(super) fn open_slot(&self, span: SlotHandle) -> Option<&Slot> {
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
