//! Values of attributes that OpenTelemetry's conventions give a type.
//!
//! `#[instrument]` records by one of these methods where only the compiler knows the value's type. Each has one bound, whose
//! error is about the convention, so that a mistake is one error.

#[cfg(feature = "telemetry")]
use crate::call::Fields;
#[cfg(not(feature = "telemetry"))]
use crate::off::Fields;
use crate::record::{Record, RecordAs};

impl Fields<'_, '_> {
    /// Records a boolean.
    #[inline]
    pub fn boolean<T: Boolean + ?Sized>(&mut self, index: usize, value: &T) {
        self.value(index, value);
    }

    /// Records an integer.
    #[inline]
    pub fn integer<T: Integer + ?Sized>(&mut self, index: usize, value: &T) {
        self.value(index, value);
    }

    /// Records a floating-point number, or an integer, which is one.
    #[inline]
    pub fn number<T: Number + ?Sized>(&mut self, index: usize, value: &T) {
        self.value(index, value);
    }

    /// Records text.
    #[inline]
    pub fn text<T: Text + ?Sized>(&mut self, index: usize, value: &T) {
        self.value(index, value);
    }
}

/// What is a boolean.
#[diagnostic::on_unimplemented(
    message = "OpenTelemetry's conventions keep this name for a boolean, and this is a `{Self}`",
    label = "not a boolean",
    note = "record a boolean, or write `semconv = false`"
)]
pub trait Boolean: Record {}

/// What is an integer.
#[diagnostic::on_unimplemented(
    message = "OpenTelemetry's conventions keep this name for an integer, and this is a `{Self}`",
    label = "not an integer",
    note = "record an integer, or write `semconv = false`"
)]
pub trait Integer: Record {}

/// What is a number.
#[diagnostic::on_unimplemented(
    message = "OpenTelemetry's conventions keep this name for a floating-point number, and this is a `{Self}`",
    label = "not a number",
    note = "record a number, or write `semconv = false`"
)]
pub trait Number: Record {}

/// What is text.
#[diagnostic::on_unimplemented(
    message = "OpenTelemetry's conventions keep this name for text, and this is a `{Self}`",
    label = "not text",
    note = "write `%…` to record it by `Display`, `?…` by `Debug`, or write `semconv = false`",
    note = "a `Secret` is never recorded: leave it out"
)]
pub trait Text: Record {}

#[diagnostic::do_not_recommend]
impl<T: RecordAs<bool> + ?Sized> Boolean for T {}
#[diagnostic::do_not_recommend]
impl<T: RecordAs<i64> + ?Sized> Integer for T {}
#[diagnostic::do_not_recommend]
impl<T: RecordAs<f64> + ?Sized> Number for T {}
#[diagnostic::do_not_recommend]
impl<T: RecordAs<str> + ?Sized> Text for T {}
