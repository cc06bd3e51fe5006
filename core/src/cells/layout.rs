//! The process-wide layout: which cells belong to whom.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Cells in a page: 4 KiB.
pub const PAGE_CELLS: u32 = 512;
/// The most cells there can be: 128 MiB for a thread that touches all of them.
pub const MAX_CELLS: u32 = 1 << 24;

/// How the cells of a block are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Every cell is a wrapping sum.
    Sums,
    /// Each stride is `[sequence, sum, bucket…]` with an integer sum.
    IntegerHistogram,
    /// Each stride is `[sequence, sum, bucket…]` with a floating-point sum.
    FloatHistogram,
    /// The cells are shared, and set rather than added to.
    Shared,
}

/// Cells of one metric: `count` strides of `used` cells each, one per combination of labels. Given back, zeroed,
/// when dropped; whoever holds indexes into a block must not outlive it.
#[derive(Debug)]
pub struct Block {
    start: u32,
    stride: u32,
    used: u32,
    count: u32,
}

impl Block {
    /// Cells for `count` combinations of `used` cells each; `None` where `used` is over [`PAGE_CELLS`] or the
    /// layout is full.
    #[must_use]
    pub fn allocate(kind: CellKind, used: u32, count: u32) -> Option<Self> {
        if used == 0 || count == 0 || used > PAGE_CELLS {
            return None;
        }
        // No stride crosses a page: small blocks lie within one, in large ones the stride divides a page.
        let fits = used.checked_mul(count).is_some_and(|cells| cells <= PAGE_CELLS);
        let stride = if fits { used } else { used.next_power_of_two() };
        let cells = stride.checked_mul(count).filter(|cells| *cells <= MAX_CELLS)?;
        let start = with(|layout| layout.take(kind, stride, cells))?;
        Some(Self { start, stride, used, count })
    }

    /// The first cell of a combination. Panics where there is no such combination.
    #[inline]
    #[must_use]
    pub fn cell(&self, combination: u32) -> u32 {
        assert!(combination < self.count, "combination {combination} of {}", self.count);
        self.start + combination * self.stride
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
    pub(super) kind: CellKind,
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
    fn take(&mut self, kind: CellKind, stride: u32, cells: u32) -> Option<u32> {
        let start = match self.free.get_mut(&cells).and_then(Vec::pop) {
            // A range given back keeps to pages as it did before, since equal lengths have equal alignment.
            Some(start) => start,
            None => self.extend(cells)?,
        };
        self.taken.insert(start, Taken { kind, start, stride, cells });
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
        for (used, count) in [(1, 1), (24, 21), (24, 22), (1, 600), (300, 2), (512, 3), (7, 1_000)] {
            let block = Block::allocate(CellKind::Sums, used, count).unwrap();
            for combination in 0..count {
                let first = block.cell(combination);
                assert_eq!(first / PAGE_CELLS, (first + used - 1) / PAGE_CELLS, "{used} × {count}");
            }
        }
    }

    #[test]
    fn what_can_not_be_placed_is_refused() {
        assert!(Block::allocate(CellKind::Sums, PAGE_CELLS + 1, 1).is_none());
        assert!(Block::allocate(CellKind::Sums, 1, MAX_CELLS + 1).is_none());
        assert!(Block::allocate(CellKind::Sums, 2, u32::MAX).is_none());
    }
}
