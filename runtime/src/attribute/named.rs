//! What stands in braces for a field's name: an attribute, or a constant text that is its key.
//!
//! Traits have no constant functions, so the two have methods of the same names. What has neither is no name.

use super::{Attribute, Declared, Redaction};
#[cfg(feature = "telemetry")]
use crate::call::Fields;
#[cfg(not(feature = "telemetry"))]
use crate::off::Fields;
use crate::record::{Record, RecordAs, RecordDebug, RecordDisplay, Textual};

/// What stands in braces for a field's name.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't be a field's name",
    label = "neither an `Attribute` nor a text",
    note = "braces hold a constant `Attribute`, or a constant `&str` that is a key"
)]
pub trait FieldName {
    /// What records by it.
    type Named<'c>
    where
        Self: 'c;

    /// It, ready to record.
    fn named(&self) -> Self::Named<'_>;
}

/// What records by a constant. A function, so that what is no name is one error.
#[inline]
pub fn named<C: FieldName>(constant: &C) -> C::Named<'_> {
    constant.named()
}

/// The key that a constant stands for, from its bytes: a method that texts and attributes both have.
#[must_use]
pub const fn key_of(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(key) => key,
        // They are those of a text.
        Err(_) => "",
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> FieldName for Attribute<T> {
    type Named<'c>
        = Named<'c, Self>
    where
        Self: 'c;

    #[inline]
    fn named(&self) -> Named<'_, Self> {
        Named(self)
    }
}

#[diagnostic::do_not_recommend]
impl FieldName for &'static str {
    type Named<'c> = Named<'c, Self>;

    #[inline]
    fn named(&self) -> Named<'_, Self> {
        Named(self)
    }
}

/// A constant as a field's name.
#[derive(Debug)]
pub struct Named<'c, C>(pub &'c C);

impl<T: ?Sized> Named<'_, Attribute<T>> {
    /// The field as it is declared.
    #[must_use]
    pub const fn declared(self) -> Declared {
        Declared::attribute(self.0.descriptor())
    }

    /// Whether values are recorded as they are.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        matches!(self.0.redaction(), Redaction::Shown)
    }

    /// Records a typed value.
    #[inline]
    pub fn value<V: RecordAs<T> + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>) {
        fields.attribute(index, self.0, value);
    }

    /// Records what a value's `Debug` says.
    pub fn debug<V: RecordDebug + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>)
    where
        T: Textual,
    {
        fields.attribute_debug(index, self.0, value);
    }

    /// Records what a value's `Display` says.
    pub fn display<V: RecordDisplay + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>)
    where
        T: Textual,
    {
        fields.attribute_display(index, self.0, value);
    }
}

/// A key alone, as other crates have them: its values may be of any type, and are shown.
impl Named<'_, &'static str> {
    /// The field as it is declared.
    #[must_use]
    pub const fn declared(self) -> Declared {
        Declared::text(self.0)
    }

    /// Whether values are recorded as they are.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        true
    }

    /// Records a typed value.
    #[inline]
    pub fn value<V: Record + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>) {
        fields.value(index, value);
    }

    /// Records what a value's `Debug` says.
    pub fn debug<V: RecordDebug + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>) {
        fields.debug(index, value);
    }

    /// Records what a value's `Display` says.
    pub fn display<V: RecordDisplay + ?Sized>(self, value: &V, index: usize, fields: &mut Fields<'_, '_>) {
        fields.display(index, value);
    }
}
