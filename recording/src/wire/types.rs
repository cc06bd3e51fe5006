//! The types of fields, as they are stated in files.

use super::ids::Woken;
use super::{In, Malformed, Wire};
use crate::event::{Fields, Link, Place, SpanId, TaskId, Text, TraceId, Value};

macro_rules! types {
    ($($(#[$doc:meta])* $code:literal $variant:ident $name:literal = $of:ty;)*) => {
        /// The type of a field, as it is stated in a file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum FieldType {
            $($(#[$doc])* $variant,)*
        }

        impl FieldType {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number that stands for it.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }

            /// As the specification calls it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether its values have no fixed number of tokens.
            pub(crate) const fn is_list(self) -> bool {
                matches!(self, Self::Place | Self::Fields | Self::Texts | Self::Uints | Self::Links)
            }

            pub(crate) fn of(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// Reads a value of it, whatever the field is.
            pub(crate) fn read(self, input: &mut In<'_, '_>) -> Result<Value<'static>, Malformed> {
                match self { $(Self::$variant => <$of as Generic>::read(input),)* }
            }
        }
    };
}

types! {
    /// A number.
    1 Uint "uint" = u64;
    /// A number, or nothing.
    2 OptionalUint "uint?" = Option<u32>;
    /// A number that may be negative.
    3 Int "int" = i64;
    /// A number with a fraction.
    4 Float "float" = f64;
    /// Yes or no.
    5 Bool "bool" = bool;
    /// A text.
    6 Text "text" = Text<'static>;
    /// Nanoseconds.
    7 Duration "duration" = super::scalars::Nanos;
    /// Nanoseconds, or nothing.
    8 OptionalDuration "duration?" = Option<super::scalars::Nanos>;
    /// A task.
    9 Task "task" = TaskId;
    /// A task, or none.
    10 OptionalTask "task?" = Option<TaskId>;
    /// A task that will be polled soon.
    11 Woken "woken" = Woken;
    /// A span.
    12 Span "span" = SpanId;
    /// A span, or none.
    13 OptionalSpan "span?" = Option<SpanId>;
    /// A trace.
    14 Trace "trace" = TraceId;
    /// A trace, or none.
    15 OptionalTrace "trace?" = Option<TraceId>;
    /// One of a few, whose names are stated.
    16 Choice "choice" = u64;
    /// A place in the source.
    17 Place "place" = Place<'static>;
    /// Values with names.
    18 Fields "fields" = Fields<'static>;
    /// Texts.
    19 Texts "texts" = std::borrow::Cow<'static, [Text<'static>]>;
    /// Numbers.
    20 Uints "uints" = std::borrow::Cow<'static, [u32]>;
    /// Spans of any trace.
    21 Links "links" = std::borrow::Cow<'static, [Link]>;
}

/// Reads what is of a type, and shows it.
trait Generic {
    fn read(input: &mut In<'_, '_>) -> Result<Value<'static>, Malformed>;
}

impl<T: Wire> Generic for T {
    fn read(input: &mut In<'_, '_>) -> Result<Value<'static>, Malformed> {
        Ok(T::get(input)?.value().into_owned())
    }
}
