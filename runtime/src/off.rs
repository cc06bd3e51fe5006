//! What generated code names where telemetry is off: it is type-checked, and never runs.

use crate::record::{Record, RecordDebug, RecordDisplay};

/// Takes the fields of a call that nobody observes.
#[derive(Debug)]
pub struct Fields(());

impl Fields {
    /// Records a typed value.
    pub fn value<T: Record + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Debug` says.
    pub fn debug<T: RecordDebug + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Display` says.
    pub fn display<T: RecordDisplay + ?Sized>(&mut self, _: usize, _: &T) {}
}

/// Leads to a span that nobody records.
#[derive(Clone, Copy, Debug)]
pub struct SpanHandle(());

/// Would take the values of one `record!`.
#[derive(Debug)]
pub struct OpenSpan(());

impl SpanHandle {
    /// No span's handle.
    #[allow(clippy::missing_const_for_fn)]
    #[inline(always)]
    #[must_use]
    pub fn none() -> Self {
        Self(())
    }

    /// Never evaluates what it is given.
    #[inline(always)]
    pub fn record(self, _: impl FnOnce(OpenSpan)) {}
}

impl OpenSpan {
    /// Takes the values.
    pub fn write(self, _: impl FnOnce(&mut Fields)) {}
}

/// Takes what a call would have evaluated.
pub fn unread(_: impl FnOnce() -> u32, _: impl FnOnce(&mut Fields)) {}

/// Nothing, and not a `const fn`: nobody shall be told to make a function `const` that `#[instrument]` could not observe.
#[allow(clippy::missing_const_for_fn)]
#[inline(always)]
pub fn bare() {}

/// Whether the process has its telemetry now: never, since it is not compiled in.
#[must_use]
pub const fn is_installed() -> bool {
    false
}
