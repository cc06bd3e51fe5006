//! What can be recorded as a field.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use spanwright_core::slots::value::Value;

use crate::__private::Fields;
use crate::attribute::{Attribute, AttributeType};

/// A value that can be recorded as a field of a span, typed.
///
/// It is sealed: booleans, numbers, text, and references, boxes and options of those. Other types are recorded by
/// `Display` (`%value`) or `Debug` (`?value`). [`Secret`](crate::Secret) is none of them, on purpose.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded as it is",
    label = "neither a boolean, a number nor text",
    note = "write `%…` to record it by `Display`, or `?…` by `Debug`",
    note = "a `Secret` is never recorded, however it is written: leave it out"
)]
pub trait Record: sealed::Sealed {
    /// Hands the value to `field`; nothing for "no value".
    #[doc(hidden)]
    fn record(&self, field: &mut dyn FnMut(Value<'_>));
}

/// A value that can be recorded as an [`Attribute<T>`](crate::Attribute): text as `str`, integers as `i64`, numbers as `f64`,
/// integers among them, booleans as `bool`; and references, boxes and options of those. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded as an attribute of type `{T}`",
    label = "not a value of this attribute",
    note = "an `Attribute<str>` takes text, an `Attribute<i64>` integers, an `Attribute<f64>` numbers, an `Attribute<bool>` booleans",
    note = "as text, anything is recorded by `%…` (`Display`) or `?…` (`Debug`); a `Secret` is never recorded"
)]
pub trait RecordAs<T: ?Sized>: Record {
    /// Hands the value to `field` as a `T`; nothing for "no value".
    #[doc(hidden)]
    #[inline]
    fn record_typed(&self, field: &mut dyn FnMut(Value<'_>)) {
        self.record(field);
    }
}

/// What a type of values is as an attribute's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded as it is",
    label = "neither a boolean, a number nor text",
    note = "add `#[attribute(display)]` to record it by `Display`, or `#[attribute(debug)]` by `Debug`",
    note = "a `Secret` is never recorded: add `#[attribute(skip)]`"
)]
pub trait AttributeValue: Record {
    /// The attribute's type.
    type As: AttributeType + ?Sized;

    /// Records the value at the place `index` of the span's fields.
    #[inline]
    fn record_as(&self, index: usize, attribute: &Attribute<Self::As>, fields: &mut Fields<'_, '_>) {
        fields.redacted(index, attribute.redaction(), |field| self.record(field));
    }
}

/// The type of an attribute that `%value` and `?value` are recorded as.
#[diagnostic::on_unimplemented(
    message = "an attribute of type `{Self}` takes no text",
    label = "this is no `Attribute<str>`",
    note = "leave out the sign, `%` or `?`, to record the value as it is"
)]
pub trait Textual {}

#[diagnostic::do_not_recommend]
impl Textual for str {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! record {
    ($($type:ty as $as:ty: |$value:ident| $as_value:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl RecordAs<$as> for $type {}
        #[diagnostic::do_not_recommend]
        impl AttributeValue for $type {
            type As = $as;
        }
        impl sealed::Sealed for $type {}
        #[diagnostic::do_not_recommend]
        impl Record for $type {
            #[inline]
            fn record(&self, field: &mut dyn FnMut(Value<'_>)) {
                let $value = self;
                field($as_value);
            }
        }
    )*};
}

record! {
    bool as bool: |value| Value::Bool(*value);
    i8 as i64: |value| Value::I64((*value).into());
    i16 as i64: |value| Value::I64((*value).into());
    i32 as i64: |value| Value::I64((*value).into());
    i64 as i64: |value| Value::I64(*value);
    isize as i64: |value| Value::I64(*value as i64);
    i128 as i64: |value| i64::try_from(*value).map_or(Value::Str(&value.to_string()), Value::I64);
    u8 as i64: |value| Value::U64((*value).into());
    u16 as i64: |value| Value::U64((*value).into());
    u32 as i64: |value| Value::U64((*value).into());
    u64 as i64: |value| Value::U64(*value);
    usize as i64: |value| Value::U64(*value as u64);
    u128 as i64: |value| u64::try_from(*value).map_or(Value::Str(&value.to_string()), Value::U64);
    f32 as f64: |value| Value::F64((*value).into());
    f64 as f64: |value| Value::F64(*value);
    str as str: |value| Value::Str(value);
    String as str: |value| Value::Str(value);
    Cow<'_, str> as str: |value| Value::Str(value);
    char as str: |value| Value::Str(value.encode_utf8(&mut [0; 4]));
    fmt::Arguments<'_> as str: |value| Value::Str(&value.to_string());
}

/// An integer is a number too: the nearest one of 64 bits.
macro_rules! record_integers_as_numbers {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl RecordAs<f64> for $type {
            #[inline]
            fn record_typed(&self, field: &mut dyn FnMut(Value<'_>)) {
                field(Value::F64(*self as f64));
            }
        }
    )*};
}

record_integers_as_numbers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! record_through {
    ($($type:ty),*) => {$(
        impl<T: Record + ?Sized> sealed::Sealed for $type {}
        #[diagnostic::do_not_recommend]
        impl<T: Record + ?Sized> Record for $type {
            #[inline]
            fn record(&self, field: &mut dyn FnMut(Value<'_>)) {
                (**self).record(field);
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: RecordAs<A> + ?Sized, A: ?Sized> RecordAs<A> for $type {
            #[inline]
            fn record_typed(&self, field: &mut dyn FnMut(Value<'_>)) {
                (**self).record_typed(field);
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: AttributeValue + ?Sized> AttributeValue for $type {
            type As = T::As;
        }
    )*};
}

record_through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Record> sealed::Sealed for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: Record> Record for Option<T> {
    #[inline]
    fn record(&self, field: &mut dyn FnMut(Value<'_>)) {
        if let Some(value) = self {
            value.record(field);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: RecordAs<A>, A: ?Sized> RecordAs<A> for Option<T> {
    #[inline]
    fn record_typed(&self, field: &mut dyn FnMut(Value<'_>)) {
        if let Some(value) = self {
            value.record_typed(field);
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: AttributeValue> AttributeValue for Option<T> {
    type As = T::As;
}
/// What `?value` records.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded by `Debug`",
    label = "it, or something in it, has no `Debug`",
    note = "a `Secret` is never recorded, however it is written: leave it out",
    note = "another type can derive `Debug`, or be recorded by `Display`: `%…`"
)]
pub trait RecordDebug: fmt::Debug {}

#[diagnostic::do_not_recommend]
impl<T: fmt::Debug + ?Sized> RecordDebug for T {}

/// What `%value` records.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded by `Display`",
    label = "it has no `Display`",
    note = "a `Secret` is never recorded, however it is written: leave it out",
    note = "another type can implement `Display`, or be recorded by `Debug`: `?…`"
)]
pub trait RecordDisplay: fmt::Display {}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> RecordDisplay for T {}
