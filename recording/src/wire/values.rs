//! Values that say themselves what they are: a tag, and what it says.

use super::lists::{items, put_length};
use super::numbers::{unzigzag, zigzag};
use super::{In, Malformed, Out, Wire};
use crate::event::{Field, SpanId, Text, TraceId, Value};

/// Lists in lists go no deeper.
const MAX_DEPTH: u32 = 8;

const NONE: u64 = 0;
const NO: u64 = 1;
const YES: u64 = 2;
const INT: u64 = 3;
const UINT: u64 = 4;
const FLOAT: u64 = 5;
const TEXT: u64 = 6;
const SPAN: u64 = 7;
const TRACE: u64 = 8;
const LIST: u64 = 9;
const FIELDS: u64 = 10;

pub(super) fn put_fields(out: &mut Out<'_>, fields: &[Field<'_>], depth: u32) {
    let length = put_length(out, fields.len());
    for field in &fields[..length] {
        field.key.put(out);
        put(out, &field.value, depth + 1);
    }
}

pub(super) fn get_fields(input: &mut In<'_, '_>, depth: u32) -> Result<Vec<Field<'static>>, Malformed> {
    items(input, |input| Ok(Field { key: Text::get(input)?, value: get(input, depth + 1)? }))
}

fn put(out: &mut Out<'_>, value: &Value<'_>, depth: u32) {
    match value {
        Value::Bool(false) => out.number(NO),
        Value::Bool(true) => out.number(YES),
        Value::Int(value) => {
            out.number(INT);
            out.number(zigzag(*value));
        }
        Value::Uint(value) => {
            out.number(UINT);
            out.number(*value);
        }
        Value::Float(value) => {
            out.number(FLOAT);
            value.put(out);
        }
        Value::Text(text) => {
            out.number(TEXT);
            text.put(out);
        }
        Value::Span(id) => {
            out.number(SPAN);
            id.put(out);
        }
        Value::Trace(id) => {
            out.number(TRACE);
            id.put(out);
        }
        Value::List(list) if depth < MAX_DEPTH => {
            out.number(LIST);
            let length = put_length(out, list.len());
            list[..length].iter().for_each(|item| put(out, item, depth + 1));
        }
        Value::Fields(fields) if depth < MAX_DEPTH => {
            out.number(FIELDS);
            put_fields(out, fields, depth);
        }
        Value::None | Value::List(_) | Value::Fields(_) => out.number(NONE),
    }
}

fn get(input: &mut In<'_, '_>, depth: u32) -> Result<Value<'static>, Malformed> {
    Ok(match input.number()? {
        NONE => Value::None,
        NO => Value::Bool(false),
        YES => Value::Bool(true),
        INT => Value::Int(unzigzag(input.number()?)),
        UINT => Value::Uint(input.number()?),
        FLOAT => Value::Float(f64::get(input)?),
        TEXT => Value::Text(Text::get(input)?),
        SPAN => Value::Span(SpanId::get(input)?),
        TRACE => Value::Trace(TraceId::get(input)?),
        LIST if depth < MAX_DEPTH => Value::List(items(input, |input| get(input, depth + 1))?),
        FIELDS if depth < MAX_DEPTH => Value::Fields(get_fields(input, depth)?),
        _ => return Err(Malformed("a value has an unknown tag")),
    })
}

#[cfg(test)]
pub(super) fn some(draw: &mut dyn FnMut() -> u64, depth: u32) -> Value<'static> {
    match draw() % 11 {
        0 | 1 => Value::Bool(draw() % 2 == 0),
        2 => Value::Int(i64::some(draw)),
        3 => Value::Uint(u64::some(draw)),
        4 => Value::Float(f64::some(draw)),
        5 | 6 => Value::Text(Text::some(draw)),
        7 => Value::Span(SpanId::some(draw)),
        8 => Value::Trace(TraceId::some(draw)),
        9 if depth < 3 => Value::List((0..draw() % 4).map(|_| some(draw, depth + 1)).collect()),
        10 if depth < 3 => Value::Fields(
            (0..draw() % 4).map(|_| Field { key: Text::some(draw), value: some(draw, depth + 1) }).collect(),
        ),
        _ => Value::None,
    }
}
