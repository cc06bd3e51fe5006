//! What is known of an attribute at compile time.

use std::fmt;
use std::panic::Location;

pub use spanwright_core::descriptor::{Redaction, ValueType};

/// The longest key, in bytes.
pub(super) const MAX_KEY: usize = 127;

/// An attribute without the type of its constant.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AttributeDescriptor {
    /// The key, as OpenTelemetry knows it.
    pub key: &'static str,
    /// The type of its values.
    pub value_type: ValueType,
    /// What it says, or nothing.
    pub help: &'static str,
    /// What is recorded of its values.
    pub redaction: Redaction,
    /// Where it is declared.
    pub place: &'static Location<'static>,
    pub(super) examples: Examples,
    label: Label,
}

/// A key as the name of a label.
#[derive(Clone, Copy)]
struct Label {
    bytes: [u8; MAX_KEY],
    length: u8,
}

/// Values that an attribute may have, as text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Examples {
    /// One of them.
    One(&'static str),
    /// So many.
    Some(&'static [&'static str]),
}

/// The types that an [`Attribute`](crate::Attribute) can have: `str`, `bool`, `i64` and `f64`. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of an attribute",
    label = "not a type of an attribute",
    note = "an attribute's type is `str`, `bool`, `i64` or `f64`; integers are recorded as `i64`, and all text as `str`"
)]
pub trait AttributeType: sealed::Sealed {
    /// The type as a value.
    #[doc(hidden)]
    const TYPE: ValueType;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! attribute_type {
    ($($type:ty: $value:ident),*) => {$(
        impl sealed::Sealed for $type {}
        #[diagnostic::do_not_recommend]
        impl AttributeType for $type {
            const TYPE: ValueType = ValueType::$value;
        }
    )*};
}

attribute_type!(str: Str, bool: Bool, i64: I64, f64: F64);

impl AttributeDescriptor {
    /// Panics where the key is none: in a constant, the compiler says where.
    #[track_caller]
    pub(super) const fn new(
        key: &'static str,
        value_type: ValueType,
        place: &'static Location<'static>,
    ) -> Self {
        check_key(key);
        let (help, redaction, examples) = ("", Redaction::Shown, Examples::Some(&[]));
        Self { key, value_type, help, redaction, place, examples, label: Label::of(key) }
    }

    /// The same attribute under another key.
    pub(super) const fn under(&self, key: &'static str) -> Self {
        Self { key, label: Label::of(key), ..*self }
    }

    /// From now on with this redaction, unless it has a stronger one.
    pub(super) const fn redact(&mut self, redaction: Redaction) {
        if redaction as u8 > self.redaction as u8 {
            self.redaction = redaction;
        }
    }

    /// The name of the Prometheus label that stands for it.
    #[must_use]
    pub const fn label(&self) -> &str {
        let (used, _) = self.label.bytes.split_at(self.label.length as usize);
        match std::str::from_utf8(used) {
            Ok(label) => label,
            // A key is ASCII.
            Err(_) => "",
        }
    }

    /// Values that it may have, as text.
    #[must_use]
    pub const fn examples(&self) -> &[&'static str] {
        match &self.examples {
            Examples::One(example) => std::slice::from_ref(example),
            Examples::Some(examples) => examples,
        }
    }
}

#[track_caller]
const fn check_key(key: &str) {
    let bytes = key.as_bytes();
    assert!(!bytes.is_empty(), "an attribute's key must not be empty");
    assert!(bytes.len() <= MAX_KEY, "an attribute's key has at most 127 characters");
    assert!(
        bytes[0].is_ascii_alphabetic() || bytes[0] == b'_',
        "an attribute's key begins with a letter or with `_`"
    );
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'.' {
            let is_between = at + 1 < bytes.len() && bytes[at + 1] != b'.';
            assert!(is_between, "a name follows each dot in an attribute's key");
        } else {
            assert!(
                byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
                "an attribute's key has letters, digits, `_`, `-` and dots"
            );
        }
        at += 1;
    }
}

impl Label {
    /// Input: `shop.tenant-id`; output: `shop_tenant_id`.
    const fn of(key: &str) -> Self {
        let key = key.as_bytes();
        let mut bytes = [0; MAX_KEY];
        let mut at = 0;
        while at < key.len() {
            bytes[at] = if matches!(key[at], b'.' | b'-') { b'_' } else { key[at] };
            at += 1;
        }
        Self { bytes, length: at as u8 }
    }
}

impl fmt::Debug for AttributeDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributeDescriptor")
            .field("key", &self.key)
            .field("value_type", &self.value_type)
            .field("help", &self.help)
            .field("redaction", &self.redaction)
            .field("examples", &self.examples())
            .finish_non_exhaustive()
    }
}
