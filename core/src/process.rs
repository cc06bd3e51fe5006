//! The end of the process, and its children: what the C library tells. On Unix; nothing is told elsewhere.
//!
//! Invariants:
//! - what is called at the end can't unwind into C;
//! - what is called in a forked child touches atomics alone: of all threads the child has the one that forked, and whatever lock
//!   another one held stays locked.

use std::ops::Deref;
use std::sync::OnceLock;

use crate::sync::{AtomicBool, AtomicU32, Ordering};

#[cfg(unix)]
mod c {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) fn atexit(run: extern "C" fn()) -> c_int;
        pub(super) fn pthread_atfork(
            prepare: Option<extern "C" fn()>,
            parent: Option<extern "C" fn()>,
            child: Option<extern "C" fn()>,
        ) -> c_int;
        pub(super) fn close(descriptor: c_int) -> c_int;
    }
}

/// What is called at the end of the process.
static AT_EXIT: OnceLock<fn()> = OnceLock::new();
/// Whether this process was forked from one that watches. Publishes nothing else.
static FORKED: AtomicBool = AtomicBool::new(false);
/// What is called in a forked child.
static IN_CHILD: OnceLock<fn()> = OnceLock::new();

/// Calls `run` where the process ends by `exit`, as [`std::process::exit`] and the end of `main` do, on the thread that does so,
/// while all others still run. Once: a later call changes nothing. Whether it will be called.
pub fn at_exit(run: fn()) -> bool {
    static ASKED: OnceLock<bool> = OnceLock::new();
    let _ = AT_EXIT.set(run);
    *ASKED.get_or_init(|| {
        // SAFETY: `exiting` is a function for the whole life of the process, and does not unwind.
        #[cfg(unix)]
        return unsafe { c::atexit(exiting) } == 0;
        #[cfg(not(unix))]
        false
    })
}

#[cfg(unix)]
extern "C" fn exiting() {
    if let Some(run) = AT_EXIT.get() {
        // The panic was reported, and the process ends.
        let _ = std::panic::catch_unwind(run);
    }
}

/// Calls `run` in each child that this process forks, before anything else there. It must touch atomics alone. Once: a later
/// call changes nothing. Whether it will be called.
pub fn in_child(run: fn()) -> bool {
    let _ = IN_CHILD.set(run);
    watch_forks()
}

/// Whether this process was forked from one that [watches](watch_forks).
pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// From here on, children close what they are to close, and lose this process's segments. Whether that is possible.
pub(crate) fn watch_forks() -> bool {
    static ASKED: OnceLock<bool> = OnceLock::new();
    *ASKED.get_or_init(|| {
        // SAFETY: `forked` is a function for the whole life of the process, and does nothing that a forked child must not do,
        // as long as `run` keeps to what it is told.
        #[cfg(unix)]
        return unsafe { c::pthread_atfork(None, None, Some(forked)) } == 0;
        #[cfg(not(unix))]
        false
    })
}

#[cfg(unix)]
extern "C" fn forked() {
    FORKED.store(true, Ordering::Relaxed);
    crate::segment::lose_all();
    for place in &INHERITED {
        let descriptor = place.swap(NONE, Ordering::Relaxed);
        if descriptor != NONE {
            // SAFETY: it is open, since `ClosedInChildren` keeps it so and takes it from here before it closes it. In this
            // process nobody uses it: its owner's thread does not fork, and a child has none of its parent's other threads.
            unsafe { c::close(descriptor as i32) };
        }
    }
    if let Some(run) = IN_CHILD.get() {
        run();
    }
}

/// No descriptor: they are not negative, and so none is as large as this.
const NONE: u32 = u32::MAX;

/// The descriptors that children must not keep open. A place publishes nothing else.
static INHERITED: [AtomicU32; 4] = [const { AtomicU32::new(NONE) }; 4];

/// Something with a file descriptor that forked children close, so that what it listens on ends with this process. Its owner
/// must be a thread that doesn't fork.
#[derive(Debug)]
pub struct ClosedInChildren<F> {
    inner: F,
    /// Where the descriptor is, and which it is.
    place: Option<(&'static AtomicU32, u32)>,
}

#[cfg(unix)]
impl<F: std::os::fd::AsRawFd> ClosedInChildren<F> {
    /// From now on, children close it; those beyond the fourth one don't.
    pub fn new(inner: F) -> Self {
        let descriptor = inner.as_raw_fd() as u32;
        let take = |place: &&AtomicU32| {
            place.compare_exchange(NONE, descriptor, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        Self { place: INHERITED.iter().find(take).map(|place| (place, descriptor)), inner }
    }
}

#[cfg(not(unix))]
impl<F> ClosedInChildren<F> {
    /// There are no such children here.
    pub fn new(inner: F) -> Self {
        Self { inner, place: None }
    }
}

impl<F> Deref for ClosedInChildren<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.inner
    }
}

impl<F> ClosedInChildren<F> {
    /// From now on, children don't close it.
    pub(crate) fn release(&self) {
        if let Some((place, descriptor)) = self.place {
            // It is another's by now where this was released before.
            let _ = place.compare_exchange(descriptor, NONE, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

impl<F> Drop for ClosedInChildren<F> {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(all(test, unix, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        for _ in 0..10 {
            let kept = [(); 4].map(|()| ClosedInChildren::new(std::io::stdin()));
            assert!(kept.iter().all(|one| one.place.is_some()));
            assert!(ClosedInChildren::new(std::io::stdin()).place.is_none(), "there are four");
            kept.iter().for_each(ClosedInChildren::release);
            assert!(ClosedInChildren::new(std::io::stdin()).place.is_some());
        }
    }
}
