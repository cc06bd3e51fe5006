//! Where field values go: into the span's slot, and to the `tracing` span beside it. Each expression is evaluated once.

use std::fmt;

use spanwright_core::slots::value::{FieldWriter, Value, index};

use super::shadow::Captured;
use crate::attribute::{Attribute, Left, Redaction, left, left_of_debug};
use crate::parent::Causes;
use crate::record::{Record, RecordAs, RecordDebug, RecordDisplay, Textual};

/// Takes the fields of a call that is being opened.
#[derive(Debug)]
pub struct Fields<'f, 'w> {
    direct: Option<&'f mut FieldWriter<'w>>,
    shadow: Option<&'f mut Captured>,
}

/// The recording of a call without fields. One function for all of them: closures would each be compiled.
#[inline(always)]
pub const fn unrecorded(_: &mut Fields<'_, '_>) {}

/// The combination of the labels of a call without any.
#[inline(always)]
#[must_use]
pub const fn unlabelled() -> u32 {
    0
}

impl<'f, 'w> Fields<'f, 'w> {
    #[inline]
    pub(super) fn new(direct: Option<&'f mut FieldWriter<'w>>, shadow: Option<&'f mut Captured>) -> Self {
        Self { direct, shadow }
    }

    /// Records a typed value.
    #[inline]
    pub fn value<T: Record + ?Sized>(&mut self, index: usize, value: &T) {
        value.record(&mut |value| self.push(index, value));
    }

    /// Records what a value's `Debug` says.
    pub fn debug<T: RecordDebug + ?Sized>(&mut self, index: usize, value: &T) {
        self.push_fmt(index, format_args!("{value:?}"));
    }

    /// Records what a value's `Display` says.
    pub fn display<T: RecordDisplay + ?Sized>(&mut self, index: usize, value: &T) {
        self.push_fmt(index, format_args!("{value}"));
    }

    /// Records a typed value of an attribute, as the attribute lets it be shown.
    #[inline]
    pub fn attribute<T: ?Sized, V: RecordAs<T> + ?Sized>(
        &mut self,
        index: usize,
        attribute: &Attribute<T>,
        value: &V,
    ) {
        self.redacted(index, attribute.redaction(), |field| value.record_typed(field));
    }

    /// Records what may be shown of the value that `record` hands over.
    #[inline]
    pub(crate) fn redacted(
        &mut self,
        index: usize,
        redaction: Redaction,
        record: impl FnOnce(&mut dyn FnMut(Value<'_>)),
    ) {
        match redaction {
            Redaction::Shown => record(&mut |value| self.push(index, value)),
            Redaction::Dropped => {}
            redaction => record(&mut |value| {
                // Only text has any other redaction.
                if let Value::Str(text) = value {
                    self.push_left(index, left(redaction, text));
                }
            }),
        }
    }

    /// Records what a value's `Debug` says, as the attribute lets it be shown.
    pub fn attribute_debug<T: Textual + ?Sized, V: RecordDebug + ?Sized>(
        &mut self,
        index: usize,
        attribute: &Attribute<T>,
        value: &V,
    ) {
        match attribute.redaction() {
            Redaction::Shown => self.push_fmt(index, format_args!("{value:?}")),
            Redaction::Dropped => {}
            redaction => self.push_left(index, left_of_debug(redaction, &format!("{value:?}"))),
        }
    }

    /// Records what a value's `Display` says, as the attribute lets it be shown.
    pub fn attribute_display<T: Textual + ?Sized, V: RecordDisplay + ?Sized>(
        &mut self,
        index: usize,
        attribute: &Attribute<T>,
        value: &V,
    ) {
        match attribute.redaction() {
            Redaction::Shown => self.push_fmt(index, format_args!("{value}")),
            Redaction::Dropped => {}
            redaction => self.push_left(index, left(redaction, &format!("{value}"))),
        }
    }

    /// Records the spans that this one follows from.
    #[cold]
    pub fn follows_from<How>(&mut self, causes: impl Causes<How>) {
        causes.each(|cause| {
            if let Some(context) = cause.context().filter(|context| context.span_id.is_some()) {
                self.push(index::LINK.into(), Value::Link(context.trace_id, context.span_id));
            }
            if let Some(shadow) = &mut self.shadow {
                shadow.causes.push(cause);
            }
        });
    }

    /// Records the span's own name.
    pub(super) fn named(&mut self, name: fmt::Arguments<'_>) {
        self.push_fmt(index::NAME.into(), name);
    }

    /// Records a scope that its callsite does not know.
    pub(super) fn scoped(&mut self, scope: &str) {
        self.push(index::SCOPE.into(), Value::Str(scope));
    }

    #[cold]
    fn push_left(&mut self, index: usize, left: Option<Left>) {
        if let Some(left) = left {
            self.push(index, Value::Str(left.as_str()));
        }
    }

    #[inline]
    fn push(&mut self, index: usize, value: Value<'_>) {
        if let Some(direct) = &mut self.direct {
            direct.push(index as u16, value);
        }
        if let Some(shadow) = &mut self.shadow {
            shadow.push(index, value);
        }
    }

    fn push_fmt(&mut self, index: usize, text: fmt::Arguments<'_>) {
        match &mut self.shadow {
            // Formatted once for both.
            Some(shadow) => {
                let text = text.to_string();
                if let Some(direct) = &mut self.direct {
                    direct.push(index as u16, Value::Str(&text));
                }
                shadow.push_formatted(index, text);
            }
            None => {
                if let Some(direct) = &mut self.direct {
                    direct.push_fmt(index as u16, text);
                }
            }
        }
    }
}
