//! Reading: what all threads have written, added up.

use super::layout::{PAGE_CELLS, Sums};
use super::store::Store;
use super::threads::Table;
use super::{HISTOGRAM_HEAD, Sum, sequence};
use crate::sync::{AtomicU64, MutexGuard, Ordering};

/// Reads values, with the store's lock held.
#[derive(Debug)]
pub struct Reader<'a> {
    store: &'a Store,
    threads: MutexGuard<'a, Vec<Table>>,
}

/// A histogram's cells added up: one moment's for each thread.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramCells {
    /// The sum of what was observed.
    pub sum: Sum,
    /// How many observations fell into each bucket, not cumulative.
    pub buckets: Vec<u64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a Store, threads: MutexGuard<'a, Vec<Table>>) -> Self {
        Self { store, threads }
    }

    /// A sum's value.
    #[must_use]
    pub fn sum(&self, cell: u32) -> u64 {
        let parts = self.parts(cell, 1).map(|cells| cells[0].load(Ordering::Relaxed));
        parts.fold(0, u64::wrapping_add)
    }

    /// A shared cell's bits.
    #[must_use]
    pub fn shared(&self, cell: u32) -> u64 {
        let page = self.store.shared_page_if_made(cell / PAGE_CELLS);
        page.map_or(0, |page| page.cell(cell).load(Ordering::Relaxed))
    }

    /// The histogram of `cells` cells that starts at `block`; nothing where nobody has observed anything.
    #[must_use]
    pub fn histogram(&self, sums: Sums, block: u32, cells: u32) -> Option<HistogramCells> {
        let buckets = cells.saturating_sub(HISTOGRAM_HEAD) as usize;
        let sum = if sums == Sums::Float { Sum::Float(0.0) } else { Sum::Integer(0) };
        let mut total = None;
        let mut part = Vec::new();
        for own in self.parts(block, cells).filter(|own| own[0].load(Ordering::Relaxed) != 0) {
            let total = total.get_or_insert_with(|| HistogramCells { sum, buckets: vec![0_u64; buckets] });
            part.resize(buckets + 1, 0);
            sequence::read(&own[0], &own[1..], &mut part);
            total.sum = match total.sum {
                Sum::Float(so_far) => Sum::Float(so_far + f64::from_bits(part[0])),
                Sum::Integer(so_far) => Sum::Integer(so_far.wrapping_add(part[0])),
            };
            for (bucket, part) in total.buckets.iter_mut().zip(&part[1..]) {
                *bucket = bucket.wrapping_add(*part);
            }
        }
        total
    }

    /// The same cells in every page that has them.
    pub(super) fn parts(&self, cell: u32, len: u32) -> impl Iterator<Item = &[AtomicU64]> {
        let page = cell / PAGE_CELLS;
        let own = self.threads.iter().filter_map(move |table| table.page(page));
        let shared = self.store.shared_page_if_made(page);
        own.chain(shared).filter_map(move |page| page.range(cell, len))
    }
}
