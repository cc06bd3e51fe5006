//! What can be recorded as a field.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use spanwright_core::slots::value::Value;

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

mod sealed {
    pub trait Sealed {}
}

macro_rules! record {
    ($($type:ty: |$value:ident| $as_value:expr;)*) => {$(
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
    bool: |value| Value::Bool(*value);
    i8: |value| Value::I64((*value).into());
    i16: |value| Value::I64((*value).into());
    i32: |value| Value::I64((*value).into());
    i64: |value| Value::I64(*value);
    isize: |value| Value::I64(*value as i64);
    i128: |value| i64::try_from(*value).map_or(Value::Str(&value.to_string()), Value::I64);
    u8: |value| Value::U64((*value).into());
    u16: |value| Value::U64((*value).into());
    u32: |value| Value::U64((*value).into());
    u64: |value| Value::U64(*value);
    usize: |value| Value::U64(*value as u64);
    u128: |value| u64::try_from(*value).map_or(Value::Str(&value.to_string()), Value::U64);
    f32: |value| Value::F64((*value).into());
    f64: |value| Value::F64(*value);
    str: |value| Value::Str(value);
    String: |value| Value::Str(value);
    Cow<'_, str>: |value| Value::Str(value);
    char: |value| Value::Str(value.encode_utf8(&mut [0; 4]));
    fmt::Arguments<'_>: |value| Value::Str(&value.to_string());
}

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
