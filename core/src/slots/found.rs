//! Slots that another process has left: nothing of them is trusted.

use super::lock::GONE;
use super::pool::SEGMENT;
use super::value::Fields;
use super::wait::{self, WAIT_WORDS};
use super::{FIRST_FIELD, HEADER, MAX_CHAIN, SLOT_WORDS, SlotHandle, word};
use crate::clock::Ticks;
use crate::ids::{SpanId, TraceId};

/// Slots as they were, by index.
#[derive(Debug)]
pub(crate) struct FoundSlots {
    words: Vec<u64>,
}

/// A span that was open.
#[derive(Clone, Debug)]
pub(crate) struct FoundSpan {
    /// The address of its callsite.
    pub(crate) spec: u64,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) at: Ticks,
    pub(crate) flags: u16,
    pub(crate) dropped_fields: u16,
    words: Vec<u64>,
}

/// A call that waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundWait {
    pub(crate) span: SlotHandle,
    pub(crate) around: SlotHandle,
    /// The address of its callsite.
    pub(crate) spec: u64,
    /// The address of the await point, or zero.
    pub(crate) place: u64,
    pub(crate) since: Ticks,
    pub(crate) task: u64,
}

/// Words of a segment: the slots, and then what is beside them.
const SEGMENT_WORDS: usize = (SLOT_WORDS + WAIT_WORDS) * SEGMENT as usize;

impl FoundSpan {
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::new(&self.words)
    }
}

impl FoundSlots {
    pub(crate) fn new(words: Vec<u64>) -> Self {
        Self { words }
    }

    fn slot(&self, index: usize) -> Option<&[u64; SLOT_WORDS]> {
        self.segment(index)?.get(index % SEGMENT as usize * SLOT_WORDS..)?.first_chunk()
    }

    /// The segment with the slot of that index, as far as it is there.
    fn segment(&self, index: usize) -> Option<&[u64]> {
        self.words.get(index / SEGMENT as usize * SEGMENT_WORDS..)
    }

    fn indexes(&self) -> std::ops::Range<usize> {
        0..self.words.len().div_ceil(SEGMENT_WORDS) * SEGMENT as usize
    }

    /// The spans that were open.
    pub(crate) fn open(&self) -> impl Iterator<Item = FoundSpan> {
        self.indexes().filter_map(|index| self.span(index))
    }

    /// The calls that waited.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = FoundWait> {
        self.indexes().filter_map(|index| self.wait(index))
    }

    fn wait(&self, index: usize) -> Option<FoundWait> {
        let slot = self.slot(index)?;
        let start = SEGMENT as usize * SLOT_WORDS + index % SEGMENT as usize * WAIT_WORDS;
        let wait: &[u64; WAIT_WORDS] = self.segment(index)?.get(start..)?.first_chunk()?;
        let span = SlotHandle::from_bits(wait[wait::word::SPAN]);
        let is_open = span.is_some() && (slot[word::TAG] >> 32) as u32 == span.generation();
        (is_open && span.index() as usize == index).then(|| FoundWait {
            span,
            around: SlotHandle::from_bits(slot[word::AROUND]),
            spec: slot[word::SPEC],
            place: wait[wait::word::PLACE],
            since: Ticks(wait[wait::word::SINCE]),
            task: wait[wait::word::TASK],
        })
    }

    fn span(&self, index: usize) -> Option<FoundSpan> {
        let slot = self.slot(index)?;
        let state = slot[word::STATE];
        let is_open = slot[word::TAG] >> 32 & 1 != 0 && state & GONE != GONE;
        // A continuation has no callsite.
        if !is_open || slot[word::SPEC] == 0 || slot[word::SPAN] == 0 || self.is_event(slot) {
            return None;
        }
        let mut words = Vec::new();
        self.copy_fields(slot, usize::from(state as u16), &mut words);
        Some(FoundSpan {
            spec: slot[word::SPEC],
            trace_id: TraceId { high: slot[word::TRACE_HIGH], low: slot[word::TRACE_LOW] },
            span_id: SpanId(slot[word::SPAN]),
            parent: SpanId(slot[word::PARENT]),
            at: Ticks(slot[word::START]),
            flags: (state >> 32) as u16,
            dropped_fields: (state >> 16) as u16,
            words,
        })
    }

    /// Whether an event was being written here: it has the ids of its span, and that one's handle for a time.
    fn is_event(&self, slot: &[u64; SLOT_WORDS]) -> bool {
        let handle = slot[word::START];
        let of = self.slot(handle as u32 as usize);
        of.is_some_and(|of| {
            of[word::TAG] >> 32 == handle >> 32
                && handle >> 32 & 1 != 0
                && of[word::SPAN] == slot[word::SPAN]
                && of[word::START] != handle
        })
    }

    fn copy_fields(&self, first: &[u64; SLOT_WORDS], mut words: usize, to: &mut Vec<u64>) {
        let (mut slot, mut start) = (first, FIRST_FIELD);
        for _ in 0..MAX_CHAIN {
            let here = words.min(SLOT_WORDS - start);
            to.extend(&slot[start..start + here]);
            words -= here;
            let next = (slot[word::TAG] as u32).checked_sub(1);
            let Some(next) = next.filter(|_| words > 0).and_then(|next| self.slot(next as usize)) else {
                return;
            };
            (slot, start) = (next, HEADER);
        }
    }
}
