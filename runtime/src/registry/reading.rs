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
        Reading { look: self, reader: Some(self.store.store().reader()), left: SERIES }
    }

    /// When it was.
    pub(crate) fn time(&self) -> SystemTime {
        time(self.wall.pair().1)
    }
}

fn time(unix_nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}

/// After so many series the store's lock is given up for a moment: a thread's first use of a page waits for it, and its end.
const SERIES: u32 = 500;

/// Reads the values of one metric.
pub(crate) struct Reading<'a> {
    look: &'a Look,
    reader: Option<Reader<'a>>,
    left: u32,
}

impl<'a> Reading<'a> {
    /// The reader for one more series.
    fn reader(&mut self) -> &Reader<'a> {
        if self.left == 0 {
            self.reader = None;
            std::thread::yield_now();
            self.left = SERIES;
        }
        self.left -= 1;
        self.reader.get_or_insert_with(|| self.look.store.store().reader())
    }

    pub(crate) fn sum(&mut self, cell: u32) -> u64 {
        self.reader().sum(cell)
    }

    pub(crate) fn shared(&mut self, cell: u32) -> u64 {
        self.reader().shared(cell)
    }

    /// The histogram of the combination whose cells begin at `first`.
    pub(crate) fn histogram(&mut self, block: &Block, first: u32) -> Option<HistogramCells> {
        let (sums, shape) = (block.shape().sums, block.shape());
        self.reader().histogram(shape.histogram?, first + sums, block.used() - sums)
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
