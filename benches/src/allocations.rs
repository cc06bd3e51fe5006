//! Counts what each thread allocates, and how many bytes it has at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with counts for each thread.
pub struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// Less than nothing where it frees what others have allocated.
    static BYTES: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// How often this thread has allocated, reallocations included.
pub fn of_this_thread() -> u64 {
    COUNT.get()
}

/// The bytes that this thread has allocated and not freed.
pub fn bytes() -> i64 {
    BYTES.get()
}

/// What `body` gives back, and how many bytes this thread had during it, at most, over those before.
pub fn peak<R>(body: impl FnOnce() -> R) -> (R, i64) {
    let before = bytes();
    PEAK.set(before);
    let result = body();
    (result, PEAK.get() - before)
}

fn count(bytes: i64) {
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    add(bytes);
}

fn add(bytes: i64) {
    let _ = BYTES.try_with(|all| {
        all.set(all.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(all.get())));
    });
}

// SAFETY: all is done by the system's allocator, by whose contract that of this one is kept.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        add(-(layout.size() as i64));
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(old, layout) }
    }
}
