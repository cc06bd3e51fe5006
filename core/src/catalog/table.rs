//! What makes what writes and what reads of one table.
//!
//! A kind of value is a module with three items: `Read<'b>`, what it is once it was read; `write`, a `const fn`; and `read`. The
//! macros here make such modules of others.

/// A struct: its fields, in their order, and what kind of value each is. What is read has the names of what was written.
macro_rules! table {
    ($(#[$meta:meta])* $module:ident: $source:ty => $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $value:ident,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name<'b> {
            $($(#[$field_meta])* pub $field: $value::Read<'b>,)*
        }

        pub(crate) mod $module {
            use super::*;

            pub(crate) type Read<'b> = $name<'b>;

            pub(crate) const fn write(value: &$source, sink: &mut Sink<'_>) {
                $($value::write(value.$field, sink);)*
            }

            pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
                // In the order of the table.
                Some($name { $($field: $value::read(input)?,)* })
            }
        }
    };
}

/// An enum without fields: what number each variant has.
macro_rules! choice {
    ($module:ident: $type:ty { $($variant:ident = $number:literal),* $(,)? }) => {
        pub(crate) mod $module {
            use super::*;

            pub(crate) type Read<'b> = $type;

            pub(crate) const fn write(value: $type, sink: &mut Sink<'_>) {
                sink.number(match value { $(<$type>::$variant => $number,)* });
            }

            pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
                Some(match input.number()? {
                    $($number => <$type>::$variant,)*
                    _ => return None,
                })
            }
        }
    };
}

/// A list of values of one kind.
macro_rules! list {
    ($module:ident: [$source:ty] of $value:ident, by $($reference:tt)?) => {
        pub(crate) mod $module {
            use super::*;

            pub(crate) type Read<'b> = Vec<$value::Read<'b>>;

            pub(crate) const fn write(values: &[$source], sink: &mut Sink<'_>) {
                sink.number(values.len() as u64);
                let mut at = 0;
                while at < values.len() {
                    $value::write($($reference)? values[at], sink);
                    at += 1;
                }
            }

            pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
                input.list($value::read)
            }
        }
    };
}

/// A value that may be absent.
macro_rules! optional {
    ($module:ident: $source:ty as $value:ident) => {
        pub(crate) mod $module {
            use super::*;

            pub(crate) type Read<'b> = Option<$value::Read<'b>>;

            pub(crate) const fn write(value: Option<$source>, sink: &mut Sink<'_>) {
                sink.number(value.is_some() as u64);
                if let Some(value) = value {
                    $value::write(value, sink);
                }
            }

            pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
                Some(match input.number()? {
                    0 => None,
                    1 => Some($value::read(input)?),
                    _ => return None,
                })
            }
        }
    };
}

pub(super) use {choice, list, optional, table};
