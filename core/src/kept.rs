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
        let (null, own) = (std::ptr::null_mut(), std::ptr::from_ref(value).cast_mut());
        match self.value.compare_exchange(null, own, Ordering::Release, Ordering::Acquire) {
            Ok(_) => value,
            Err(_) => self.get().unwrap_or(value),
        }
    }

    /// The value, made now where there is none. Where threads meet, each may make one; the first is kept, and the others
    /// are for nobody.
    #[inline]
    pub fn get_or_make(&self, make: impl FnOnce() -> T) -> &'static T {
        match self.get() {
            Some(value) => value,
            None => self.keep(Box::leak(Box::new(make()))),
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
        let kept = Kept::new();
        assert_eq!(kept.get(), None::<&u32>);
        assert_eq!(*kept.get_or_make(|| 1), 1);
        assert_eq!(*kept.get_or_make(|| 2), 1);
        assert_eq!(*kept.keep(&3), 1);
        assert_eq!(kept.get(), Some(&1));
    }

    #[test]
    fn threads_that_meet_get_the_same_value() {
        let kept = Kept::new();
        let made = std::thread::scope(|scope| {
            let threads =
                [0_u32; 4].map(|_| scope.spawn(|| std::ptr::from_ref(kept.get_or_make(|| 7)) as usize));
            threads.map(|thread| thread.join().expect("the thread ends"))
        });
        assert_eq!(made, [made[0]; 4]);
    }
}
