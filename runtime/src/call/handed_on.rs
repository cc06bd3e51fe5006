//! What a function hands on to its caller, to run or to be read after the function's span: a [`Probe`] warns of it.

use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;
use spanwright_core::slots::Outcome;

use super::outcome::{Probe, Verdict};

/// A future that a function hands on by a type of its own, which can't be followed as it is.
pub trait NamedHandedOn<'r> {
    /// `ok`.
    #[deprecated(
        note = "the span ends when the function returns, before this future has run: to follow it, return it as `impl Future<Output = …>` and write `#[instrument(future)]`; where it stands for a task that runs by itself, write `#[allow(deprecated)]`"
    )]
    fn outcome(&self) -> Verdict<'r>;
}

impl<'r, F: Future> NamedHandedOn<'r> for &Probe<'r, F> {
    #[inline]
    fn outcome(&self) -> Verdict<'r> {
        Verdict::of(Outcome::Ok)
    }
}

/// A boxed future that a function hands on, behind a name that does not say so: the span would end before it runs.
pub trait FutureHandedOn<'r> {
    /// `ok`.
    #[deprecated(
        note = "the span ends before this future runs: write `#[instrument(future)]`, which follows it"
    )]
    fn outcome(&self) -> Verdict<'r>;
}

/// The same of a stream.
pub trait StreamHandedOn<'r> {
    /// `ok`.
    #[deprecated(
        note = "the span ends before this stream is read: write `#[instrument(stream)]`, which follows it"
    )]
    fn outcome(&self) -> Verdict<'r>;
}

macro_rules! handed_on {
    ($($as:ident $kind:ident $yields:ident [$($auto:tt)*])*) => {$(
        impl<'r, T> $as<'r> for Probe<'r, Pin<Box<dyn $kind<$yields = T> $($auto)* + '_>>> {
            #[inline]
            fn outcome(&self) -> Verdict<'r> {
                Verdict::of(Outcome::Ok)
            }
        }

        impl<'r, T> $as<'r> for Probe<'r, Box<dyn $kind<$yields = T> + Unpin $($auto)* + '_>> {
            #[inline]
            fn outcome(&self) -> Verdict<'r> {
                Verdict::of(Outcome::Ok)
            }
        }
    )*};
}

handed_on! {
    FutureHandedOn Future Output []
    FutureHandedOn Future Output [+ Send]
    FutureHandedOn Future Output [+ Sync]
    FutureHandedOn Future Output [+ Send + Sync]
    StreamHandedOn Stream Item []
    StreamHandedOn Stream Item [+ Send]
    StreamHandedOn Stream Item [+ Sync]
    StreamHandedOn Stream Item [+ Send + Sync]
}
