//! Labels at await points: with the recorder each notes its place, by which it is known later where a task waits. Without it they
//! are nothing.

/// What `#[instrument]` puts before `.await`, in the body of an asynchronous function. Of everything, so that what is no future is
/// the `.await`'s error.
pub trait AwaitPoint: Sized {
    /// Notes the place of the call, and gives back what it is called on.
    #[must_use]
    fn __spanwright_awaits(self) -> Self;
}

impl<T> AwaitPoint for T {
    #[inline(always)]
    #[track_caller]
    fn __spanwright_awaits(self) -> Self {
        await_point(self)
    }
}

/// What it puts around a variable that is awaited, and before macros that wait.
#[cfg_attr(
    not(feature = "recorder"),
    allow(clippy::missing_const_for_fn, reason = "with the recorder it is none")
)]
#[inline(always)]
#[track_caller]
pub fn await_point<T>(awaited: T) -> T {
    #[cfg(feature = "recorder")]
    spanwright_core::slots::reach(std::panic::Location::caller());
    awaited
}
