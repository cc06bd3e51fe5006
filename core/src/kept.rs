//! A place for a value that is made when it is needed first, and then kept for good.
//!
//! It is a pointer and nothing else: whether threads may share it does not depend on what all the types within are, which
//! the compiler would find out anew for every `static` that has one.

use std::fmt;

use crate::sync::{AtomicPtr, Ordering, const_unless_loom};

/// Nothing, and later a value.
pub struct Kept<T: 'static> {
    /// Null, or from the `&'static T` that was kept, whose content it publishes. Changes once.
    value: AtomicPtr<T>,
}

impl<T> Kept<T> {
    const_unless_loom! {
        /// Nothing yet.
        #[must_use]
        pub fn new() -> Self {
            Self { value: AtomicPtr::new(std::ptr::null_mut()) }
        }
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Sync> Kept<T> {
    /// The value, where there is one.
    #[inline]
    pub fn get(&self) -> Option<&'static T> {
        let value = self.value.load(Ordering::Acquire);
        // SAFETY: by the field's invariant it is null, or was a `&'static T`; `T` is `Sync`, here and where it was kept.
        unsafe { value.as_ref() }
    }

    /// Keeps `value`, unless there is one already; gives the one that is kept.
    pub fn keep(&self, value: &'static T) -> &'static T {
        match self.publish(std::ptr::from_ref(value).cast_mut()) {
            Ok(()) => value,
            Err(kept) => kept,
        }
    }

    /// The value, made now where there is none. Where threads meet, each may make one; the first is kept.
    #[inline]
    pub fn get_or_make(&self, make: impl FnOnce() -> T) -> &'static T {
        match self.get() {
            Some(value) => value,
            None => self.keep_made(Box::new(make())),
        }
    }

    #[cold]
    fn keep_made(&self, made: Box<T>) -> &'static T {
        let made = Box::into_raw(made);
        match self.publish(made) {
            // SAFETY: it is the box's, which is now nobody's to drop, so that it lives for good.
            Ok(()) => unsafe { &*made },
            Err(kept) => {
                // SAFETY: it is the box's, and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                kept
            }
        }
    }

    /// Puts `value`, which lives for good where it is kept, in the place; or gives what is there already.
    fn publish(&self, value: *mut T) -> Result<(), &'static T> {
        let null = std::ptr::null_mut();
        match self.value.compare_exchange(null, value, Ordering::Release, Ordering::Acquire) {
            Ok(_) => Ok(()),
            // SAFETY: by the field's invariant, since it is not null.
            Err(kept) => Err(unsafe { &*kept }),
        }
    }
}

impl<T: Sync + fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.get()).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_kept() {
        static KEPT: Kept<u32> = Kept::new();
        assert_eq!(KEPT.get(), None);
        assert_eq!(*KEPT.get_or_make(|| 1), 1);
        assert_eq!(*KEPT.get_or_make(|| 2), 1);
        assert_eq!(*KEPT.keep(&3), 1);
        assert_eq!(KEPT.get(), Some(&1));
    }

    #[test]
    fn a_value_that_comes_late_is_dropped() {
        static KEPT: Kept<String> = Kept::new();
        let made = KEPT.get_or_make(|| KEPT.get_or_make(|| "first".to_owned()).replace("first", "late"));
        assert_eq!(made, "first");
    }

    #[test]
    fn threads_that_meet_get_the_same_value() {
        static KEPT: Kept<u32> = Kept::new();
        let made = std::thread::scope(|scope| {
            let threads =
                [0; 4].map(|_: u8| scope.spawn(|| std::ptr::from_ref(KEPT.get_or_make(|| 7)) as usize));
            threads.map(|thread| thread.join().expect("the thread ends"))
        });
        assert_eq!(made, [made[0]; 4]);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU32, Ordering};
    use loom::thread;

    use super::Kept;

    #[test]
    fn what_is_kept_is_whole_and_the_same_to_all() {
        loom::model(|| {
            let kept = Arc::new(Kept::new());
            let make = |number| {
                let value = AtomicU32::new(0);
                value.store(number, Ordering::Relaxed);
                value
            };
            let other = Arc::clone(&kept);
            let theirs = thread::spawn(move || other.get_or_make(|| make(1)).load(Ordering::Relaxed));
            let ours = kept.get_or_make(|| make(2)).load(Ordering::Relaxed);
            assert!(ours != 0 && ours == theirs.join().unwrap());
        });
    }
}
