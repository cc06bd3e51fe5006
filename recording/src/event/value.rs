//! What fields hold.

use std::borrow::Cow;
use std::fmt;

use super::Text;

/// A value of any type: of an attribute, or of a field whose kind the reader does not know.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing.
    #[default]
    None,
    /// Yes or no.
    Bool(bool),
    /// A number that may be negative.
    Int(i64),
    /// A number that may not.
    Uint(u64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(Text<'a>),
    /// The id of a span.
    Span(SpanId),
    /// The id of a trace.
    Trace(TraceId),
    /// Several values.
    List(Vec<Value<'a>>),
    /// Values with names.
    Fields(Vec<Field<'a>>),
}

/// A value with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field<'a> {
    /// Its name.
    pub key: Text<'a>,
    /// Its value.
    pub value: Value<'a>,
}

impl<'a> Field<'a> {
    /// A value with a name.
    pub fn new(key: impl Into<Text<'a>>, value: impl Into<Value<'a>>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// Values with names, borrowed where they are written.
pub type Fields<'a> = Cow<'a, [Field<'a>]>;

macro_rules! from {
    ($($of:ty => $variant:ident),* $(,)?) => {$(
        impl From<$of> for Value<'_> {
            fn from(value: $of) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool, i32 => Int, i64 => Int, u32 => Uint, u64 => Uint, f64 => Float,
    String => Text, SpanId => Span, TraceId => Trace,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<Text<'a>> for Value<'a> {
    fn from(value: Text<'a>) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// The id of a task, less than 2⁶². Tokio counts from 1; those of other runtimes can have bits of their own above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// The two top bits are cleared.
    pub const fn new(id: u64) -> Self {
        Self(id & (u64::MAX >> 2))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The id of a span, as in W3C Trace Context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

/// The id of a trace, as in W3C Trace Context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A place in the source; no file where it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file, as the compiler knows it.
    pub file: Text<'a>,
    /// From 1.
    pub line: u32,
    /// From 1; zero where it is not known.
    pub column: u32,
}

impl<'a> Place<'a> {
    /// A place in the source.
    pub fn new(file: impl Into<Text<'a>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        // Of an annotated function the line is known.
        if self.column > 0 { write!(f, ":{}", self.column) } else { Ok(()) }
    }
}

/// Another span that a span points at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its trace.
    pub trace: TraceId,
    /// Its id.
    pub span: SpanId,
}

impl Value<'_> {
    /// As a value that borrows nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::None => Value::None,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Uint(value) => Value::Uint(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(value) => Value::Text(value.into_owned()),
            Self::Span(value) => Value::Span(value),
            Self::Trace(value) => Value::Trace(value),
            Self::List(list) => Value::List(list.into_iter().map(Value::into_owned).collect()),
            Self::Fields(fields) => Value::Fields(fields.into_iter().map(Field::into_owned).collect()),
        }
    }

    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Text::Borrowed(text)),
            Self::List(list) => Value::List(list.iter().map(Value::borrowed).collect()),
            Self::Fields(fields) => Value::Fields(fields.iter().map(Field::borrowed).collect()),
            Self::None => Value::None,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Span(value) => Value::Span(*value),
            Self::Trace(value) => Value::Trace(*value),
        }
    }
}

impl Field<'_> {
    /// As a field that borrows nothing.
    pub fn into_owned(self) -> Field<'static> {
        Field { key: self.key.into_owned(), value: self.value.into_owned() }
    }

    pub(crate) fn borrowed(&self) -> Field<'_> {
        Field { key: Text::Borrowed(&self.key), value: self.value.borrowed() }
    }
}
