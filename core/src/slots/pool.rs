//! The pool of slots: segments made on first use, a free list per thread, and a shared one.

use std::cell::Cell;

use super::{MAX_SLOTS, SLOT_WORDS, Slot, SlotHandle, word};
#[cfg(not(loom))]
use crate::local;
use crate::local::Local;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, const_unless_loom, fence};

/// Slots in a segment: 64 KiB.
const SEGMENT: u32 = 256;
/// How many slots a thread keeps for itself. Threads that keep theirs leave the fewer to others: a thousand threads
/// keep an eighth of the pool.
const KEPT: u32 = 8;

type Segment = [Slot; SEGMENT as usize];

/// All slots of a process.
#[derive(Debug)]
pub struct Pool {
    /// Each pointer publishes the segment behind it.
    segments: [AtomicPtr<Segment>; (MAX_SLOTS / SEGMENT) as usize],
    /// The first index that was never taken.
    fresh: AtomicU32,
    /// The shared free list (Treiber's stack): a tag that changes at each exchange (high half), and the first
    /// slot's index plus one (low half). Publishes the `next` of the slot it names.
    free: AtomicU64,
}

/// Slots that one thread keeps for its next spans.
#[derive(Debug)]
pub struct FreeList {
    /// The first slot's index plus one.
    first: Cell<u32>,
    length: Cell<u32>,
}

impl FreeList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { first: Cell::new(0), length: Cell::new(0) }
    }
}

impl Default for FreeList {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    const_unless_loom! {
        /// A pool without segments.
        #[must_use]
        pub fn new() -> Self {
            Self {
                #[cfg(not(loom))]
                segments: [const { AtomicPtr::new(std::ptr::null_mut()) }; (MAX_SLOTS / SEGMENT) as usize],
                #[cfg(loom)]
                segments: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
                fresh: AtomicU32::new(0),
                free: AtomicU64::new(0),
            }
        }
    }

    /// A free slot, and the handle of its new generation.
    #[inline]
    pub(super) fn take(&self, cache: &FreeList) -> Option<(&Slot, SlotHandle)> {
        let Some(index) = cache.first.get().checked_sub(1) else { return self.take_other() };
        let slot = self.slot(index);
        cache.first.set(slot.get(word::TAG) as u32);
        cache.length.set(cache.length.get() - 1);
        Some((slot, begin(slot, index)))
    }

    /// A slot that this thread has not kept.
    #[cold]
    fn take_other(&self) -> Option<(&Slot, SlotHandle)> {
        let index = self.take_shared()?;
        let slot = self.slot(index);
        Some((slot, begin(slot, index)))
    }

    /// Ends the slot's generation and frees it. Gives the index, plus one, of the slot that came after it in its span.
    #[inline]
    pub(super) fn give_back(&self, cache: &FreeList, slot: &Slot, index: u32) -> u32 {
        // Who comes late with a handle does not take it for a span that is not shared, nor waits for its lock.
        slot.set(word::STATE, super::GONE);
        let tag = slot.get(word::TAG);
        let generation = u64::from(((tag >> 32) as u32).wrapping_add(1));
        if cache.length.get() < KEPT {
            slot.words[word::TAG].store(generation << 32 | u64::from(cache.first.get()), Ordering::Release);
            cache.first.set(index + 1);
            cache.length.set(cache.length.get() + 1);
        } else {
            self.give_back_shared(index, generation);
        }
        tag as u32
    }

    fn take_shared(&self) -> Option<u32> {
        let mut head = self.free.load(Ordering::Acquire);
        while let Some(index) = (head as u32).checked_sub(1) {
            // The slot may be taken by another meanwhile; then what is read here is stale, and the tag has changed.
            let next = self.slot(index).get(word::TAG) as u32;
            let tag = (head >> 32).wrapping_add(1);
            let new = tag << 32 | u64::from(next);
            match self.free.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
        let grow = |fresh: u32| (fresh < MAX_SLOTS).then_some(fresh + 1);
        let index = self.fresh.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow).ok()?;
        self.make_segment(index);
        Some(index)
    }

    #[cold]
    fn give_back_shared(&self, index: u32, generation: u64) {
        let slot = self.slot(index);
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            slot.words[word::TAG].store(generation << 32 | (head & 0xffff_ffff), Ordering::Release);
            let tag = (head >> 32).wrapping_add(1);
            let new = tag << 32 | u64::from(index + 1);
            match self.free.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    fn make_segment(&self, index: u32) {
        let place = &self.segments[(index / SEGMENT) as usize];
        if place.load(Ordering::Acquire).is_null() {
            let new_slot = |_| Slot { words: std::array::from_fn::<_, SLOT_WORDS, _>(|_| AtomicU64::new(0)) };
            let slots: Box<[Slot]> = (0..SEGMENT).map(new_slot).collect();
            let made = Box::into_raw(slots).cast::<Segment>();
            let null = std::ptr::null_mut();
            if place.compare_exchange(null, made, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: `made` came from a box of `SEGMENT` slots, and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }

    /// A slot that has been taken at least once.
    #[inline]
    pub(super) fn slot(&self, index: u32) -> &Slot {
        self.existing(index).expect("an index comes from `take_shared`, which makes the segment first")
    }

    /// The slot, where its segment exists.
    #[inline]
    pub(super) fn existing(&self, index: u32) -> Option<&Slot> {
        let segment = self.segments.get((index / SEGMENT) as usize)?.load(Ordering::Acquire);
        // SAFETY: the pointer is null or came from a leaked box, published with release; segments are never freed
        // while the pool lives.
        unsafe { segment.as_ref() }?.get((index % SEGMENT) as usize)
    }

    /// Gives all that a thread kept to the others.
    #[cfg(not(loom))]
    fn drain(&self, cache: &FreeList) {
        while let Some(index) = cache.first.get().checked_sub(1) {
            let tag = self.slot(index).get(word::TAG);
            cache.first.set(tag as u32);
            self.give_back_shared(index, tag >> 32);
        }
        cache.length.set(0);
    }
}

/// Begins the slot's next generation, an odd one.
#[inline]
fn begin(slot: &Slot, index: u32) -> SlotHandle {
    let generation = ((slot.get(word::TAG) >> 32) as u32).wrapping_add(1);
    slot.words[word::TAG].store(u64::from(generation) << 32, Ordering::Release);
    // Whoever reads what the new owner writes also sees the new generation.
    fence(Ordering::Release);
    SlotHandle::new(index, generation)
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for segment in &self.segments {
            let segment = segment.load(Ordering::Acquire);
            if !segment.is_null() {
                // SAFETY: the pointer came from a box in `make_segment`, and the pool is not borrowed any more.
                drop(unsafe { Box::from_raw(segment) });
            }
        }
    }
}

/// Gives an ending thread's slots to the others.
pub(crate) fn retire_thread(local: &Local) {
    #[cfg(not(loom))]
    super::process::POOL.drain(&local.free_slots);
    // Without a guard any more, nothing may be kept: the list looks full from here on.
    local.free_slots.length.set(KEPT);
}

/// This thread's free list, armed to be given back at the thread's end.
#[inline]
#[cfg(not(loom))]
pub(super) fn with_free_list<R>(use_it: impl FnOnce(&FreeList) -> R) -> R {
    local::with(|local| {
        local::arm(local);
        use_it(&local.free_slots)
    })
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;

    /// No slot is ever owned twice, and none is lost.
    #[test]
    fn a_slot_has_one_owner() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let pool = Arc::new(Pool::new());
            let keep_none = || {
                let cache = FreeList::new();
                cache.length.set(KEPT);
                cache
            };
            let cache = keep_none();
            let (slot, first) = pool.take(&cache).unwrap();
            pool.give_back(&cache, slot, first.index());
            let other = {
                let pool = Arc::clone(&pool);
                loom::thread::spawn(move || {
                    let cache = keep_none();
                    let (slot, a) = pool.take(&cache).unwrap();
                    pool.give_back(&cache, slot, a.index());
                    pool.take(&cache).unwrap().1.index()
                })
            };
            let mine = pool.take(&cache).unwrap().1.index();
            let theirs = other.join().unwrap();
            assert_ne!(mine, theirs);
        });
    }
}
