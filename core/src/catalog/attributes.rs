//! Attributes.

use std::panic::Location;

use super::table::{choice, list, table};
use super::values::{text, texts};
use super::{Input, Sink};
use crate::descriptor::{self, AttributeDescriptor, Redaction, ValueType};

table! {
    /// What was read of an [`AttributeDescriptor`], which says what the fields are.
    of_attribute: AttributeDescriptor => Attribute {
        /// The key.
        key: text,
        /// The type of its values.
        value_type: value_type,
        /// What it says, or nothing.
        help: text,
        /// What is recorded of its values.
        redaction: redaction,
        /// The source file, and the line in it.
        place: place,
        /// Values that it may have.
        examples: examples,
    }
}

list!(all: [&AttributeDescriptor] of of_attribute, by);

pub(super) use all::{read, write};

choice!(value_type: ValueType { Str = 0, Bool = 1, I64 = 2, F64 = 3 });
choice!(redaction: Redaction { Shown = 0, Masked = 1, Hashed = 2, Dropped = 3 });

mod place {
    use super::{Input, Location, Sink};

    pub(crate) type Read<'b> = (&'b str, u32);

    pub(crate) const fn write(value: &Location<'_>, sink: &mut Sink<'_>) {
        sink.text(value.file());
        sink.number(value.line() as u64);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        Some((input.text()?, input.number()?.try_into().ok()?))
    }
}

mod examples {
    pub(crate) use super::texts::{Read, read};
    use super::{Sink, descriptor, texts};

    pub(crate) const fn write(value: descriptor::Examples, sink: &mut Sink<'_>) {
        match value {
            descriptor::Examples::One(example) => texts::write(&[example], sink),
            descriptor::Examples::Some(examples) => texts::write(examples, sink),
        }
    }
}
