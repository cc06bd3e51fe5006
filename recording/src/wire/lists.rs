//! Lists, and what has several parts.

use std::borrow::Cow;

use super::{FieldType, In, Malformed, Out, Wire};
use crate::event::{Field, Fields, Link, Place, SpanId, Text, TraceId, Value};

/// The most items of a list; the others are left out.
const MAX_ITEMS: usize = 1 << 12;
/// Past this a column takes no more items: a single event can't make a block that nobody reads.
const MAX_COLUMN: usize = 1 << 17;

/// Writes the length of a list, and says how many items are to follow.
pub(super) fn put_length(out: &mut Out<'_>, length: usize) -> usize {
    let room = if out.column.len() > MAX_COLUMN { 0 } else { MAX_ITEMS };
    let length = length.min(room);
    out.number(length as u64);
    length
}

/// Reads the items of a list. What is read first says how much memory it takes, and it is never more than some times its
/// bytes.
pub(super) fn items<T>(
    input: &mut In<'_, '_>,
    mut item: impl FnMut(&mut In<'_, '_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let length = input.length()?;
    (0..length).map(|_| item(input)).collect()
}

impl Wire for Place<'_> {
    const TYPE: FieldType = FieldType::Place;

    fn put(&self, out: &mut Out<'_>) {
        self.file.put(out);
        out.number(self.line.into());
        out.number(self.column.into());
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        Ok(Self { file: Text::get(input)?, line: u32::get(input)?, column: u32::get(input)? })
    }

    fn value(&self) -> Value<'_> {
        if self.file.is_empty() { Value::None } else { self.to_string().into() }
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        Self { file: Text::some(draw), line: u32::some(draw), column: u32::some(draw) }
    }
}

impl Wire for Fields<'_> {
    const TYPE: FieldType = FieldType::Fields;

    fn put(&self, out: &mut Out<'_>) {
        super::values::put_fields(out, self, 0);
    }

    fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
        super::values::get_fields(input, 0).map(Cow::Owned)
    }

    fn value(&self) -> Value<'_> {
        Value::Fields(self.iter().map(Field::borrowed).collect())
    }

    #[cfg(test)]
    fn some(draw: &mut dyn FnMut() -> u64) -> Self {
        (0..draw() % 4)
            .map(|_| Field { key: Text::some(draw), value: super::values::some(draw, 0) })
            .collect()
    }
}

macro_rules! list {
    ($item:ty, $type:ident, $put:expr, $get:expr, $value:expr, $some:expr) => {
        impl Wire for Cow<'_, [$item]> {
            const TYPE: FieldType = FieldType::$type;

            fn put(&self, out: &mut Out<'_>) {
                let length = put_length(out, self.len());
                self.iter().take(length).for_each(|item| $put(item, out));
            }

            fn get(input: &mut In<'_, '_>) -> Result<Self, Malformed> {
                items(input, $get).map(Cow::Owned)
            }

            fn value(&self) -> Value<'_> {
                Value::List(self.iter().map($value).collect())
            }

            #[cfg(test)]
            fn some(draw: &mut dyn FnMut() -> u64) -> Self {
                (0..draw() % 4).map(|_| $some(draw)).collect()
            }
        }
    };
}

list!(Text<'_>, Texts, Text::put, Text::get, Text::value, Text::some);
list!(u32, Uints, u32::put, u32::get, u32::value, u32::some);
list!(Link, Links, put_link, get_link, link_value, some_link);

fn put_link(link: &Link, out: &mut Out<'_>) {
    link.trace.put(out);
    link.span.put(out);
}

fn get_link(input: &mut In<'_, '_>) -> Result<Link, Malformed> {
    Ok(Link { trace: TraceId::get(input)?, span: SpanId::get(input)? })
}

fn link_value(link: &Link) -> Value<'_> {
    Value::Fields(vec![Field::new("trace", link.trace), Field::new("span", link.span)])
}

#[cfg(test)]
fn some_link(draw: &mut dyn FnMut() -> u64) -> Link {
    Link { trace: TraceId::some(draw), span: SpanId::some(draw) }
}
