//! What generated code names where telemetry is off: it is type-checked, and never runs.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use spanwright_core::slots::value::{FieldWriter, Value};

use crate::attribute::{Attribute, Redaction};
use crate::enabled::Enabled;
use crate::metric::CallMetrics;
use crate::parent::{Causes, Parent};
use crate::record::{Record, RecordAs, RecordDebug, RecordDisplay, Textual};
use crate::tracer::{Ended, SpanRecorder};

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

    /// Records the spans that this one follows from.
    pub fn follows_from<How>(&mut self, _: impl Causes<How>) {}

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

/// Takes what would have been decided of a call.
#[derive(Debug)]
pub struct Unswitched(());

/// A call that nobody observes.
pub fn unswitched() -> Unswitched {
    Unswitched(())
}

impl Unswitched {
    /// For a call that is switched by itself.
    #[must_use]
    pub fn switched(self) -> Self {
        self
    }

    /// The same for one that reports into metrics of the user's own.
    #[must_use]
    pub fn switched_with_report(self) -> Self {
        self
    }

    /// Takes what is enabled.
    #[must_use]
    pub fn when(self, _: impl FnOnce() -> Enabled) -> Self {
        self
    }

    /// The call follows from others.
    #[must_use]
    pub fn linked(self) -> Self {
        self
    }

    /// Takes a parent.
    #[must_use]
    pub fn under(self, _: impl FnOnce() -> Parent) -> Self {
        self
    }
}

/// Nothing, and not a `const fn`: nobody shall be told to make a function `const` that `#[instrument]` could not observe.
#[allow(clippy::missing_const_for_fn)]
#[inline(always)]
pub fn bare() {}

/// A tracer that opens nothing.
#[derive(Clone, Debug)]
pub struct TracerState(());

#[allow(clippy::unused_self, clippy::missing_const_for_fn, reason = "with telemetry they do, and are not")]
impl TracerState {
    pub(crate) const fn new(_: &'static str) -> Self {
        Self(())
    }

    pub(crate) fn owned(_: String) -> Self {
        Self(())
    }

    pub(crate) fn switch(&self, _: bool) {}

    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn is_enabled(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn open(&self, _: &dyn fmt::Display) -> Block {
        Block(())
    }
}

/// A block that runs as it is.
#[derive(Debug)]
pub struct Block(());

#[allow(clippy::unused_self, clippy::missing_const_for_fn, reason = "with telemetry they do, and are not")]
impl Block {
    #[inline(always)]
    pub(crate) fn handle(&self) -> SpanRecorder {
        SpanRecorder(BlockHandle(()))
    }

    #[inline(always)]
    pub(crate) fn run<R>(self, block: impl FnOnce() -> R, _: impl FnOnce(&R) -> Ended) -> R {
        block()
    }

    #[inline(always)]
    pub(crate) fn follow<F: Future>(self, future: F, _: impl Fn(&F::Output) -> Ended) -> F {
        future
    }
}

/// Leads to no span.
#[derive(Clone, Copy, Debug)]
pub struct BlockHandle(());

#[allow(clippy::unused_self, clippy::missing_const_for_fn, reason = "with telemetry they do, and are not")]
impl BlockHandle {
    #[inline(always)]
    pub(crate) fn is_recording(self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn write(self, _: impl FnOnce(&mut FieldWriter<'_>)) {}
}

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
