//! Events as JSON, a line each.

use std::fmt::Write;

use crate::event::{Event, KINDS, Record, Value};

/// An event as one line of JSON, without the line's end.
///
/// Times and durations are nanoseconds; numbers that a double can't hold exactly are written in full all the same. Fields that
/// hold nothing are left out.
///
/// ```
/// use spanwright_recording::event::{Gap, Record, Why};
///
/// let record = Record { thread: 2, at: 1_700_000_000_000_000_000, event: Gap { lost: 3, why: Why::Full }.into() };
/// let line = spanwright_recording::to_json(&record);
/// assert_eq!(line, r#"{"at":1700000000000000000,"thread":2,"kind":"gap","lost":3,"why":"full"}"#);
/// ```
pub fn to_json(record: &Record<'_>) -> String {
    let mut out = format!(r#"{{"at":{},"thread":{},"kind":"#, record.at, record.thread);
    text(&mut out, record.event.kind());
    for (name, value) in said(&record.event) {
        out.push(',');
        text(&mut out, name);
        out.push(':');
        put(&mut out, &value);
    }
    out.push('}');
    out
}

/// The fields that have something to say.
pub(crate) fn said<'e>(event: &'e Event<'_>) -> impl Iterator<Item = (&'e str, Value<'e>)> {
    let specs = KINDS.iter().find(|kind| kind.name == event.kind()).map_or(&[][..], |kind| kind.fields);
    event.fields().into_iter().enumerate().filter_map(move |(index, (name, value))| {
        // The first of the choices is that nothing is known.
        let unknown = specs.get(index).and_then(|spec| spec.choices.first());
        let is_nothing = match &value {
            Value::None => true,
            Value::Text(text) => text.is_empty() || unknown.is_some_and(|unknown| **text == **unknown),
            Value::List(list) => list.is_empty(),
            Value::Fields(fields) => fields.is_empty(),
            _ => false,
        };
        (!is_nothing).then_some((name, value))
    })
}

pub(crate) fn put(out: &mut String, value: &Value<'_>) {
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(value) => number(out, value),
        Value::Int(value) => number(out, value),
        Value::Uint(value) => number(out, value),
        // JSON has no others.
        Value::Float(value) if value.is_finite() => number(out, value),
        Value::Float(value) => text(out, &value.to_string()),
        Value::Text(value) => text(out, value),
        Value::Span(id) => text(out, &id.to_string()),
        Value::Trace(id) => text(out, &id.to_string()),
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                put(out, item);
            }
            out.push(']');
        }
        Value::Fields(fields) => {
            out.push('{');
            for (index, field) in fields.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                text(out, &field.key);
                out.push(':');
                put(out, &field.value);
            }
            out.push('}');
        }
    }
}

fn number(out: &mut String, value: &impl std::fmt::Display) {
    // A string takes everything.
    let _ = write!(out, "{value}");
}

fn text(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}
