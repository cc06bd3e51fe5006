//! Events of one's own.

use spanwright_core::events::{FieldValue, UserSpec, UserWriter};
use spanwright_core::slots::value::Value;

use crate::record::{Record, RecordDebug, RecordDisplay};

/// An event of one's own in a recording. Implemented by [`#[derive(Event)]`](derive@crate::Event).
pub trait Event {
    /// What is known of its type.
    #[doc(hidden)]
    const SPEC: &'static UserSpec;

    /// Hands over its values, in the order of the fields.
    #[doc(hidden)]
    fn write(&self, values: &mut UserWriter);

    /// Records it now, with the thread, the task and the span that are current. While nothing is recorded, and without the feature
    /// `recorder`, no value is looked at.
    #[inline]
    fn emit(&self) {
        #[cfg(feature = "recorder")]
        spanwright_core::events::user(Self::SPEC, |values| self.write(values));
    }
}

/// Hands over a value as it is.
pub fn event_value<T: Record + ?Sized>(values: &mut UserWriter, value: &T) {
    let mut written = false;
    value.record(&mut |value| {
        // One value for each field, whatever it is made of.
        if !std::mem::replace(&mut written, true) {
            values.push(match value {
                Value::Bool(value) => FieldValue::Bool(value),
                Value::I64(value) => FieldValue::I64(value),
                Value::U64(value) => FieldValue::U64(value),
                Value::F64(value) => FieldValue::F64(value),
                Value::Str(text) => FieldValue::Str(text),
                Value::Link(..) => FieldValue::None,
            });
        }
    });
    if !written {
        values.push(FieldValue::None);
    }
}

/// Hands over what a value's `Display` says.
pub fn event_display<T: RecordDisplay + ?Sized>(values: &mut UserWriter, value: &T) {
    values.push_fmt(format_args!("{value}"));
}

/// Hands over what a value's `Debug` says.
pub fn event_debug<T: RecordDebug + ?Sized>(values: &mut UserWriter, value: &T) {
    values.push_fmt(format_args!("{value:?}"));
}
