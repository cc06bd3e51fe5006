//! Who may write to a slot: the bits above the counts of its state.

use super::value::FieldWriter;
use super::{Pool, Slot, word};
use crate::sync::{Ordering, wait};

/// Fields were written after those of the start: one may stand twice.
pub(super) const LATE: u64 = 1 << 48;
/// Links that were dropped, from this bit on.
pub(super) const LINKS_SHIFT: u32 = 49;
/// The most that are counted.
pub(super) const MAX_LINKS: u64 = (1 << 12) - 1;
/// Other threads may have the handle.
pub(super) const SHARED: u64 = 1 << 61;
/// Whoever holds the lock gives the slots back.
pub(super) const ABANDONED: u64 = 1 << 62;
/// Somebody writes.
pub(super) const LOCKED: u64 = 1 << 63;
/// The state of a slot that is given back.
pub(super) const GONE: u64 = SHARED | ABANDONED;
/// How often a lock is tried: some tens of microseconds, and then a hundred turns of others.
#[cfg(not(loom))]
pub(super) const LOCK_ATTEMPTS: u32 = 1_100;
/// One, so that loom sees what comes of giving up.
#[cfg(loom)]
pub(super) const LOCK_ATTEMPTS: u32 = 1;

/// A slot locked for writing; what was written is published on drop, also when a value's `Display` panics.
pub(super) struct Locked<'a> {
    pub(super) pool: &'a Pool,
    pub(super) slot: &'a Slot,
    pub(super) writer: FieldWriter<'a>,
}

impl Drop for Locked<'_> {
    #[inline]
    fn drop(&mut self) {
        let place = &self.slot.words[word::STATE];
        // Meanwhile others can only have set `SHARED` and, after that, `ABANDONED`.
        let state = place.load(Ordering::Relaxed);
        let counts = 0xffff_ffff | MAX_LINKS << LINKS_SHIFT;
        let new = state & !(counts | LOCKED) | self.writer.progress();
        if state & SHARED == 0 {
            place.store(new, Ordering::Release);
        } else if place.compare_exchange(state, new, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            self.release_abandoned(new);
        } else if new & ABANDONED != 0 {
            self.free();
        }
    }
}

impl Locked<'_> {
    /// The state has changed once more: the span was ended.
    #[cold]
    fn release_abandoned(&self, new: u64) {
        self.slot.words[word::STATE].store(new | SHARED | ABANDONED, Ordering::Release);
        self.free();
    }

    #[cold]
    fn free(&self) {
        self.pool.give_back_all(self.writer.cache(), self.slot, self.writer.first());
    }
}

impl Slot {
    /// Sets the lock bit; the state without it. Nothing where others hold it for too long, or the span has ended.
    pub(super) fn lock(&self) -> Option<u64> {
        let place = &self.words[word::STATE];
        for attempt in 0..LOCK_ATTEMPTS {
            if attempt > 0 {
                wait(attempt);
            }
            let state = self.get(word::STATE);
            if state & (SHARED | ABANDONED) != SHARED {
                // Locked by this very thread, further up; or ended.
                return None;
            }
            let (open, locked) = (state & !LOCKED, state | LOCKED);
            if place.compare_exchange(open, locked, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return Some(open);
            }
        }
        None
    }

    /// Keeps others from writing, where they have the handle; the state, and whether that was possible: else somebody writes
    /// just now, behind what the state counts.
    #[inline]
    pub(super) fn take_over(&self) -> (u64, bool) {
        let state = self.words[word::STATE].load(Ordering::Acquire);
        if state & SHARED == 0 { (state, true) } else { self.take_over_shared() }
    }

    #[cold]
    fn take_over_shared(&self) -> (u64, bool) {
        match self.lock() {
            Some(state) => (state, true),
            None => (self.words[word::STATE].load(Ordering::Acquire), false),
        }
    }

    /// Leaves the slot to whoever writes to it just now, to be given back; `true` where nobody does.
    #[cold]
    pub(super) fn abandon(&self) -> bool {
        self.words[word::STATE].fetch_or(ABANDONED, Ordering::AcqRel) & LOCKED == 0
    }
}
