//! What is known of an attribute at compile time.

use std::fmt;
use std::panic::Location;

/// The longest key, in bytes.
pub const MAX_KEY: usize = 127;

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
    #[doc(hidden)]
    pub examples: Examples,
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
pub enum Examples {
    /// One of them.
    One(&'static str),
    /// So many.
    Some(&'static [&'static str]),
}

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueType {
    /// Text.
    Str,
    /// `true` or `false`.
    Bool,
    /// Integers: those of 64 bits with a sign. A larger one, such as `u64::MAX`, is recorded as text, since OpenTelemetry has
    /// no type for it.
    I64,
    /// Floating-point numbers of 64 bits, and integers as the nearest of them.
    F64,
}

/// What is recorded of an attribute's values, wherever they are recorded by its constant or its struct. The weakest is first:
/// what asks for two has the stronger one.
///
/// What is recorded in any other way is not redacted, since it never gets to the attribute: by the key as a text, as in
/// `tracing::Span::current().record("shop.iban", iban)`, or through another crate's interface, such as an event's field or a
/// `KeyValue` of OpenTelemetry's. `Attribute::redacted` is for those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Redaction {
    /// The value.
    Shown,
    /// Eight stars, and the last four characters of a text that has at least twelve. Of what a value's `Debug` says (`?value`),
    /// the stars alone, since its end may be any part of the value.
    Masked,
    /// A text's HMAC-SHA256, cut to 16 hexadecimal digits, so that equal values can be told to be equal and nothing else.
    /// Its key is a random one of the process, unless one is configured, so that programs agree.
    Hashed,
    /// Nothing.
    Dropped,
}

impl AttributeDescriptor {
    /// Without help and examples.
    ///
    /// # Panics
    /// Where the key is none: in a constant, the compiler says where.
    #[track_caller]
    #[doc(hidden)]
    #[must_use]
    pub const fn new(key: &'static str, value_type: ValueType, place: &'static Location<'static>) -> Self {
        check_key(key);
        let (help, redaction, examples) = ("", Redaction::Shown, Examples::Some(&[]));
        Self { key, value_type, help, redaction, place, examples, label: Label::of(key) }
    }

    /// The same attribute under another key.
    #[doc(hidden)]
    #[must_use]
    pub const fn under(&self, key: &'static str) -> Self {
        Self { key, label: Label::of(key), ..*self }
    }

    /// From now on with this redaction, unless it has a stronger one.
    #[doc(hidden)]
    pub const fn redact(&mut self, redaction: Redaction) {
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
