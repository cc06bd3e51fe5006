//! The process-wide layout: which cells belong to whom.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{StoreId, Sum};
use crate::clock::{self, Ticks};
use crate::slots::Outcome;

/// Cells in a page: 4 KiB.
pub const PAGE_CELLS: u32 = 512;
/// The most cells there can be: 128 MiB for a thread that touches all of them.
pub const MAX_CELLS: u32 = 1 << 24;
/// The cells of a histogram beside its buckets: sequence and sum.
pub const HISTOGRAM_HEAD: u32 = 2;

/// The sums of a function's calls: one for each outcome, and the calls in flight.
pub const CALL_SUMS: u32 = Outcome::VALUES.len() as u32 + 1;
/// Which of them are the calls in flight.
pub const IN_FLIGHT: u32 = CALL_SUMS - 1;

/// What the cells of one combination of labels are: some wrapping sums, then perhaps a histogram's `[sequence, sum,
/// bucket…]`. A gauge's cell is a sum that nobody adds to: it is set, in the pages that all threads share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many sums there are.
    pub sums: u32,
    /// What the histogram adds up, where there is one.
    pub histogram: Option<Sums>,
}

/// What a histogram's sum is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// Integers; it wraps.
    Integer,
    /// Floating-point numbers.
    Float,
}

impl Sums {
    /// A part of such a sum, by its bits.
    pub(super) fn of(self, bits: u64) -> Sum {
        match self {
            Self::Integer => Sum::Integer(bits),
            Self::Float => Sum::Float(f64::from_bits(bits)),
        }
    }
}

impl Shape {
    /// One sum.
    pub const SUM: Self = Self { sums: 1, histogram: None };
    /// A histogram of floating-point numbers.
    pub const HISTOGRAM: Self = Self { sums: 0, histogram: Some(Sums::Float) };
    /// A function's calls, and their durations in nanoseconds.
    pub const CALLS: Self = Self { sums: CALL_SUMS, histogram: Some(Sums::Integer) };
}

/// Cells of one metric: `count` strides of `used` cells each, one per combination of labels. Given back, zeroed,
/// when dropped; whoever holds indexes into a block must not outlive it.
#[derive(Debug)]
pub struct Block {
    shape: Shape,
    start: u32,
    stride: u32,
    used: u32,
    count: u32,
    born: Ticks,
}

impl Block {
    /// Cells for `count` combinations of that shape, with so many buckets where it has a histogram; `None` where one
    /// takes more than [`PAGE_CELLS`], or the layout is full.
    #[must_use]
    pub fn allocate(shape: Shape, buckets: u32, count: u32) -> Option<Self> {
        let histogram = shape.histogram.map_or(0, |_| buckets.saturating_add(HISTOGRAM_HEAD));
        let used = shape.sums.saturating_add(histogram);
        if used == 0 || count == 0 || used > PAGE_CELLS {
            return None;
        }
        // No stride crosses a page: small blocks lie within one, in large ones the stride divides a page.
        let fits = used.checked_mul(count).is_some_and(|cells| cells <= PAGE_CELLS);
        let stride = if fits { used } else { used.next_power_of_two() };
        let cells = stride.checked_mul(count).filter(|cells| *cells <= MAX_CELLS)?;
        let start = with(|layout| layout.take(shape, stride, cells))?;
        Some(Self { shape, start, stride, used, count, born: clock::now() })
    }

    /// The first cell of a combination. Panics where there is no such combination.
    #[inline]
    #[must_use]
    pub fn cell(&self, combination: u32) -> u32 {
        assert!(combination < self.count, "combination {combination} of {}", self.count);
        self.start + combination * self.stride
    }

    /// What its cells are.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The first cell of the first combination.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// Cells from one combination to the next.
    #[must_use]
    pub const fn stride(&self) -> u32 {
        self.stride
    }

    /// Cells of a combination that are in use.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.used
    }

    /// How many combinations there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// When it was allocated: what is older and has its cells is somebody else's.
    #[must_use]
    pub const fn born(&self) -> Ticks {
        self.born
    }
}

impl Block {
    /// The stores in which some of its cells may have a value.
    #[must_use]
    pub fn stores(&self) -> Vec<StoreId> {
        super::store::with_pages(self.start, self.stride * self.count)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let cells = self.stride * self.count;
        // The owner is gone, so nobody writes these cells any more.
        super::store::zero(self.start, cells);
        with(|layout| layout.give_back(self.start, cells));
    }
}

/// A taken range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) shape: Shape,
    pub(super) start: u32,
    pub(super) stride: u32,
    pub(super) cells: u32,
}

#[derive(Debug)]
struct Layout {
    /// The first cell that was never taken.
    end: u32,
    taken: BTreeMap<u32, Taken>,
    /// Ranges given back, by length.
    free: BTreeMap<u32, Vec<u32>>,
}

static LAYOUT: Mutex<Layout> = Mutex::new(Layout { end: 0, taken: BTreeMap::new(), free: BTreeMap::new() });

fn with<R>(use_it: impl FnOnce(&mut Layout) -> R) -> R {
    use_it(&mut LAYOUT.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The ranges that lie in `page`, wholly or in part.
pub(super) fn taken_in_page(page: u32) -> Vec<Taken> {
    let (from, to) = (page * PAGE_CELLS, (page + 1) * PAGE_CELLS);
    with(|layout| {
        let before = layout.taken.range(..from).next_back().map(|(_, taken)| *taken);
        let reaches = before.filter(|taken| taken.start + taken.cells > from);
        reaches.into_iter().chain(layout.taken.range(from..to).map(|(_, taken)| *taken)).collect()
    })
}

impl Layout {
    fn take(&mut self, shape: Shape, stride: u32, cells: u32) -> Option<u32> {
        let start = match self.free.get_mut(&cells).and_then(Vec::pop) {
            // A range given back keeps to pages as it did before, since equal lengths have equal alignment.
            Some(start) => start,
            None => self.extend(cells)?,
        };
        self.taken.insert(start, Taken { shape, start, stride, cells });
        Some(start)
    }

    fn extend(&mut self, cells: u32) -> Option<u32> {
        let left = PAGE_CELLS - self.end % PAGE_CELLS;
        let start = if cells <= left { self.end } else { self.end.next_multiple_of(PAGE_CELLS) };
        let end = start.checked_add(cells).filter(|end| *end <= MAX_CELLS)?;
        self.end = end;
        Some(start)
    }

    fn give_back(&mut self, start: u32, cells: u32) {
        self.taken.remove(&start);
        self.free.entry(cells).or_default().push(start);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn no_stride_crosses_a_page() {
        for (buckets, count) in [(1, 1), (22, 21), (22, 22), (1, 600), (298, 2), (510, 3), (5, 1_000)] {
            let block = Block::allocate(Shape::HISTOGRAM, buckets, count).unwrap();
            let used = buckets + HISTOGRAM_HEAD;
            for combination in 0..count {
                let first = block.cell(combination);
                assert_eq!(first / PAGE_CELLS, (first + used - 1) / PAGE_CELLS, "{used} × {count}");
            }
        }
    }

    #[test]
    fn what_can_not_be_placed_is_refused() {
        assert!(Block::allocate(Shape::HISTOGRAM, PAGE_CELLS - 1, 1).is_none());
        assert!(Block::allocate(Shape::SUM, 0, MAX_CELLS + 1).is_none());
        assert!(Block::allocate(Shape { sums: 2, histogram: None }, 0, u32::MAX).is_none());
        assert!(Block::allocate(Shape::SUM, 0, 0).is_none());
    }
}
