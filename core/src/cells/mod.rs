//! Where metric values live.
//!
//! A metric owns a [`Block`] of cells in one process-wide layout: an index, never an address. Each
//! thread has pages of its own for the cells it touches, mapped on first use, and is the only one that writes to
//! them: an increment is a load, an add and a store. A reader adds up the pages of all threads and the retired
//! values of ended ones, under the store's lock, which a writer takes only to map a page, and after its thread's end.
//! Gauges that are *set* can't be added up; they live in cells that all threads share.
//!
//! A [`Store`] is one complete set of values. There is one by default; a test may have its own.
//!
//! Invariants:
//! - the cells of one combination never cross a page;
//! - a page of a thread is written by that thread alone, until it is retired under the store's lock;
//! - a histogram's cells are `[sequence, sum, bucket…]`; the sequence is odd while its owner writes.

mod layout;
mod page;
mod store;

pub use layout::{Block, CellKind, MAX_CELLS, PAGE_CELLS};
pub(crate) use page::Page;
pub use store::{HistogramCells, Reader, Store, StoreId};
pub(crate) use store::{retire_thread, switch_store};

use crate::local::{self, Local};
use crate::sync::{AtomicU64, Ordering};

/// Adds to a counter cell of this thread; wraps.
#[inline(always)]
pub fn add(cell: u32, amount: u64) {
    local::with(|local| match own(local, cell, 1) {
        Some(cells) => {
            let cell = &cells[0];
            // The owner is the only writer: a load and a store lose nothing.
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
        }
        None => store::add_slowly(local, cell, amount),
    });
}

/// Adds one observation to the histogram block that starts at `block` and has `cells` cells.
#[inline(always)]
pub fn observe(block: u32, cells: u32, bucket: u32, sum: Sum) {
    local::with(|local| match own(local, block, cells) {
        Some(own) => page::observe(own, bucket as usize, sum),
        None => store::observe_slowly(local, block, cells, bucket, sum),
    });
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

/// This thread's `len` cells from `cell` on, where its page is mapped already.
#[inline(always)]
fn own(local: &Local, cell: u32, len: u32) -> Option<&[AtomicU64]> {
    let page = cell / PAGE_CELLS;
    if page >= local.pages.get() {
        return None;
    }
    // SAFETY: `table` points to `pages` pointers, each null or a live page of this thread: both are set together
    // by `store::adopt`, under the store's lock, and cleared by this thread before the table is given up.
    let page = unsafe { (*local.table.get().add(page as usize)).as_ref() }?;
    let start = (cell % PAGE_CELLS) as usize;
    page.cells().get(start..start + len as usize)
}
