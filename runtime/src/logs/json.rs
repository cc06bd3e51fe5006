//! One JSON object per line:
//! `{"timestamp":…,"level":…,"target":…,"message":…,"fields":{…},"span":{"name":…,"trace_id":…,"span_id":…},"spans":[…]}`.
//! `span` is there inside of a span, and `spans` where some are recorded: the open ones from the outermost to the current
//! one, each with its name and its fields. `exception` is there where an error was recorded as such, with what caused it.

use std::error::Error;
use std::fmt::{self, Debug, Write};

use spanwright_core::slots::value::Value;
use tracing::Event;
use tracing::field::{Field, Visit};

use super::spans::{self, OpenSpan};
use super::timestamp::Rfc3339;
use crate::config::{JsonKey, JsonKeys};

pub(super) fn write(out: &mut String, now: Rfc3339, keys: &JsonKeys, event: &Event<'_>) -> fmt::Result {
    let mut visited = Visited::default();
    event.record(&mut visited);
    let metadata = event.metadata();
    let key = |key| quoted(keys.name(key));
    write!(out, r#"{{{}:"{now}""#, key(JsonKey::Timestamp))?;
    write!(out, r#",{}:"{}""#, key(JsonKey::Level), metadata.level())?;
    write!(out, ",{}:{}", key(JsonKey::Target), quoted(metadata.target()))?;
    write!(out, ",{}:{}", key(JsonKey::Message), quoted(visited.message()))?;
    write!(out, ",{}:{}", key(JsonKey::Fields), visited.fields)?;
    if let Some((message, causes)) = visited.exception.split_first() {
        let causes: Vec<_> = causes.iter().map(|cause| quoted(cause)).collect();
        let (message, causes) = (quoted(message), causes.join(","));
        write!(out, r#",{}:{{"message":{message},"causes":[{causes}]}}"#, key(JsonKey::Exception))?;
    }
    write_spans(out, keys, event)?;
    out.write_str("}\n")
}

/// The ids of the event's span, and the open spans.
fn write_spans(out: &mut String, keys: &JsonKeys, event: &Event<'_>) -> fmt::Result {
    let context = crate::span::around_event(event);
    if !context.span_id.is_some() {
        return Ok(());
    }
    let key = |key| quoted(keys.name(key));
    let open = spans::open(context);
    write!(out, ",{}:{{", key(JsonKey::Span))?;
    if let Some(name) = open.last().map(OpenSpan::name).filter(|name| !name.is_empty()) {
        write!(out, r#""name":{},"#, quoted(name))?;
    }
    write!(out, r#"{}:"{}","#, key(JsonKey::TraceId), context.trace_id)?;
    write!(out, r#"{}:"{}"}}"#, key(JsonKey::SpanId), context.span_id)?;
    if open.is_empty() {
        return Ok(());
    }
    write!(out, ",{}:[", key(JsonKey::Spans))?;
    for (at, span) in open.iter().enumerate() {
        let mut fields = Object::default();
        span.for_each_field(|name, value| match value {
            Value::Bool(value) => fields.push(name, if value { "true" } else { "false" }),
            Value::I64(value) => fields.push(name, &value.to_string()),
            Value::U64(value) => fields.push(name, &value.to_string()),
            Value::F64(value) => fields.push(name, &float(value)),
            Value::Str(value) => fields.push(name, &quoted(value)),
            Value::Link(..) => {}
        });
        let comma = if at == 0 { "" } else { "," };
        write!(out, r#"{comma}{{"name":{},"fields":{fields}}}"#, quoted(span.name()))?;
    }
    out.write_char(']')
}

/// A JSON string.
fn quoted(text: &str) -> String {
    // Text always has a JSON form; an empty string stands for the error that can't be.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// JSON has no infinities and no NaN: text says more than the `null` that would stand for all three.
fn float(value: f64) -> String {
    let json = if value.is_finite() { serde_json::to_string(&value).ok() } else { None };
    json.unwrap_or_else(|| quoted(&value.to_string()))
}

/// A JSON object of which each key is there once: the last value holds, in the place of the first.
#[derive(Default)]
struct Object(Vec<(String, String)>);

impl Object {
    /// Adds a value that is JSON already.
    fn push(&mut self, name: &str, json: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (at, (name, json)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{json}", quoted(name))?;
        }
        f.write_char('}')
    }
}

/// An event's message and fields.
#[derive(Default)]
struct Visited {
    message: String,
    /// The field `error`: what an event says that has no message, as those of `err` have none.
    error: String,
    fields: Object,
    /// The first error that was recorded as such, and what caused it.
    exception: Vec<String>,
}

impl Visited {
    fn message(&self) -> &str {
        if self.message.is_empty() { &self.error } else { &self.message }
    }
}

impl Visit for Visited {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push(field.name(), if value { "true" } else { "false" });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push(field.name(), &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push(field.name(), &value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push(field.name(), &float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            if field.name() == "error" {
                value.clone_into(&mut self.error);
            }
            self.fields.push(field.name(), &quoted(value));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if self.exception.is_empty() {
            self.exception = super::causes(value).collect();
        }
        self.record_str(field, &super::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &super::debug(value));
    }
}
