//! The pages of threads: mapped on first use, folded into those for the rest at the thread's end.

use std::sync::atomic::AtomicU32;

use super::layout::{MAX_CELLS, PAGE_CELLS, taken_in_page};
use super::page::Page;
use super::store::{Store, StoreId, all_stores};
use crate::local::{self, Local};
use crate::sync::{Ordering, lock};

/// The most pages that threads have of their own, all together, whatever is [asked for](limit_own_pages): 256 MiB.
pub const MAX_OWN_PAGES: u32 = 1 << 16;

/// How many there may be. Publishes nothing else.
static LIMIT: AtomicU32 = AtomicU32::new(MAX_OWN_PAGES);

/// How many pages, of 4 KiB, threads may have of their own, all together. Beyond them, threads write to shared cells, which takes
/// longer.
#[must_use]
pub fn own_pages_limit() -> u32 {
    LIMIT.load(Ordering::Relaxed)
}

/// Lets threads have so many pages of their own, and [`MAX_OWN_PAGES`] at most. Those that they have already stay.
pub fn limit_own_pages(pages: u32) {
    LIMIT.store(pages.min(MAX_OWN_PAGES), Ordering::Relaxed);
}

/// How many there are. Publishes nothing else.
pub(super) static OWN_PAGES: AtomicU32 = AtomicU32::new(0);

/// How many pages, of 4 KiB, threads have of their own now.
#[must_use]
pub fn own_pages() -> u32 {
    OWN_PAGES.load(Ordering::Relaxed)
}

/// The pages of one thread, or those for the rest. The thread itself reads `pages` without the lock, through its `Local`; only it changes
/// them, and only with the lock held.
#[derive(Debug)]
pub(super) struct Table {
    id: u64,
    pages: Vec<*const Page>,
}

// SAFETY: the pages are shared by reference only (their cells are atomics), and the table itself is reached through
// the store's lock.
unsafe impl Send for Table {}

impl Table {
    /// A page, where the thread has it.
    pub(super) fn page(&self, page: u32) -> Option<&Page> {
        // SAFETY: a page in a table lives until it is retired under the lock that whoever has the table holds.
        self.pages.get(page as usize).and_then(|page| unsafe { page.as_ref() })
    }
}

/// Maps this thread's page for `cell` in its current store, unless the thread has ended or there are too many.
pub(super) fn adopt(local: &Local, cell: u32) {
    if cell >= MAX_CELLS || own_pages() >= own_pages_limit() || !local::arm(local) {
        return;
    }
    let mut threads = lock(&StoreId::of(local).store().threads);
    let id = thread_id();
    let (_, is_new) = page_of(&mut threads, id, (cell / PAGE_CELLS) as usize);
    OWN_PAGES.fetch_add(is_new.into(), Ordering::Relaxed);
    if let Some(table) = threads.iter().find(|table| table.id == id) {
        point_to(local, table);
    }
}

/// The page of a table, both made where there are none, and whether it is new.
fn page_of(threads: &mut Vec<Table>, id: u64, page: usize) -> (*const Page, bool) {
    let at = threads.iter().position(|table| table.id == id).unwrap_or_else(|| {
        threads.push(Table { id, pages: Vec::new() });
        threads.len() - 1
    });
    let pages = &mut threads[at].pages;
    if pages.len() <= page {
        pages.resize(page + 1, std::ptr::null());
    }
    let is_new = pages[page].is_null();
    if is_new {
        pages[page] = Box::into_raw(Box::new(Page::new()));
    }
    (pages[page], is_new)
}

fn point_to(local: &Local, table: &Table) {
    local.table.set(table.pages.as_ptr());
    local.pages.set(table.pages.len() as u32);
}

fn point_nowhere(local: &Local) {
    local.table.set(std::ptr::null());
    local.pages.set(0);
}

/// Points `local` at its pages in another store.
#[cold]
pub(crate) fn switch_store(local: &Local, to: StoreId) {
    point_nowhere(local);
    let id = thread_id();
    let threads = lock(&to.store().threads);
    if let Some(table) = threads.iter().find(|table| table.id == id) {
        point_to(local, table);
    }
}

/// Folds an ended thread's pages into those for the rest, in every store.
pub(crate) fn retire_thread(local: &Local) {
    point_nowhere(local);
    super::exemplars::retire_thread(local);
    let id = thread_id();
    for store in all_stores() {
        // Held until everything is folded: a reader sees the values once.
        let mut threads = lock(&store.threads);
        let Some(at) = threads.iter().position(|table| table.id == id) else { continue };
        let table = threads.swap_remove(at);
        for (index, page) in table.pages.into_iter().enumerate().filter(|(_, page)| !page.is_null()) {
            // SAFETY: the pointer came from a box in `page_of`; its thread has given it up above, and readers need
            // the lock held here.
            let page = unsafe { Box::from_raw(page.cast_mut()) };
            fold(rest(&mut threads, index), index as u32, &page);
            OWN_PAGES.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Adds a dead thread's page.
fn fold(into: &Page, index: u32, page: &Page) {
    let (from, end) = (index * PAGE_CELLS, (index + 1) * PAGE_CELLS);
    for taken in taken_in_page(index) {
        let to = (taken.start + taken.cells).min(end);
        // Strides do not cross pages.
        for first in (taken.start.max(from)..to).step_by(taken.stride as usize) {
            into.fold(page, taken.shape, first, taken.stride.min(to - first));
        }
    }
}

/// The id of the table for what belongs to no thread: numbers of threads begin at 1.
const REST: u64 = 0;

/// A page for the rest, made where there is none.
fn rest(threads: &mut Vec<Table>, page: usize) -> &Page {
    let (page, _) = page_of(threads, REST, page);
    // SAFETY: pages of this table are never freed.
    unsafe { &*page }
}

impl Store {
    /// Calls `write` with a cell's page for the rest, which whoever holds the lock may write to.
    #[cold]
    pub(super) fn with_rest(&self, cell: u32, write: impl FnOnce(&Page)) {
        let mut threads = lock(&self.threads);
        write(rest(&mut threads, (cell / PAGE_CELLS) as usize));
    }
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
