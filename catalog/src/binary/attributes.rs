//! Attributes.

use spanwright_core::catalog::Attribute;
use spanwright_core::descriptor::{self, ValueType};

use super::spans::owned;
use crate::{Place, Redaction};

/// An attribute, as the catalogue has it.
pub(super) fn attribute(attribute: &Attribute<'_>) -> crate::Attribute {
    crate::Attribute {
        key: attribute.key.to_owned(),
        value_type: match attribute.value_type {
            ValueType::Bool => "boolean",
            ValueType::I64 => "int",
            ValueType::F64 => "double",
            _ => "string",
        }
        .to_owned(),
        help: attribute.help.to_owned(),
        examples: owned(&attribute.examples),
        redaction: match attribute.redaction {
            descriptor::Redaction::Shown => Redaction::Shown,
            descriptor::Redaction::Hashed => Redaction::Hashed,
            descriptor::Redaction::Masked => Redaction::Masked,
            _ => Redaction::Dropped,
        },
        place: Place { module: String::new(), file: attribute.place.0.to_owned(), line: attribute.place.1 },
    }
}

/// By what attributes are sorted.
pub(super) fn order(attribute: &crate::Attribute) -> (&str, &str, u32) {
    (&attribute.key, &attribute.place.file, attribute.place.line)
}
