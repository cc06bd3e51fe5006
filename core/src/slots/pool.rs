//! The pool of slots: segments made on first use, a free list per thread, and a shared one.

use std::cell::Cell;

#[cfg(not(loom))]
use super::wait::Wait;
use super::{MAX_SLOTS, Slot, SlotHandle, word};
#[cfg(not(loom))]
use crate::local;
use crate::local::Local;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, const_unless_loom, fence};

/// Slots in a segment: 64 KiB, and 8 KiB of what is beside them.
pub(super) const SEGMENT: u32 = 256;
/// How many slots a thread keeps for itself. Threads that keep theirs leave the fewer to others: a thousand threads
/// keep an eighth of the pool.
const KEPT: u32 = 8;

/// Slots whose memory is made at once. Zeros are as good as any.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Segment {
    slots: [Slot; SEGMENT as usize],
    /// Where the calls of these slots' spans wait.
    #[cfg(not(loom))]
    waits: [Wait; SEGMENT as usize],
}
/// The most segments there can be.
pub(crate) const SEGMENTS: usize = (MAX_SLOTS / SEGMENT) as usize;
// An index shifted by a segment's bits fits into a byte.
const _: () = assert!(SEGMENT.is_power_of_two() && SEGMENTS == 256);

/// Where segments' memory comes from, if not from the heap.
#[cfg(not(loom))]
type Source = crate::segment::Segment;
/// Loom's slots are the heap's: what matters to it is which of them are taken.
#[cfg(loom)]
type Source = std::convert::Infallible;

/// All slots of a process.
#[derive(Debug)]
pub struct Pool {
    /// Each pointer publishes the segment behind it.
    segments: [AtomicPtr<Segment>; SEGMENTS],
    /// A bit for each segment whose memory is a source's, and not to be freed. Publishes nothing.
    lent: [AtomicU64; SEGMENTS / u64::BITS as usize],
    /// Where memory for segments comes from; null is the heap. Publishes the source.
    source: AtomicPtr<Source>,
    /// Slots below this index are not taken any more: nobody sees their memory after this process. Publishes nothing.
    retired: AtomicU32,
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

impl Segment {
    #[cfg(not(loom))]
    fn new() -> Box<Self> {
        let layout = std::alloc::Layout::new::<Self>();
        // SAFETY: it has a size.
        let made = unsafe { std::alloc::alloc_zeroed(layout) };
        if made.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        // SAFETY: the memory was just allocated by the layout of its type, which is made of atomics alone, for which zeros are as
        // good as any.
        unsafe { Box::from_raw(made.cast()) }
    }

    /// Loom's atomics are more than zeros.
    #[cfg(loom)]
    fn new() -> Box<Self> {
        let new_slot = |_| Slot { words: std::array::from_fn(|_| AtomicU64::new(0)) };
        let slots: Box<[Slot]> = (0..SEGMENT).map(new_slot).collect();
        // SAFETY: a segment is so many slots, and nothing else here.
        unsafe { Box::from_raw(Box::into_raw(slots).cast()) }
    }
}

impl Pool {
    const_unless_loom! {
        /// A pool without segments.
        #[must_use]
        pub fn new() -> Self {
            Self {
                #[cfg(not(loom))]
                segments: [const { AtomicPtr::new(std::ptr::null_mut()) }; SEGMENTS],
                #[cfg(loom)]
                segments: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
                #[cfg(not(loom))]
                lent: [const { AtomicU64::new(0) }; SEGMENTS / u64::BITS as usize],
                #[cfg(loom)]
                lent: std::array::from_fn(|_| AtomicU64::new(0)),
                source: AtomicPtr::new(std::ptr::null_mut()),
                retired: AtomicU32::new(0),
                fresh: AtomicU32::new(0),
                free: AtomicU64::new(0),
            }
        }
    }

    /// A free slot, and the handle of its new generation.
    #[inline]
    pub(super) fn take(&self, cache: &FreeList) -> Option<(&Slot, SlotHandle)> {
        let first = cache.first.get();
        // Neither none, which is zero, nor a retired one.
        if first <= self.retired.load(Ordering::Relaxed) {
            return self.take_other(cache);
        }
        let slot = self.slot(first - 1);
        cache.first.set(slot.get(word::TAG) as u32);
        cache.length.set(cache.length.get() - 1);
        Some((slot, begin(slot, first - 1)))
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

    /// A slot that nobody has, where the cache's first is retired, or there is none.
    #[cold]
    fn take_other(&self, cache: &FreeList) -> Option<(&Slot, SlotHandle)> {
        let kept = std::iter::from_fn(|| {
            let index = cache.first.get().checked_sub(1)?;
            cache.first.set(self.slot(index).get(word::TAG) as u32);
            cache.length.set(cache.length.get() - 1);
            Some(index)
        });
        let index =
            kept.chain(std::iter::from_fn(|| self.take_shared())).find(|index| !self.is_retired(*index))?;
        let slot = self.slot(index);
        Some((slot, begin(slot, index)))
    }

    fn is_retired(&self, index: u32) -> bool {
        index < self.retired.load(Ordering::Relaxed)
    }

    /// Takes memory from `source` from here on, as long as that has some, and the slots that there are no more. Where those
    /// are more than half of all there can be, they are still used: whether they are not.
    #[cfg(not(loom))]
    pub(crate) fn set_source(&self, source: &'static Source) -> bool {
        self.source.store(std::ptr::from_ref(source).cast_mut(), Ordering::Release);
        self.retire()
    }

    /// Memory comes from the heap from here on. Touches one atomic alone: a forked child calls it.
    #[cfg(not(loom))]
    pub(crate) fn forget_source(&self) {
        self.source.store(std::ptr::null_mut(), Ordering::Release);
    }

    /// No slot that there is now is taken any more; unless those are more than half of all there can be.
    fn retire(&self) -> bool {
        let next = |fresh: u32| Some(fresh.next_multiple_of(SEGMENT)).filter(|next| *next <= MAX_SLOTS / 2);
        let before = self.fresh.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let retired = before.map(|fresh| fresh.next_multiple_of(SEGMENT));
        retired.is_ok_and(|retired| {
            self.retired.fetch_max(retired, Ordering::Relaxed);
            true
        })
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
        let at = (index / SEGMENT) as usize;
        let place = &self.segments[at];
        if place.load(Ordering::Acquire).is_null() {
            #[cfg(not(loom))]
            if self.borrow(at) {
                return;
            }
            let made = Box::into_raw(Segment::new());
            let null = std::ptr::null_mut();
            if place.compare_exchange(null, made, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: `made` came from a box, and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }

    /// Memory of the source's for a segment that has none, where there is a source, and has some left.
    #[cfg(not(loom))]
    fn borrow(&self, at: usize) -> bool {
        // SAFETY: null, or from the `&'static Source` that was set.
        let source = unsafe { self.source.load(Ordering::Acquire).as_ref() };
        let Some(memory) = source.and_then(|source| source.slots(at)) else { return false };
        let null = std::ptr::null_mut();
        // Whoever else makes this segment has the very same memory, or a box that came first.
        let place = &self.segments[at];
        if place.compare_exchange(null, memory.as_ptr(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
            let lent = 1 << (at % u64::BITS as usize);
            self.lent[at / u64::BITS as usize].fetch_or(lent, Ordering::Relaxed);
        }
        true
    }

    /// A slot that has been taken at least once.
    #[inline]
    pub(super) fn slot(&self, index: u32) -> &Slot {
        self.existing(index).expect("an index comes from `take_shared`, which makes the segment first")
    }

    /// The slot, where its segment exists.
    #[inline]
    pub(super) fn existing(&self, index: u32) -> Option<&Slot> {
        if index >= MAX_SLOTS {
            return None;
        }
        self.segment(index / SEGMENT)?.slots.get((index % SEGMENT) as usize)
    }

    #[inline(always)]
    fn segment(&self, at: u32) -> Option<&Segment> {
        let segment = self.segments[at as usize].load(Ordering::Acquire);
        // SAFETY: the pointer is null or came from a leaked box or a source, published with release; segments are never freed
        // while the pool lives.
        unsafe { segment.as_ref() }
    }

    /// What is beside the span's slot, whoever has that now.
    #[cfg(not(loom))]
    #[inline]
    pub(super) fn wait(&self, span: SlotHandle) -> Option<&Wait> {
        if !span.is_some() || span.index() >= MAX_SLOTS {
            return None;
        }
        self.segment(span.index() / SEGMENT)?.waits.get((span.index() % SEGMENT) as usize)
    }

    /// What is beside all slots.
    #[cfg(not(loom))]
    pub(super) fn waits(&self) -> impl Iterator<Item = &Wait> {
        let made = (0..SEGMENTS as u32).filter_map(|at| self.segment(at));
        made.flat_map(|segment| &segment.waits)
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
        for (at, segment) in self.segments.iter().enumerate() {
            let segment = segment.load(Ordering::Acquire);
            let is_lent = || {
                let lent = self.lent[at / u64::BITS as usize].load(Ordering::Relaxed);
                lent >> (at % u64::BITS as usize) & 1 != 0
            };
            if !segment.is_null() && !is_lent() {
                // SAFETY: it was not lent, so it came from a box in `make_segment`, and the pool is not borrowed any more.
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

    /// Slots are retired while others take them: none is owned twice, and once that is over none of them is taken.
    #[test]
    fn retired_slots_are_taken_no_more() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let pool = Arc::new(Pool::new());
            let cache = FreeList::new();
            let (slot, first) = pool.take(&cache).unwrap();
            pool.give_back(&cache, slot, first.index());
            let other = {
                let pool = Arc::clone(&pool);
                loom::thread::spawn(move || assert!(pool.retire()))
            };
            let taken = [(); 2].map(|()| pool.take(&cache).unwrap());
            assert_ne!(taken[0].1.index(), taken[1].1.index());
            other.join().unwrap();
            for (slot, handle) in taken {
                pool.give_back(&cache, slot, handle.index());
            }
            let after = [(); 2].map(|()| pool.take(&cache).unwrap().1.index());
            assert!(after.iter().all(|index| *index >= SEGMENT) && after[0] != after[1], "{after:?}");
        });
    }
}
