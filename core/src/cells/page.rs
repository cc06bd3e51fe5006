//! A page of cells, and the sequence lock of a histogram.

use super::{PAGE_CELLS, Sum};
use crate::sync::{AtomicU64, Ordering, fence, wait};

/// 512 cells. Written by one thread, read by whoever holds the store's lock.
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
}

/// Adds an observation; the caller is the only writer of `cells`, which are `[sequence, sum, bucket…]`.
#[inline(always)]
pub(super) fn observe(cells: &[AtomicU64], bucket: usize, sum: Sum) {
    let [sequence, total, buckets @ ..] = cells else { return };
    let Some(bucket) = buckets.get(bucket) else { return };
    let before = sequence.load(Ordering::Relaxed);
    sequence.store(before.wrapping_add(1), Ordering::Relaxed);
    // Whoever sees a store below also sees the odd sequence.
    fence(Ordering::Release);
    total.store(sum.added_to(total.load(Ordering::Relaxed)), Ordering::Relaxed);
    bucket.store(bucket.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    sequence.store(before.wrapping_add(2), Ordering::Release);
}

/// How often a histogram is read again while its owner writes, before its values are taken as they are: the owner may
/// be suspended in the middle of an observation, or not exist any more in a forked child.
const ATTEMPTS: u32 = 1_100;

/// Reads `[sum, bucket…]` of a histogram as they were at one moment, into `into`.
pub(super) fn read_histogram(cells: &[AtomicU64], into: &mut [u64]) {
    let [sequence, values @ ..] = cells else { return };
    for attempt in 0..ATTEMPTS {
        let before = sequence.load(Ordering::Acquire);
        for (value, into) in values.iter().zip(into.iter_mut()) {
            *into = value.load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        if before % 2 == 0 && sequence.load(Ordering::Relaxed) == before {
            return;
        }
        wait(attempt);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;

    /// Sum and buckets that a reader sees belong to the same observations.
    #[test]
    fn a_reader_never_sees_half_an_observation() {
        loom::model(|| {
            let cells: Arc<Vec<AtomicU64>> = Arc::new((0..3).map(|_| AtomicU64::new(0)).collect());
            let writer = {
                let cells = Arc::clone(&cells);
                loom::thread::spawn(move || {
                    observe(&cells, 0, Sum::Integer(5));
                    observe(&cells, 0, Sum::Integer(5));
                })
            };
            let mut seen = [0; 2];
            read_histogram(&cells, &mut seen);
            assert_eq!(seen[0], seen[1] * 5);
            writer.join().unwrap();
            read_histogram(&cells, &mut seen);
            assert_eq!(seen, [10, 2]);
        });
    }
}
