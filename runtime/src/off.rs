//! What generated code names where telemetry is off: it is type-checked, and never runs.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use crate::attribute::{Attribute, Redaction};
use crate::record::{Record, RecordAs, Textual};

/// Takes the fields of a call that nobody observes. Its lifetimes are those that it has with telemetry.
#[derive(Debug)]
pub struct Fields<'f, 'w>(PhantomData<(&'f (), &'w ())>);

impl Fields<'_, '_> {
    /// Records a typed value.
    pub fn value<T: Record + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Debug` says.
    pub fn debug<T: Debug + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Display` says.
    pub fn display<T: Display + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records a typed value of an attribute.
    pub fn attribute<T: ?Sized, V: RecordAs<T> + ?Sized>(&mut self, _: usize, _: &Attribute<T>, _: &V) {}

    /// Records what a value's `Debug` says.
    pub fn attribute_debug<T: Textual + ?Sized, V: Debug + ?Sized>(
        &mut self,
        _: usize,
        _: &Attribute<T>,
        _: &V,
    ) {
    }

    /// Records what a value's `Display` says.
    pub fn attribute_display<T: Textual + ?Sized, V: Display + ?Sized>(
        &mut self,
        _: usize,
        _: &Attribute<T>,
        _: &V,
    ) {
    }

    /// Records what may be shown of a typed value.
    pub(crate) fn redacted<V: Record + ?Sized>(&mut self, _: usize, _: Redaction, _: &V) {}
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
    pub fn write(self, _: impl FnOnce(&mut Fields<'_, '_>)) {}
}

/// Takes what a call would have evaluated.
pub fn unread(_: impl FnOnce() -> u32, _: impl FnOnce(&mut Fields<'_, '_>)) {}

/// Nothing, and not a `const fn`: nobody shall be told to make a function `const` that `#[instrument]` could not observe.
#[allow(clippy::missing_const_for_fn)]
#[inline(always)]
pub fn bare() {}

/// Whether the process has its telemetry now: never, since it is not compiled in.
#[must_use]
pub const fn is_installed() -> bool {
    false
}
