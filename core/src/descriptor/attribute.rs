//! What is known of an attribute at compile time.

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

/// An attribute, for its record.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The key, as OpenTelemetry knows it.
    pub key: &'static str,
    /// The type of its values.
    pub value_type: ValueType,
    /// What it says, or nothing.
    pub help: &'static str,
    /// Values that it may have, as text.
    pub examples: &'static [&'static str],
    /// What is recorded of its values.
    pub redaction: Redaction,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}
