//! One look at the cells: values, and the exemplars that belong to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spanwright_core::cells::{Block, Exemplars, Reader, StoreId};
use spanwright_core::clock::Wall;

use super::snapshot::Exemplar;

/// Whether samples are to have exemplars. Publishes nothing else.
static WITH_EXEMPLARS: AtomicBool = AtomicBool::new(true);

/// Sets whether samples have exemplars, from the next snapshot on.
#[cfg(feature = "telemetry")]
pub(crate) fn set_exemplars(with: bool) {
    WITH_EXEMPLARS.store(with, Ordering::Relaxed);
}

/// What stays the same through a snapshot.
pub(crate) struct Look {
    store: StoreId,
    exemplars: Exemplars,
    wall: Wall,
}

impl Look {
    /// At a store, now.
    pub(crate) fn at(store: StoreId) -> Self {
        if !WITH_EXEMPLARS.load(Ordering::Relaxed) {
            return Self::without_exemplars(store);
        }
        Self { store, exemplars: Exemplars::read(store), wall: Wall::now() }
    }

    /// At a store, now, for values alone.
    pub(super) fn without_exemplars(store: StoreId) -> Self {
        Self { store, exemplars: Exemplars::default(), wall: Wall::now() }
    }

    /// Reads, with the store's lock held; writers go on.
    pub(crate) fn reader(&self) -> Reader<'static> {
        self.store.store().reader()
    }

    /// The exemplars of so many cells from the first one on, by cell.
    pub(crate) fn exemplars(&self, block: &Block, (first, cells): (u32, u32)) -> Vec<Exemplar> {
        let all = self.exemplars.of(first, cells).iter();
        // What is older than the block was somebody else's.
        let own = all.filter(|one| one.at >= block.born());
        own.map(|one| Exemplar {
            trace_id: one.trace_id,
            span_id: one.span_id,
            value: one.value,
            time: time(self.wall.unix_nanos(one.at)),
        })
        .collect()
    }

    /// When it was.
    pub(crate) fn time(&self) -> SystemTime {
        time(self.wall.pair().1)
    }
}

fn time(unix_nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}
