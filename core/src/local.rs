//! The one thread-local of the hot path: initialised by a constant and without a destructor, so that reading
//! it is an offset from the thread's register. A second thread-local, touched only where the first one gets
//! something to clean up, folds the thread's pages and gives its slots back when the thread ends.

use std::cell::Cell;

use crate::cells::{self, ExemplarTable, Page, StoreId};
use crate::chunks::Writer;
use crate::context::Context;
use crate::slots::FreeList;

/// What a thread has of its own.
#[derive(Debug)]
pub struct Local {
    /// The current span and store.
    pub(crate) context: ContextCell,
    /// This thread's pages in the current store: `pages` pointers, null where not mapped.
    pub(crate) table: Cell<*const *const Page>,
    /// The length of `table`, zero before the first use and after the thread's end.
    pub(crate) pages: Cell<u32>,
    /// This thread's exemplars; null before the first, and after the thread's end.
    pub(crate) exemplars: Cell<*const ExemplarTable>,
    /// Where this thread's records go.
    #[cfg_attr(loom, allow(dead_code, reason = "loom's rings have writers of their own"))]
    pub(crate) chunk: Writer,
    /// What this thread does, for whoever watches.
    #[cfg(not(loom))]
    pub(crate) lane: crate::events::LaneCell,
    /// The await point that was reached last: the address of a `&'static Location` or zero, and a bit of `slots::wait`.
    #[cfg(not(loom))]
    pub(crate) reached: Cell<u64>,
    /// Slots kept for this thread's next spans.
    pub(crate) free_slots: FreeList,
    /// The state of the id generator; zero before the first use.
    pub(crate) random: Cell<u64>,
    /// What sets this thread's trace ids apart; zero before the first use.
    pub(crate) stream: Cell<u64>,
    /// Whether the cleaning guard has been armed, or has run.
    pub(crate) phase: Cell<Phase>,
}

/// A thread's context, word by word: what has just been written in small pieces is read in the same pieces, or the
/// processor waits for the writes.
#[derive(Debug)]
pub(crate) struct ContextCell([Cell<u64>; 5]);

impl ContextCell {
    const fn new() -> Self {
        let [a, b, c, d, e] = Context::NONE.to_words();
        Self([Cell::new(a), Cell::new(b), Cell::new(c), Cell::new(d), Cell::new(e)])
    }

    #[inline]
    pub(crate) fn get(&self) -> Context {
        Context::from_words(self.words())
    }

    #[inline]
    pub(crate) fn words(&self) -> [u64; 5] {
        std::array::from_fn(|at| self.0[at].get())
    }

    /// The flags and the store alone.
    #[inline]
    pub(crate) fn flags(&self) -> (u16, StoreId) {
        let rest = self.0[4].get();
        (rest as u16, StoreId::from_bits((rest >> 16) as u16))
    }

    #[inline]
    pub(crate) fn set(&self, context: Context) {
        for (to, word) in self.0.iter().zip(context.to_words()) {
            to.set(word);
        }
    }
}

/// Where a thread is in its life, as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing to clean up yet.
    Fresh,
    /// The guard will clean up.
    Armed,
    /// The guard has run: what comes later goes to shared places.
    Ended,
}

impl Local {
    const fn new() -> Self {
        Self {
            context: ContextCell::new(),
            table: Cell::new(std::ptr::null()),
            pages: Cell::new(0),
            exemplars: Cell::new(std::ptr::null()),
            chunk: Writer::new(),
            #[cfg(not(loom))]
            lane: crate::events::LaneCell::new(),
            #[cfg(not(loom))]
            reached: Cell::new(0),
            free_slots: FreeList::new(),
            random: Cell::new(0),
            stream: Cell::new(0),
            phase: Cell::new(Phase::Fresh),
        }
    }
}

thread_local! {
    static LOCAL: Local = const { Local::new() };
    static GUARD: Guard = const { Guard };
}

/// Cleans up at the thread's end.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        with(|local| {
            local.phase.set(Phase::Ended);
            cells::retire_thread(local);
            crate::slots::retire_thread(local);
            #[cfg(not(loom))]
            crate::chunks::retire_thread(local);
            #[cfg(not(loom))]
            crate::events::retire_thread(local);
        });
    }
}

/// This thread's [`Local`].
#[inline(always)]
pub fn with<R>(use_it: impl FnOnce(&Local) -> R) -> R {
    const { assert!(!std::mem::needs_drop::<Local>(), "nothing ends it before its thread does") };
    // What is done with it stays out of the library's function, which is inlined then and leaves an offset.
    let local = LOCAL.with(std::ptr::from_ref);
    // SAFETY: it has no destructor, so it lives as long as its thread, which is this one: `use_it` runs here, and can't keep
    // the reference.
    use_it(unsafe { &*local })
}

/// Makes sure that the thread's end is cleaned up after; `false` where it is over already.
#[inline]
pub(crate) fn arm(local: &Local) -> bool {
    local.phase.get() == Phase::Armed || arm_now(local)
}

#[cold]
fn arm_now(local: &Local) -> bool {
    if local.phase.get() == Phase::Fresh {
        let armed = GUARD.try_with(|_| ()).is_ok();
        local.phase.set(if armed { Phase::Armed } else { Phase::Ended });
    }
    local.phase.get() == Phase::Armed
}
