//! A page of cells, and how a histogram in it is written.

use super::{PAGE_CELLS, Sum, sequence};
use crate::sync::{AtomicU64, Ordering, wait};

/// 512 cells. Those of a thread's own page are written by that thread alone; those of a shared page by anybody, with
/// read-modify-writes.
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

    #[inline(always)]
    pub(super) fn cells(&self) -> &[AtomicU64; PAGE_CELLS as usize] {
        &self.cells
    }

    /// The cell, and so many after it, which lie in this page.
    #[inline(always)]
    pub(super) fn range(&self, cell: u32, len: u32) -> Option<&[AtomicU64]> {
        let start = (cell % PAGE_CELLS) as usize;
        self.cells.get(start..start + len as usize)
    }
}

/// Adds to a cell; the caller is its only writer.
#[inline(always)]
pub(super) fn add(cell: &AtomicU64, amount: u64) {
    // A load and a store lose nothing.
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

/// Adds an observation; the caller is the only writer of `cells`, which are `[sequence, sum, bucket…]`.
#[inline(always)]
pub(super) fn observe(cells: &[AtomicU64], bucket: usize, sum: Sum) {
    let [sequence, total, buckets @ ..] = cells else { return };
    let Some(bucket) = buckets.get(bucket) else { return };
    sequence::write(sequence, || {
        total.store(sum.added_to(total.load(Ordering::Relaxed)), Ordering::Relaxed);
        add(bucket, 1);
    });
}

/// How often a histogram is tried while others write to it, until it is written to without the sequence: its writer may
/// not exist any more, in a forked child.
const ATTEMPTS: u32 = 10_000;

/// Adds an observation to a histogram that others write to as well.
pub(super) fn observe_shared(cells: &[AtomicU64], bucket: usize, sum: Sum) {
    for attempt in 0..ATTEMPTS {
        if try_observe_shared(cells, bucket, sum) {
            return;
        }
        wait(attempt);
    }
    let [_, total, buckets @ ..] = cells else { return };
    let Some(bucket) = buckets.get(bucket) else { return };
    add_shared_sum(total, sum);
    bucket.fetch_add(1, Ordering::Relaxed);
}

fn add_shared_sum(total: &AtomicU64, sum: Sum) {
    let add = |bits| Some(sum.added_to(bits));
    let _always = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
}

/// The same; `false` where somebody else is writing, and nothing was added.
#[inline]
pub(super) fn try_observe_shared(cells: &[AtomicU64], bucket: usize, sum: Sum) -> bool {
    let [sequence, total, buckets @ ..] = cells else { return true };
    let Some(bucket) = buckets.get(bucket) else { return true };
    sequence::try_write(sequence, || {
        total.store(sum.added_to(total.load(Ordering::Relaxed)), Ordering::Relaxed);
        add(bucket, 1);
    })
}

/// Adds all of one histogram to another that others write to as well.
pub(super) fn fold_histogram(from: &[AtomicU64], into: &[AtomicU64], part: impl Fn(u64) -> Sum) {
    let ([_, sum, buckets @ ..], [sequence, total, totals @ ..]) = (from, into) else { return };
    let add_all = || {
        add_shared_sum(total, part(sum.load(Ordering::Relaxed)));
        for (bucket, total) in buckets.iter().zip(totals) {
            total.fetch_add(bucket.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    };
    for attempt in 0..ATTEMPTS {
        if sequence::try_write(sequence, add_all) {
            return;
        }
        wait(attempt);
    }
    add_all();
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;

    fn histogram() -> Arc<Vec<AtomicU64>> {
        Arc::new((0..3).map(|_| AtomicU64::new(0)).collect())
    }

    fn read(cells: &[AtomicU64]) -> [u64; 2] {
        let mut seen = [0; 2];
        sequence::read(&cells[0], &cells[1..], &mut seen);
        seen
    }

    /// Sum and buckets that a reader sees belong to the same observations.
    #[test]
    fn a_reader_never_sees_half_an_observation() {
        loom::model(|| {
            let cells = histogram();
            let writer = {
                let cells = Arc::clone(&cells);
                loom::thread::spawn(move || {
                    observe(&cells, 0, Sum::Integer(5));
                    observe(&cells, 0, Sum::Integer(5));
                })
            };
            let seen = read(&cells);
            assert_eq!(seen[0], seen[1] * 5);
            writer.join().unwrap();
            assert_eq!(read(&cells), [10, 2]);
        });
    }

    /// Nor of those that a dead thread has left.
    #[test]
    fn a_reader_never_sees_half_of_what_is_folded() {
        loom::model(|| {
            let (cells, dead) = (histogram(), histogram());
            observe(&dead, 0, Sum::Integer(5));
            let writer = {
                let cells = Arc::clone(&cells);
                loom::thread::spawn(move || fold_histogram(&dead, &cells, Sum::Integer))
            };
            let seen = read(&cells);
            assert_eq!(seen[0], seen[1] * 5);
            writer.join().unwrap();
            assert_eq!(read(&cells), [5, 1]);
        });
    }

    /// Of two that write at the same moment one is told that it has not; nothing is lost, and nothing counted twice.
    #[test]
    fn writers_of_a_shared_histogram_lose_nothing() {
        loom::model(|| {
            let cells = histogram();
            let try_twice = |cells: &[AtomicU64]| -> u64 {
                (0..2).map(|_| u64::from(try_observe_shared(cells, 0, Sum::Integer(5)))).sum()
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
