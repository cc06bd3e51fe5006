//! A sequence lock: values that belong together, written by one thread at a time and read by anybody.
//!
//! The sequence is odd while the values are written. A reader that finds it odd, or changed after it has read, reads again.
//! Source: H.-J. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012.

use crate::sync::{AtomicU64, Ordering, fence, wait};

/// How often values are read again while they are written, before the reader sleeps.
const ATTEMPTS: u32 = 1_100;
/// How often it then sleeps, before the values are taken as they are: some milliseconds, after which a writer that was
/// suspended in the middle has had its turn, unless it does not exist any more, in a forked child.
const SLEEPS: u32 = 25;

/// Runs `write`, which stores the values, relaxed; the caller is the only writer.
#[inline(always)]
pub(super) fn write(sequence: &AtomicU64, write: impl FnOnce()) {
    let before = sequence.load(Ordering::Relaxed);
    sequence.store(before.wrapping_add(1), Ordering::Relaxed);
    finish(sequence, before, write);
}

/// The same among several writers; `false` where another one is at it, and nothing was written.
#[inline]
pub(super) fn try_write(sequence: &AtomicU64, write: impl FnOnce()) -> bool {
    let before = sequence.load(Ordering::Relaxed);
    let free = before % 2 == 0;
    // Acquires what the writer before has stored.
    let locked = free
        && sequence
            .compare_exchange(before, before.wrapping_add(1), Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
    if locked {
        finish(sequence, before, write);
    }
    locked
}

#[inline(always)]
fn finish(sequence: &AtomicU64, before: u64, write: impl FnOnce()) {
    // Whoever sees a store below also sees the odd sequence.
    fence(Ordering::Release);
    write();
    sequence.store(before.wrapping_add(2), Ordering::Release);
}

/// Reads `values` as they were at one moment, into `into`.
pub(super) fn read(sequence: &AtomicU64, values: &[AtomicU64], into: &mut [u64]) {
    for attempt in 0..ATTEMPTS + SLEEPS {
        let before = sequence.load(Ordering::Acquire);
        for (value, into) in values.iter().zip(into.iter_mut()) {
            *into = value.load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        if before % 2 == 0 && sequence.load(Ordering::Relaxed) == before {
            return;
        }
        if attempt < ATTEMPTS { wait(attempt) } else { sleep() }
    }
}

fn sleep() {
    #[cfg(not(loom))]
    std::thread::sleep(std::time::Duration::from_micros(200));
    #[cfg(loom)]
    wait(0);
}
