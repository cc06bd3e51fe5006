//! One look at the cells: values, and the exemplars that belong to them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spanwright_core::cells::{Block, Exemplars, HISTOGRAM_HEAD, HistogramCells, Reader, StoreId};
use spanwright_core::clock::Wall;

use super::snapshot::Exemplar;

/// What stays the same through a snapshot.
pub(crate) struct Look {
    store: StoreId,
    exemplars: Exemplars,
    wall: Wall,
}

impl Look {
    /// At a store, now.
    pub(crate) fn at(store: StoreId) -> Self {
        Self { store, exemplars: Exemplars::read(store), wall: Wall::now() }
    }

    /// Reads, with the store's lock held; writers go on.
    pub(crate) fn read(&self) -> Reading<'_> {
        Reading { look: self, reader: self.store.store().reader() }
    }

    /// When it was.
    pub(crate) fn time(&self) -> SystemTime {
        time(self.wall.pair().1)
    }
}

fn time(unix_nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}

/// Reads the values of one metric.
pub(crate) struct Reading<'a> {
    look: &'a Look,
    reader: Reader<'a>,
}

impl Reading<'_> {
    pub(crate) fn sum(&self, cell: u32) -> u64 {
        self.reader.sum(cell)
    }

    pub(crate) fn shared(&self, cell: u32) -> u64 {
        self.reader.shared(cell)
    }

    /// The histogram of the combination whose cells begin at `first`.
    pub(crate) fn histogram(&self, block: &Block, first: u32) -> Option<HistogramCells> {
        let (sums, shape) = (block.shape().sums, block.shape());
        self.reader.histogram(shape.histogram?, first + sums, block.used() - sums)
    }

    /// The buckets of that histogram: the first one's cell, and how many there are.
    pub(crate) fn buckets(block: &Block, first: u32) -> (u32, u32) {
        let before = block.shape().sums + HISTOGRAM_HEAD;
        (first + before, block.used() - before)
    }

    /// The exemplars of so many cells from the first one on, by cell.
    pub(crate) fn exemplars(&self, block: &Block, (first, cells): (u32, u32)) -> Vec<Exemplar> {
        let all = self.look.exemplars.of(first, cells).iter();
        // What is older than the block was somebody else's.
        let own = all.filter(|one| one.at >= block.born());
        own.map(|one| Exemplar {
            trace_id: one.trace_id,
            span_id: one.span_id,
            value: one.value,
            time: time(self.look.wall.unix_nanos(one.at)),
        })
        .collect()
    }
}
