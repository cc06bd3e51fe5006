//! Where metric values live.
//!
//! A metric owns a [`Block`] of cells in one process-wide layout: an index, never an address. Each
//! thread has pages of its own for the cells it touches, mapped on first use, and is the only one that writes to
//! them: an increment is a load, an add and a store. Beside them are pages that all threads share: for metrics of the shared kind, for
//! sums after a thread's end, and where threads have as many pages as they [may](own_pages_limit) already. And there are pages for the rest, written
//! under the store's lock: what ended threads have left, and observations that met another one in a shared histogram. A
//! reader adds all of them up, under the store's lock, which a writer takes else only to map a page, and at its thread's end.
//! Gauges that are *set* can't be added up; they live in shared pages.
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
pub use layout::{Block, CALL_SUMS, HISTOGRAM_HEAD, IN_FLIGHT, MAX_CELLS, PAGE_CELLS, Shape, Sums};
pub(crate) use page::Page;
pub use reader::{HistogramCells, Reader};
pub use store::{Store, StoreId};
pub use threads::{MAX_OWN_PAGES, limit_own_pages, own_pages, own_pages_limit};
pub(crate) use threads::{retire_thread, switch_store};

use crate::clock::{self, Ticks};
use crate::context::{Context, SAMPLED};
use crate::local::{self, Local};
use crate::sync::{Ordering, wait};

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

/// Adds one observation to the histogram that begins at `cell`, and leaves an exemplar where the current span is sampled.
#[inline(always)]
pub fn observe(cell: u32, bucket: u32, value: f64) {
    local::with(|local| {
        observe_own(local, cell, bucket, Sum::Float(value));
        leave_exemplar(local, cell + HISTOGRAM_HEAD + bucket, value);
    });
}

/// The same in cells that all threads share.
#[inline]
pub fn observe_shared(cell: u32, bucket: u32, value: f64) {
    local::with(|local| {
        observe_among_others(local, cell, bucket, Sum::Float(value));
        leave_exemplar(local, cell + HISTOGRAM_HEAD + bucket, value);
    });
}

/// A call that has ended, as its metrics see it.
#[derive(Clone, Copy, Debug)]
pub struct CallEnd {
    /// The first of its cells, which have [`Shape::CALLS`].
    pub cell: u32,
    /// How it ended: the number of one of the outcomes.
    pub outcome: u32,
    /// Whether it was counted among the calls in flight.
    pub was_in_flight: bool,
    /// The bucket that the duration falls into.
    pub bucket: u32,
    /// The duration.
    pub nanos: u64,
}

/// Counts a call that has ended at `at`, with one look for its page. Its trace is an exemplar where it is sampled: that of
/// its own context, or the current one where it has none.
#[inline(always)]
pub fn end_call(call: CallEnd, own: Option<&Context>, at: Ticks) {
    local::with(|local| {
        match own_page(local, call.cell) {
            Some(page) => end_call_in(page, call),
            None => end_call_slowly(local, call),
        }
        let flags = own.map_or_else(|| local.context.flags().0, |own| own.flags);
        if flags & SAMPLED != 0 {
            leave_exemplars(local, call, own, at);
        }
    });
}

#[inline(always)]
fn end_call_in(page: &Page, call: CallEnd) {
    let CallEnd { cell, outcome, was_in_flight, bucket, nanos } = call;
    if was_in_flight {
        // Minus one, wrapping.
        page.add(cell + IN_FLIGHT, u64::MAX);
    }
    page.add(cell + outcome, 1);
    page.observe(cell + CALL_SUMS, bucket, Sum::Integer(nanos));
}

#[cold]
fn end_call_slowly(local: &Local, call: CallEnd) {
    let CallEnd { cell, outcome, was_in_flight, bucket, nanos } = call;
    if was_in_flight {
        add_own(local, cell + IN_FLIGHT, u64::MAX);
    }
    add_own(local, cell + outcome, 1);
    observe_own(local, cell + CALL_SUMS, bucket, Sum::Integer(nanos));
}

#[inline(never)]
fn leave_exemplars(local: &Local, call: CallEnd, own: Option<&Context>, at: Ticks) {
    let of = || (own.copied().unwrap_or_else(|| local.context.get()), at);
    let CallEnd { cell, outcome, bucket, nanos, .. } = call;
    let bucket = cell + CALL_SUMS + HISTOGRAM_HEAD + bucket;
    exemplars::leave(local, bucket, nanos as f64 / 1e9, of);
    // Calls that ended well have the exemplars of their durations.
    if outcome != 0 {
        exemplars::leave(local, cell + outcome, 1.0, of);
    }
}

/// Sets a shared cell, as a gauge does.
pub fn set_shared(cell: u32, bits: u64) {
    local::with(|local| shared_page(local, cell).cell(cell).store(bits, Ordering::Relaxed));
}

/// Replaces a shared cell's bits by what `update` makes of them.
pub fn update_shared(cell: u32, mut update: impl FnMut(u64) -> u64) {
    local::with(|local| {
        let cell = shared_page(local, cell).cell(cell);
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
    match own_page(local, cell) {
        Some(page) => page.add(cell, amount),
        None => add_slowly(local, cell, amount),
    }
}

#[inline(always)]
fn observe_own(local: &Local, cell: u32, bucket: u32, sum: Sum) {
    match own_page(local, cell) {
        Some(page) => page.observe(cell, bucket, sum),
        None => observe_slowly(local, cell, bucket, sum),
    }
}

#[inline]
fn add_to_shared(local: &Local, cell: u32, amount: u64) {
    shared_page(local, cell).cell(cell).fetch_add(amount, Ordering::Relaxed);
}

#[inline]
fn shared_page(local: &Local, cell: u32) -> &'static Page {
    StoreId::of(local).store().shared_page(cell / PAGE_CELLS)
}

#[inline(always)]
fn leave_exemplar(local: &Local, cell: u32, value: f64) {
    if local.context.flags().0 & SAMPLED != 0 {
        leave_exemplar_now(local, cell, value);
    }
}

#[inline(never)]
fn leave_exemplar_now(local: &Local, cell: u32, value: f64) {
    exemplars::leave(local, cell, value, || (local.context.get(), clock::now()));
}

/// This thread's page of that cell, where it is mapped already.
#[inline(always)]
fn own_page(local: &Local, cell: u32) -> Option<&Page> {
    let page = cell / PAGE_CELLS;
    if page >= local.pages.get() {
        return None;
    }
    // SAFETY: `table` points to `pages` pointers, each null or a live page of this thread: both are set together
    // by `threads::adopt`, under the store's lock, and cleared by this thread before the table is given up.
    unsafe { (*local.table.get().add(page as usize)).as_ref() }
}

/// Adds where the page is not mapped yet, or never will be.
#[cold]
fn add_slowly(local: &Local, cell: u32, amount: u64) {
    threads::adopt(local, cell);
    match own_page(local, cell) {
        Some(page) => page.add(cell, amount),
        None => add_to_shared(local, cell, amount),
    }
}

/// Observes where the page is not mapped yet, or never will be.
#[cold]
fn observe_slowly(local: &Local, cell: u32, bucket: u32, sum: Sum) {
    threads::adopt(local, cell);
    match own_page(local, cell) {
        Some(page) => page.observe(cell, bucket, sum),
        None => observe_among_others(local, cell, bucket, sum),
    }
}

/// How often an observation is tried while another one is made.
const TRIES: u32 = 50;

/// Observes in a shared page, or, where others do so for too long, among the rest: who writes may have been suspended.
#[inline]
fn observe_among_others(local: &Local, cell: u32, bucket: u32, sum: Sum) {
    let page = shared_page(local, cell);
    let done = (0..TRIES).any(|attempt| {
        if attempt > 0 {
            wait(attempt);
        }
        page.try_observe_shared(cell, bucket, sum)
    });
    if !done {
        StoreId::of(local).store().with_rest(cell, |page| page.observe(cell, bucket, sum));
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
