//! What generated code names where telemetry is off: it is type-checked, and never runs.

use std::marker::PhantomData;

use spanwright_core::slots::value::Value;

use crate::attribute::{Attribute, Redaction};
use crate::metric::CallMetrics;
use crate::record::{Record, RecordAs, RecordDebug, RecordDisplay, Textual};

/// Takes the fields of a call that nobody observes. Its lifetimes are those that it has with telemetry.
#[derive(Debug)]
pub struct Fields<'f, 'w>(PhantomData<(&'f (), &'w ())>);

impl Fields<'_, '_> {
    /// Records a typed value.
    pub fn value<T: Record + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Debug` says.
    pub fn debug<T: RecordDebug + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records what a value's `Display` says.
    pub fn display<T: RecordDisplay + ?Sized>(&mut self, _: usize, _: &T) {}

    /// Records a typed value of an attribute.
    pub fn attribute<T: ?Sized, V: RecordAs<T> + ?Sized>(&mut self, _: usize, _: &Attribute<T>, _: &V) {}

    /// Records what a value's `Debug` says.
    pub fn attribute_debug<T: Textual + ?Sized, V: RecordDebug + ?Sized>(
        &mut self,
        _: usize,
        _: &Attribute<T>,
        _: &V,
    ) {
    }

    /// Records what a value's `Display` says.
    pub fn attribute_display<T: Textual + ?Sized, V: RecordDisplay + ?Sized>(
        &mut self,
        _: usize,
        _: &Attribute<T>,
        _: &V,
    ) {
    }

    /// Records what may be shown of a typed value.
    pub(crate) fn redacted(&mut self, _: usize, _: Redaction, _: impl FnOnce(&mut dyn FnMut(Value<'_>))) {}
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

/// What stands for no fields.
pub const fn unrecorded(_: &mut Fields<'_, '_>) {}

/// What stands for no labels.
#[must_use]
pub const fn unlabelled() -> u32 {
    0
}

/// A call that nobody observes.
#[derive(Debug)]
pub struct Beginning(());

/// The report of a call that nobody observes.
#[derive(Debug)]
pub struct Unreported(());

/// Takes what leads to metrics, and the labels.
pub fn report_to<T: CallMetrics<L>, L>(_: T, _: Beginning, _: impl FnOnce() -> L) -> Unreported {
    Unreported(())
}

/// Takes a place with metrics in it, and the labels.
pub fn report_at<T: CallMetrics<L>, L>(_: &T, _: Beginning, _: impl FnOnce() -> L) -> Unreported {
    Unreported(())
}

/// Takes the report of a call, which is not made.
pub fn unreported(_: impl FnOnce(Beginning) -> Unreported) {}

/// Nothing, and not a `const fn`: nobody shall be told to make a function `const` that `#[instrument]` could not observe.
#[allow(clippy::missing_const_for_fn)]
#[inline(always)]
pub fn bare() {}

/// Whether the process has its telemetry now: never, since it is not compiled in. For libraries that would prepare what only
/// telemetry shows:
///
/// ```
/// fn summary() -> Option<String> {
///     spanwright::is_installed().then(|| "what costs something".to_owned())
/// }
/// # assert_eq!(summary(), None);
/// ```
#[allow(clippy::missing_const_for_fn, reason = "with telemetry it is none")]
#[inline(always)]
#[must_use]
pub fn is_installed() -> bool {
    false
}
