//! A complete set of values: the pages of live threads, and those that all threads share.

use std::sync::{PoisonError, RwLock};

use super::layout::{MAX_CELLS, PAGE_CELLS};
use super::page::Page;
use super::reader::Reader;
use super::threads::Table;
use crate::local::Local;
use crate::sync::{AtomicPtr, Mutex, Ordering, const_unless_loom, lock};

const PAGES: usize = (MAX_CELLS / PAGE_CELLS) as usize;
/// Pages in a directory of shared pages.
const DIRECTORY: usize = 512;

/// Which store: an index into the process's stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(u16);

impl StoreId {
    /// The one that everybody uses who did not ask for another.
    pub const DEFAULT: Self = Self(0);

    /// As a number; zero is the default one.
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        self.0
    }

    /// From such a number; one that is no store's is the default one.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
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
        local.context.flags().1
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
    /// The pages of live threads.
    pub(super) threads: Mutex<Vec<Table>>,
    /// The first shared pages, which are all that most programs have; each pointer publishes the page behind it.
    first: Directory,
    /// Directories of the others, made on first use; each pointer publishes the directory behind it.
    others: [AtomicPtr<Directory>; PAGES / DIRECTORY],
}

type Directory = [AtomicPtr<Page>; DIRECTORY];

impl Store {
    const_unless_loom! {
        fn new() -> Self {
            Self {
                threads: Mutex::new(Vec::new()),
                #[cfg(not(loom))]
                first: [const { AtomicPtr::new(std::ptr::null_mut()) }; DIRECTORY],
                #[cfg(not(loom))]
                others: [const { AtomicPtr::new(std::ptr::null_mut()) }; PAGES / DIRECTORY],
                #[cfg(loom)]
                first: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
                #[cfg(loom)]
                others: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
            }
        }
    }

    /// Holds the store's lock and reads: no thread ends, none begins, while the reader lives. Writers go on.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self, lock(&self.threads))
    }

    /// A shared page.
    #[inline]
    pub(super) fn shared_page(&self, page: u32) -> &Page {
        match self.first.get(page as usize) {
            Some(first) => get_or_make(first, Page::new),
            None => self.other_shared_page(page as usize),
        }
    }

    #[cold]
    fn other_shared_page(&self, page: usize) -> &Page {
        let new_directory = || -> Directory { std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())) };
        let directory = get_or_make(&self.others[page / DIRECTORY], new_directory);
        get_or_make(&directory[page % DIRECTORY], Page::new)
    }

    /// A shared page that somebody has written to.
    pub(super) fn shared_page_if_made(&self, page: u32) -> Option<&Page> {
        let page = page as usize;
        let slot = match self.first.get(page) {
            Some(first) => first,
            None => {
                let directory = self.others[page / DIRECTORY].load(Ordering::Acquire);
                // SAFETY: see `get_or_make`.
                &unsafe { directory.as_ref() }?[page % DIRECTORY]
            }
        };
        // SAFETY: see `get_or_make`.
        unsafe { slot.load(Ordering::Acquire).as_ref() }
    }
}

/// What `slot` points to, made where there is nothing yet. Never freed: stores live as long as the process.
#[inline]
fn get_or_make<T>(slot: &AtomicPtr<T>, make: impl FnOnce() -> T) -> &T {
    let found = slot.load(Ordering::Acquire);
    let found = if found.is_null() { make_in(slot, make) } else { found };
    // SAFETY: the pointer came from a leaked box, published with release and read with acquire.
    unsafe { &*found }
}

#[cold]
fn make_in<T>(slot: &AtomicPtr<T>, make: impl FnOnce() -> T) -> *mut T {
    let made = Box::into_raw(Box::new(make()));
    match slot.compare_exchange(std::ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => made,
        Err(theirs) => {
            // SAFETY: `made` came from a box and nobody else has seen it.
            drop(unsafe { Box::from_raw(made) });
            theirs
        }
    }
}

/// Zeroes cells that nobody writes any more, in every store.
pub(super) fn zero(start: u32, cells: u32) {
    for store in all_stores() {
        let reader = store.reader();
        let mut first = start;
        while first < start + cells {
            // Page by page: where a thread has none, nothing is to be done.
            let next = (first / PAGE_CELLS + 1) * PAGE_CELLS;
            let len = next.min(start + cells) - first;
            reader.parts(first, len).flatten().for_each(|cell| cell.store(0, Ordering::Relaxed));
            first += len;
        }
    }
}

/// The stores that have pages of some of these cells.
pub(super) fn with_pages(start: u32, cells: u32) -> Vec<StoreId> {
    let pages = start / PAGE_CELLS..(start + cells).div_ceil(PAGE_CELLS);
    let ids = (0..=u16::MAX).map(StoreId);
    let has_pages = |store: &Store| {
        let reader = store.reader();
        pages.clone().any(|page| reader.parts(page * PAGE_CELLS, 1).next().is_some())
    };
    ids.zip(all_stores()).filter(|(_, store)| has_pages(store)).map(|(id, _)| id).collect()
}

pub(super) fn all_stores() -> impl Iterator<Item = &'static Store> {
    let others = STORES.read().unwrap_or_else(PoisonError::into_inner).clone();
    std::iter::once(default_store()).chain(others)
}
