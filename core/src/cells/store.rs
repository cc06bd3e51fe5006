//! A complete set of values: the pages of live threads, what ended threads left, and the shared cells.

use std::sync::{PoisonError, RwLock};

use super::Sum;
use super::layout::{CellKind, MAX_CELLS, PAGE_CELLS, taken_in_page};
use super::page::{self, Page};
use crate::local::{self, Local};
use crate::sync::{AtomicPtr, AtomicU64, Mutex, MutexGuard, Ordering, const_unless_loom, lock};

const PAGES: usize = (MAX_CELLS / PAGE_CELLS) as usize;
/// Pages in a directory of shared pages.
const DIRECTORY: usize = 512;

/// Which store: an index into the process's stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(u16);

impl StoreId {
    /// The one that everybody uses who did not ask for another.
    pub const DEFAULT: Self = Self(0);

    pub(crate) const fn to_bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// A new, empty store. Stores are never freed; their pages are, when their threads end and blocks are dropped.
    ///
    /// # Panics
    /// When there are 65,535 of them.
    #[must_use]
    pub fn create() -> Self {
        let mut stores = STORES.write().unwrap_or_else(PoisonError::into_inner);
        let id = u16::try_from(stores.len() + 1).expect("fewer than 65,536 stores");
        stores.push(Box::leak(Box::new(Store::new())));
        Self(id)
    }

    /// The store itself.
    #[inline]
    #[must_use]
    pub fn store(self) -> &'static Store {
        if self == Self::DEFAULT { default_store() } else { self.other() }
    }

    #[cold]
    fn other(self) -> &'static Store {
        let stores = STORES.read().unwrap_or_else(PoisonError::into_inner);
        stores.get(self.0 as usize - 1).copied().unwrap_or_else(default_store)
    }

    #[inline]
    pub(super) fn of(local: &Local) -> Self {
        local.context.get().store
    }
}

#[cfg(not(loom))]
static DEFAULT: Store = Store::new();
static STORES: RwLock<Vec<&'static Store>> = RwLock::new(Vec::new());

#[cfg(not(loom))]
fn default_store() -> &'static Store {
    &DEFAULT
}

#[cfg(loom)]
fn default_store() -> &'static Store {
    unreachable!("loom's atomics can't be static; models build their own")
}

/// One set of values.
#[derive(Debug)]
pub struct Store {
    inner: Mutex<Inner>,
    /// Directories of shared pages, made on first use; each pointer publishes the directory behind it.
    shared: [AtomicPtr<Directory>; PAGES / DIRECTORY],
}

type Directory = [AtomicPtr<Page>; DIRECTORY];

#[derive(Debug)]
struct Inner {
    threads: Vec<Table>,
    /// What ended threads, and writes after a thread's end, have added up to.
    retired: Vec<Option<Page>>,
}

/// The pages of one thread. The thread itself reads `pages` without the lock, through its `Local`; only it changes
/// them, and only with the lock held.
#[derive(Debug)]
struct Table {
    id: u64,
    pages: Vec<*const Page>,
}

// SAFETY: the pages are shared by reference only (their cells are atomics), and the table itself is reached through
// the store's lock.
unsafe impl Send for Table {}

impl Store {
    const_unless_loom! {
        fn new() -> Self {
            Self {
                inner: Mutex::new(Inner { threads: Vec::new(), retired: Vec::new() }),
                #[cfg(not(loom))]
                shared: [const { AtomicPtr::new(std::ptr::null_mut()) }; PAGES / DIRECTORY],
                #[cfg(loom)]
                shared: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
            }
        }
    }

    /// Holds the store's lock and reads: no thread ends, none begins, while the reader lives. Writers go on.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader { store: self, inner: lock(&self.inner) }
    }

    /// A shared cell.
    pub(super) fn shared(&self, cell: u32) -> &AtomicU64 {
        let page = (cell / PAGE_CELLS) as usize;
        let new_directory = || -> Directory { std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())) };
        let directory = get_or_make(&self.shared[page / DIRECTORY], new_directory);
        let page = get_or_make(&directory[page % DIRECTORY], Page::new);
        &page.cells()[(cell % PAGE_CELLS) as usize]
    }
}

/// What `slot` points to, made where there is nothing yet. Never freed: stores live as long as the process.
fn get_or_make<T>(slot: &AtomicPtr<T>, make: impl FnOnce() -> T) -> &T {
    let mut found = slot.load(Ordering::Acquire);
    if found.is_null() {
        let made = Box::into_raw(Box::new(make()));
        match slot.compare_exchange(std::ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => found = made,
            Err(theirs) => {
                // SAFETY: `made` came from a box and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                found = theirs;
            }
        }
    }
    // SAFETY: the pointer came from a leaked box, published with release and read with acquire.
    unsafe { &*found }
}

/// Reads values, with the store's lock held.
#[derive(Debug)]
pub struct Reader<'a> {
    store: &'a Store,
    inner: MutexGuard<'a, Inner>,
}

/// A histogram's cells added up: one moment's for each thread.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramCells {
    /// The sum of what was observed.
    pub sum: Sum,
    /// How many observations fell into each bucket, not cumulative; the last has no upper bound.
    pub buckets: Vec<u64>,
}

impl Reader<'_> {
    /// A sum's value.
    #[must_use]
    pub fn sum(&self, cell: u32) -> u64 {
        let parts = self.parts(cell, 1).map(|cells| cells[0].load(Ordering::Relaxed));
        parts.fold(0, u64::wrapping_add)
    }

    /// A shared cell's bits.
    #[must_use]
    pub fn shared(&self, cell: u32) -> u64 {
        self.store.shared(cell).load(Ordering::Relaxed)
    }

    /// The histogram of `cells` cells that starts at `block`.
    #[must_use]
    pub fn histogram(&self, kind: CellKind, block: u32, cells: u32) -> HistogramCells {
        let mut sum = if kind == CellKind::FloatHistogram { Sum::Float(0.0) } else { Sum::Integer(0) };
        let mut buckets = vec![0_u64; (cells as usize).saturating_sub(2)];
        let mut part = vec![0_u64; (cells as usize).saturating_sub(1)];
        for own in self.parts(block, cells) {
            page::read_histogram(own, &mut part);
            sum = match sum {
                Sum::Float(so_far) => Sum::Float(so_far + f64::from_bits(part[0])),
                Sum::Integer(so_far) => Sum::Integer(so_far.wrapping_add(part[0])),
            };
            for (bucket, part) in buckets.iter_mut().zip(&part[1..]) {
                *bucket = bucket.wrapping_add(*part);
            }
        }
        HistogramCells { sum, buckets }
    }

    /// The same cells in every page that has them.
    fn parts(&self, cell: u32, len: u32) -> impl Iterator<Item = &[AtomicU64]> {
        let (page, start) = ((cell / PAGE_CELLS) as usize, (cell % PAGE_CELLS) as usize);
        let live = self.inner.threads.iter().filter_map(move |table| {
            // SAFETY: a page in a table lives until it is retired under the lock that this reader holds.
            table.pages.get(page).and_then(|page| unsafe { page.as_ref() })
        });
        let retired = self.inner.retired.get(page).and_then(Option::as_ref);
        live.chain(retired).map(move |page| &page.cells()[start..start + len as usize])
    }
}

impl Inner {
    fn retired(&mut self, page: usize) -> &Page {
        if self.retired.len() <= page {
            self.retired.resize_with(page + 1, || None);
        }
        self.retired[page].get_or_insert_with(Page::new)
    }

    /// Adds a dead thread's page to the retired values.
    fn fold(&mut self, index: usize, page: &Page) {
        let from = index as u32 * PAGE_CELLS;
        let retired = self.retired(index);
        for taken in taken_in_page(index as u32) {
            let to = (taken.start + taken.cells).min(from + PAGE_CELLS);
            for cell in taken.start.max(from)..to {
                let (old, new) =
                    (&page.cells()[(cell - from) as usize], &retired.cells()[(cell - from) as usize]);
                let bits = old.load(Ordering::Relaxed);
                let place = (cell - taken.start) % taken.stride;
                let part = match (taken.kind, place) {
                    (CellKind::FloatHistogram | CellKind::IntegerHistogram, 0) => continue,
                    (CellKind::FloatHistogram, 1) => Sum::Float(f64::from_bits(bits)),
                    _ => Sum::Integer(bits),
                };
                new.store(part.added_to(new.load(Ordering::Relaxed)), Ordering::Relaxed);
            }
        }
    }
}

/// Adds where the page is not mapped yet, or never will be.
#[cold]
pub(super) fn add_slowly(local: &Local, cell: u32, amount: u64) {
    if adopt(local, cell) {
        return super::add(cell, amount);
    }
    let mut inner = lock(&StoreId::of(local).store().inner);
    let cell = &inner.retired((cell / PAGE_CELLS) as usize).cells()[(cell % PAGE_CELLS) as usize];
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

/// Observes where the page is not mapped yet, or never will be.
#[cold]
pub(super) fn observe_slowly(local: &Local, block: u32, cells: u32, bucket: u32, sum: Sum) {
    if adopt(local, block) {
        return super::observe(block, cells, bucket, sum);
    }
    let start = (block % PAGE_CELLS) as usize;
    let mut inner = lock(&StoreId::of(local).store().inner);
    let page = inner.retired((block / PAGE_CELLS) as usize);
    page::observe(&page.cells()[start..start + cells as usize], bucket as usize, sum);
}

/// Maps this thread's page for `cell` in its current store; `false` where the thread has ended.
fn adopt(local: &Local, cell: u32) -> bool {
    if cell >= MAX_CELLS || !local::arm(local) {
        return false;
    }
    let page = (cell / PAGE_CELLS) as usize;
    let id = thread_id();
    let mut inner = lock(&StoreId::of(local).store().inner);
    let table = match inner.threads.iter().position(|table| table.id == id) {
        Some(at) => &mut inner.threads[at],
        None => {
            inner.threads.push(Table { id, pages: Vec::new() });
            inner.threads.last_mut().expect("one was just pushed")
        }
    };
    if table.pages.len() <= page {
        table.pages.resize(page + 1, std::ptr::null());
    }
    if table.pages[page].is_null() {
        table.pages[page] = Box::into_raw(Box::new(Page::new()));
    }
    local.table.set(table.pages.as_ptr());
    local.pages.set(table.pages.len() as u32);
    true
}

/// Points `local` at its pages in another store.
#[cold]
pub(crate) fn switch_store(local: &Local, to: StoreId) {
    local.table.set(std::ptr::null());
    local.pages.set(0);
    let id = thread_id();
    let inner = lock(&to.store().inner);
    if let Some(table) = inner.threads.iter().find(|table| table.id == id) {
        local.table.set(table.pages.as_ptr());
        local.pages.set(table.pages.len() as u32);
    }
}

/// Folds an ended thread's pages into the retired values of every store.
pub(crate) fn retire_thread(local: &Local) {
    local.table.set(std::ptr::null());
    local.pages.set(0);
    let id = thread_id();
    for store in all_stores() {
        let mut inner = lock(&store.inner);
        let Some(at) = inner.threads.iter().position(|table| table.id == id) else { continue };
        let table = inner.threads.swap_remove(at);
        for (index, page) in table.pages.into_iter().enumerate().filter(|(_, page)| !page.is_null()) {
            // SAFETY: the pointer came from a box in `adopt`; its thread has given it up above, and readers need
            // the lock held here.
            let page = unsafe { Box::from_raw(page.cast_mut()) };
            inner.fold(index, &page);
        }
    }
}

/// Zeroes cells that nobody writes any more, in every store.
pub(super) fn zero(start: u32, cells: u32) {
    for store in all_stores() {
        let inner = lock(&store.inner);
        let reader = Reader { store, inner };
        for cell in start..start + cells {
            reader.parts(cell, 1).for_each(|cells| cells[0].store(0, Ordering::Relaxed));
            if let Some(cell) = store.shared_if_made(cell) {
                cell.store(0, Ordering::Relaxed);
            }
        }
    }
}

impl Store {
    fn shared_if_made(&self, cell: u32) -> Option<&AtomicU64> {
        let page = (cell / PAGE_CELLS) as usize;
        let directory = self.shared[page / DIRECTORY].load(Ordering::Acquire);
        // SAFETY: see `get_or_make`.
        let directory = unsafe { directory.as_ref() }?;
        // SAFETY: see `get_or_make`.
        let page = unsafe { directory[page % DIRECTORY].load(Ordering::Acquire).as_ref() }?;
        page.cells().get((cell % PAGE_CELLS) as usize)
    }
}

fn all_stores() -> impl Iterator<Item = &'static Store> {
    let others = STORES.read().unwrap_or_else(PoisonError::into_inner).clone();
    std::iter::once(default_store()).chain(others)
}

/// A number for this thread that is never used again, also usable while its thread-locals go away.
fn thread_id() -> u64 {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static ID: Cell<u64> = const { Cell::new(0) });
    ID.with(|id| {
        if id.get() == 0 {
            id.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        id.get()
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::cells::{self, Block};
    use crate::context::Context;

    fn total(cell: u32) -> u64 {
        StoreId::DEFAULT.store().reader().sum(cell)
    }

    #[test]
    fn threads_add_up_while_they_live_and_after() {
        let block = Block::allocate(CellKind::Sums, 1, 1).unwrap();
        let cell = block.start();
        let (counted, go_on) = (std::sync::Barrier::new(5), std::sync::Barrier::new(5));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..1_000).for_each(|_| cells::add(cell, 1));
                    counted.wait();
                    go_on.wait();
                });
            }
            counted.wait();
            assert_eq!(total(cell), 4_000, "while the threads live");
            go_on.wait();
        });
        assert_eq!(total(cell), 4_000, "after they have ended");
    }

    #[test]
    fn a_count_made_while_a_thread_ends_is_kept() {
        struct Late(u32);
        impl Drop for Late {
            fn drop(&mut self) {
                cells::add(self.0, 1);
            }
        }
        thread_local!(static LATE: std::cell::OnceCell<Late> = const { std::cell::OnceCell::new() });
        let block = Block::allocate(CellKind::Sums, 1, 1).unwrap();
        let cell = block.start();
        // Both orders: the destructor registered before our guard runs after it.
        for late_first in [true, false] {
            std::thread::spawn(move || {
                if late_first {
                    LATE.with(|late| late.set(Late(cell)).ok());
                }
                cells::add(cell, 1);
                LATE.with(|late| late.get_or_init(|| Late(cell)).0);
            })
            .join()
            .unwrap();
        }
        assert_eq!(total(cell), 4);
    }

    #[test]
    fn histograms_of_both_kinds_survive_their_threads() {
        let float = Block::allocate(CellKind::FloatHistogram, 4, 2).unwrap();
        let integer = Block::allocate(CellKind::IntegerHistogram, 4, 2).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    cells::observe(float.cell(1), 4, 0, Sum::Float(0.25));
                    cells::observe(integer.cell(1), 4, 1, Sum::Integer(7));
                });
            }
        });
        let reader = StoreId::DEFAULT.store().reader();
        let floats = reader.histogram(CellKind::FloatHistogram, float.cell(1), 4);
        assert_eq!(floats, HistogramCells { sum: Sum::Float(0.5), buckets: vec![2, 0] });
        let integers = reader.histogram(CellKind::IntegerHistogram, integer.cell(1), 4);
        assert_eq!(integers, HistogramCells { sum: Sum::Integer(14), buckets: vec![0, 2] });
        let untouched = reader.histogram(CellKind::FloatHistogram, float.cell(0), 4);
        assert_eq!(untouched.buckets, [0, 0]);
    }

    #[test]
    fn a_dropped_block_leaves_no_values_to_the_next() {
        let block = Block::allocate(CellKind::Sums, 3, 67).unwrap();
        let cell = block.cell(66);
        cells::add(cell, 5);
        std::thread::spawn(move || cells::add(cell, 6)).join().unwrap();
        cells::set_shared(cell, 7);
        assert_eq!(total(cell), 11);
        drop(block);
        let next = Block::allocate(CellKind::Sums, 3, 67).unwrap();
        assert_eq!(next.cell(66), cell, "the range is used again");
        assert_eq!(total(cell), 0);
        assert_eq!(StoreId::DEFAULT.store().reader().shared(cell), 0);
    }

    #[test]
    fn a_store_of_ones_own_keeps_its_values_apart() {
        let block = Block::allocate(CellKind::Sums, 1, 1).unwrap();
        let cell = block.start();
        let store = StoreId::create();
        cells::add(cell, 1);
        {
            let _own = Context { store, ..Context::NONE }.attach();
            cells::add(cell, 10);
            cells::set_shared(cell, 3);
        }
        cells::add(cell, 1);
        assert_eq!(total(cell), 2);
        assert_eq!(store.store().reader().sum(cell), 10);
        assert_eq!(store.store().reader().shared(cell), 3);
        assert_eq!(StoreId::DEFAULT.store().reader().shared(cell), 0);
    }

    #[test]
    fn a_reader_sees_whole_observations_while_they_are_made() {
        let block = Block::allocate(CellKind::IntegerHistogram, 3, 1).unwrap();
        let (start, stop) = (block.start(), std::sync::atomic::AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        cells::observe(start, 3, 0, Sum::Integer(3));
                        // A histogram is written now and then, not without a pause.
                        (0..50).for_each(|_| std::hint::spin_loop());
                    }
                });
            }
            for _ in 0..2_000 {
                let read = StoreId::DEFAULT.store().reader().histogram(CellKind::IntegerHistogram, start, 3);
                assert_eq!(read.sum, Sum::Integer(read.buckets[0] * 3));
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
