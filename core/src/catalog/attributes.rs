//! Attributes.

use super::table::{choice, list, table};
use super::values::{number, text, texts};
use super::{Input, Sink};
use crate::descriptor::{self, Redaction, ValueType};

table! {
    /// What was read of a [`descriptor::Attribute`], which says what the fields are.
    one: descriptor::Attribute => Attribute {
        /// The key.
        key: text,
        /// The type of its values.
        value_type: value_type,
        /// What it says, or nothing.
        help: text,
        /// Values that it may have.
        examples: texts,
        /// What is recorded of its values.
        redaction: redaction,
        /// The source file.
        file: text,
        /// The line in it.
        line: number,
    }
}

choice!(value_type: ValueType { Str = 0, Bool = 1, I64 = 2, F64 = 3 });
choice!(redaction: Redaction { Shown = 0, Masked = 1, Hashed = 2, Dropped = 3 });

list!(all: [descriptor::Attribute] of one, by &);

pub(super) use all::{read, write};
