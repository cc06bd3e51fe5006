//! Where metric values live.
//!
//! A metric owns a [`Block`] of cells in one process-wide layout: an index, never an address. Each
//! thread has pages of its own for the cells it touches, mapped on first use, and is the only one that writes to
//! them: an increment is a load, an add and a store. Beside them are pages that all threads share, written with
//! read-modify-writes: by metrics of the shared kind, after a thread's end, and where threads have [`MAX_OWN_PAGES`] pages
//! already. A thread that ends leaves its values there. A reader adds up the pages of all threads and the shared ones, under
//! the store's lock, which a writer takes only to map a page, and at its thread's end. Gauges that are *set* can't be added
//! up; they live in shared pages.
//!
//! A [`Store`] is one complete set of values. There is one by default; a test may have its own.
//!
//! Invariants:
//! - the cells of one combination never cross a page;
//! - a page of a thread is written by that thread alone, until it is retired under the store's lock;
//! - a histogram's cells are `[sequence, sum, bucket…]`; the sequence is odd while somebody writes.

mod exemplars;
mod layout;
mod page;
mod reader;
mod sequence;
mod store;
mod threads;

pub(crate) use exemplars::Table as ExemplarTable;
pub use exemplars::{ExemplarCell, Exemplars};
pub use layout::{
    Block, CALL_SUMS, HISTOGRAM_HEAD, IN_FLIGHT, MAX_CELLS, PAGE_CELLS, Shape, Sums, taken_cells,
};
pub(crate) use page::Page;
pub use reader::{HistogramCells, Reader};
pub use store::{Store, StoreId};
pub use threads::{MAX_OWN_PAGES, own_pages};
pub(crate) use threads::{retire_thread, switch_store};

use crate::clock::{self, Ticks};
use crate::context::{Context, SAMPLED};
use crate::local::{self, Local};
use crate::sync::{AtomicU64, Ordering};

/// Adds to a cell of this thread; wraps.
#[inline(always)]
pub fn add(cell: u32, amount: u64) {
    local::with(|local| add_own(local, cell, amount));
}

/// Adds to a cell that all threads share; wraps.
#[inline]
pub fn add_shared(cell: u32, amount: u64) {
    local::with(|local| add_to_shared(local, cell, amount));
}

/// Adds to a counter's cell of this thread, and leaves an exemplar where the current span is sampled.
#[inline(always)]
pub fn count(cell: u32, amount: u64) {
    local::with(|local| {
        add_own(local, cell, amount);
        leave_exemplar(local, cell, amount as f64);
    });
}

/// The same in a cell that all threads share.
#[inline]
pub fn count_shared(cell: u32, amount: u64) {
    local::with(|local| {
        add_to_shared(local, cell, amount);
        leave_exemplar(local, cell, amount as f64);
    });
}

/// Adds one observation to the histogram block that starts at `block` and has `cells` cells, and leaves an exemplar where
/// the current span is sampled.
#[inline(always)]
pub fn observe(block: u32, cells: u32, bucket: u32, value: f64) {
    local::with(|local| {
        match own(local, block, cells) {
            Some(own) => page::observe(own, bucket as usize, Sum::Float(value)),
            None => observe_slowly(local, block, cells, bucket, Sum::Float(value)),
        }
        leave_exemplar(local, block + HISTOGRAM_HEAD + bucket, value);
    });
}

/// The same in cells that all threads share; where several write at the same moment, some do so in pages of their own.
#[inline]
pub fn observe_shared(block: u32, cells: u32, bucket: u32, value: f64) {
    local::with(|local| {
        let store = StoreId::of(local).store();
        if !page::try_observe_shared(store.shared_range(block, cells), bucket as usize, Sum::Float(value)) {
            match own(local, block, cells) {
                Some(own) => page::observe(own, bucket as usize, Sum::Float(value)),
                None => observe_slowly(local, block, cells, bucket, Sum::Float(value)),
            }
        }
        leave_exemplar(local, block + HISTOGRAM_HEAD + bucket, value);
    });
}

/// A call that has ended, as its metrics see it. Its cells have [`Shape::CALLS`].
#[derive(Clone, Copy, Debug)]
pub struct CallEnd {
    /// The first of its cells.
    pub block: u32,
    /// How many there are.
    pub cells: u32,
    /// How it ended: the number of one of the outcomes.
    pub outcome: u32,
    /// Whether it was counted among the calls in flight.
    pub was_in_flight: bool,
    /// The bucket that the duration falls into.
    pub bucket: u32,
    /// The duration.
    pub nanos: u64,
}

/// Counts a call that has ended at `at`, with one look for its page. `of` is the call's own context, whose trace is an
/// exemplar where it is sampled.
#[inline]
pub fn end_call(call: CallEnd, of: &Context, at: Ticks) {
    local::with(|local| {
        match own(local, call.block, call.cells) {
            Some(own) => end_call_in(own, call),
            None => end_call_slowly(local, call),
        }
        if of.flags & SAMPLED != 0 {
            let CallEnd { block, outcome, bucket, nanos, .. } = call;
            let bucket = block + CALL_SUMS as u32 + HISTOGRAM_HEAD + bucket;
            exemplars::leave(local, bucket, nanos as f64 / 1e9, of, || at);
            exemplars::leave(local, block + outcome, 1.0, of, || at);
        }
    });
}

#[inline(always)]
fn end_call_in(own: &[AtomicU64], call: CallEnd) {
    let Some((sums, histogram)) = own.split_first_chunk::<CALL_SUMS>() else { return };
    if call.was_in_flight {
        // Minus one, wrapping.
        page::add(&sums[IN_FLIGHT as usize], u64::MAX);
    }
    if let Some(outcome) = sums.get(call.outcome as usize) {
        page::add(outcome, 1);
    }
    page::observe(histogram, call.bucket as usize, Sum::Integer(call.nanos));
}

#[cold]
fn end_call_slowly(local: &Local, call: CallEnd) {
    threads::adopt(local, call.block);
    if let Some(own) = own(local, call.block, call.cells) {
        return end_call_in(own, call);
    }
    let shared = StoreId::of(local).store().shared_range(call.block, call.cells);
    let Some((sums, histogram)) = shared.split_first_chunk::<CALL_SUMS>() else { return };
    if call.was_in_flight {
        sums[IN_FLIGHT as usize].fetch_sub(1, Ordering::Relaxed);
    }
    if let Some(outcome) = sums.get(call.outcome as usize) {
        outcome.fetch_add(1, Ordering::Relaxed);
    }
    page::observe_shared(histogram, call.bucket as usize, Sum::Integer(call.nanos));
}

/// Sets a shared cell, as a gauge does.
pub fn set_shared(cell: u32, bits: u64) {
    local::with(|local| StoreId::of(local).store().shared(cell).store(bits, Ordering::Relaxed));
}

/// Replaces a shared cell's bits by what `update` makes of them.
pub fn update_shared(cell: u32, mut update: impl FnMut(u64) -> u64) {
    local::with(|local| {
        let cell = StoreId::of(local).store().shared(cell);
        let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(update(bits)));
    });
}

/// What an observation adds to a histogram's sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sum {
    /// A floating-point sum.
    Float(f64),
    /// An integer sum; wraps.
    Integer(u64),
}

impl Sum {
    #[inline(always)]
    fn added_to(self, bits: u64) -> u64 {
        match self {
            Self::Float(value) => (f64::from_bits(bits) + value).to_bits(),
            Self::Integer(value) => bits.wrapping_add(value),
        }
    }
}

#[inline(always)]
fn add_own(local: &Local, cell: u32, amount: u64) {
    match own(local, cell, 1) {
        Some(cells) => page::add(&cells[0], amount),
        None => add_slowly(local, cell, amount),
    }
}

#[inline]
fn add_to_shared(local: &Local, cell: u32, amount: u64) {
    StoreId::of(local).store().shared(cell).fetch_add(amount, Ordering::Relaxed);
}

#[inline(always)]
fn leave_exemplar(local: &Local, cell: u32, value: f64) {
    if local.context.flags() & SAMPLED != 0 {
        exemplars::leave(local, cell, value, &local.context.get(), clock::now);
    }
}

/// This thread's `len` cells from `cell` on, where its page is mapped already.
#[inline(always)]
fn own(local: &Local, cell: u32, len: u32) -> Option<&[AtomicU64]> {
    let page = cell / PAGE_CELLS;
    if page >= local.pages.get() {
        return None;
    }
    // SAFETY: `table` points to `pages` pointers, each null or a live page of this thread: both are set together
    // by `threads::adopt`, under the store's lock, and cleared by this thread before the table is given up.
    let page = unsafe { (*local.table.get().add(page as usize)).as_ref() }?;
    page.range(cell, len)
}

/// Adds where the page is not mapped yet, or never will be.
#[cold]
fn add_slowly(local: &Local, cell: u32, amount: u64) {
    threads::adopt(local, cell);
    match own(local, cell, 1) {
        Some(cells) => page::add(&cells[0], amount),
        None => add_to_shared(local, cell, amount),
    }
}

/// Observes where the page is not mapped yet, or never will be.
#[cold]
fn observe_slowly(local: &Local, block: u32, cells: u32, bucket: u32, sum: Sum) {
    threads::adopt(local, block);
    match own(local, block, cells) {
        Some(own) => page::observe(own, bucket as usize, sum),
        None => {
            let shared = StoreId::of(local).store().shared_range(block, cells);
            page::observe_shared(shared, bucket as usize, sum);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
