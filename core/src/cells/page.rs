//! A page of cells, and how it is written.

use super::{HISTOGRAM_HEAD, PAGE_CELLS, Shape, Sum, sequence};
use crate::sync::{AtomicU64, Ordering};

/// 512 cells. Those of a thread's own page are written by that thread alone, those of a page for the rest by whoever holds the
/// store's lock; those of a shared page by anybody: sums with read-modify-writes, histograms one at a time.
#[derive(Debug)]
pub(crate) struct Page {
    /// Each cell publishes its own value and no more, but for histograms, whose sequence publishes the sum and
    /// buckets behind it.
    cells: [AtomicU64; PAGE_CELLS as usize],
}

impl Page {
    pub(super) fn new() -> Self {
        Self { cells: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// A cell, by its number among all cells.
    #[inline(always)]
    pub(super) fn cell(&self, cell: u32) -> &AtomicU64 {
        // The remainder spares a check: no cell of a page is asked of another one.
        &self.cells[(cell % PAGE_CELLS) as usize]
    }

    /// The cell, and so many after it, which lie in this page.
    pub(super) fn range(&self, cell: u32, len: u32) -> Option<&[AtomicU64]> {
        let start = (cell % PAGE_CELLS) as usize;
        self.cells.get(start..start + len as usize)
    }

    /// Adds to a cell; the caller is its only writer.
    #[inline(always)]
    pub(super) fn add(&self, cell: u32, amount: u64) {
        add(self.cell(cell), amount);
    }

    /// Adds an observation to the histogram `[sequence, sum, bucket…]` that begins at `cell`; the caller is its only writer.
    #[inline(always)]
    pub(super) fn observe(&self, cell: u32, bucket: u32, sum: Sum) {
        let (total, bucket) = (self.cell(cell + 1), self.cell(cell + HISTOGRAM_HEAD + bucket));
        sequence::write(self.cell(cell), || {
            total.store(sum.added_to(total.load(Ordering::Relaxed)), Ordering::Relaxed);
            add(bucket, 1);
        });
    }

    /// The same where others write to it as well; `false` where somebody else does so now, and nothing was added.
    #[inline]
    pub(super) fn try_observe_shared(&self, cell: u32, bucket: u32, sum: Sum) -> bool {
        let (total, bucket) = (self.cell(cell + 1), self.cell(cell + HISTOGRAM_HEAD + bucket));
        sequence::try_write(self.cell(cell), || {
            total.store(sum.added_to(total.load(Ordering::Relaxed)), Ordering::Relaxed);
            add(bucket, 1);
        })
    }

    /// Adds what another page has in these cells, which are of that shape; the caller is the only writer of both.
    pub(super) fn fold(&self, other: &Self, shape: Shape, first: u32, cells: u32) {
        let place = |at: u32| (self.cell(first + at), other.cell(first + at).load(Ordering::Relaxed));
        for at in 0..shape.sums.min(cells) {
            let (cell, amount) = place(at);
            add(cell, amount);
        }
        let Some(sums) = shape.histogram else { return };
        for at in shape.sums..cells {
            let (cell, value) = place(at);
            match at - shape.sums {
                // The sequence; readers hold the lock that the caller holds.
                0 => cell.store(cell.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed),
                1 => cell.store(sums.of(value).added_to(cell.load(Ordering::Relaxed)), Ordering::Relaxed),
                _ => add(cell, value),
            }
        }
    }
}

/// Adds to a cell with a single writer, where a load and a store lose nothing.
#[inline(always)]
fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;

    /// A page of which the first three cells are used.
    fn page() -> Arc<Page> {
        Arc::new(Page { cells: std::array::from_fn(|_| AtomicU64::new(0)) })
    }

    fn read(page: &Page) -> [u64; 2] {
        let mut seen = [0; 2];
        sequence::read(page.cell(0), &page.cells[1..3], &mut seen);
        seen
    }

    /// Sum and buckets that a reader sees belong to the same observations.
    #[test]
    fn a_reader_never_sees_half_an_observation() {
        loom::model(|| {
            let cells = page();
            let writer = {
                let cells = Arc::clone(&cells);
                loom::thread::spawn(move || {
                    cells.observe(0, 0, Sum::Integer(5));
                    cells.observe(0, 0, Sum::Integer(5));
                })
            };
            let seen = read(&cells);
            assert_eq!(seen[0], seen[1] * 5);
            writer.join().unwrap();
            assert_eq!(read(&cells), [10, 2]);
        });
    }

    /// Of two that write at the same moment one is told that it has not; nothing is lost, and nothing counted twice.
    #[test]
    fn writers_of_a_shared_histogram_lose_nothing() {
        loom::model(|| {
            let cells = page();
            let try_twice = |cells: &Page| -> u64 {
                (0..2).map(|_| u64::from(cells.try_observe_shared(0, 0, Sum::Integer(5)))).sum()
            };
            let writer = {
                let cells = Arc::clone(&cells);
                loom::thread::spawn(move || try_twice(&cells))
            };
            let written = try_twice(&cells);
            let written = written + writer.join().unwrap();
            assert_eq!(read(&cells), [written * 5, written]);
        });
    }
}
