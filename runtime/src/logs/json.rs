//! One JSON object per line:
//! `{"timestamp":…,"level":…,"target":…,"message":…,"fields":{…},"span":{"name":…,"trace_id":…,"span_id":…}}`.
//! `span` is there inside of a span, and its name where the span is recorded.

use std::error::Error;
use std::fmt::{self, Debug, Write};

use spanwright_core::context::Context;
use tracing::Event;
use tracing::field::{Field, Visit};

use super::timestamp::Rfc3339;

pub(super) fn write(writer: &mut dyn Write, now: Rfc3339, event: &Event<'_>) -> fmt::Result {
    let mut visited = Visited::default();
    event.record(&mut visited);
    let metadata = event.metadata();
    let (level, target) = (metadata.level(), quoted(metadata.target()));
    let (message, fields) = (quoted(visited.message()), visited.fields);
    write!(writer, r#"{{"timestamp":"{now}","level":"{level}","target":{target},"message":{message}"#)?;
    write!(writer, r#","fields":{{{fields}}}"#)?;
    write_span(writer, crate::span::around_event(event))?;
    writer.write_str("}\n")
}

/// The name and ids of the event's span.
fn write_span(writer: &mut dyn Write, context: Context) -> fmt::Result {
    if !context.span_id.is_some() {
        return Ok(());
    }
    writer.write_str(r#","span":{"#)?;
    if let Some(name) = crate::span::name_of(context) {
        write!(writer, r#""name":{},"#, quoted(name))?;
    }
    write!(writer, r#""trace_id":"{}","span_id":"{}"}}"#, context.trace_id, context.span_id)
}

/// A JSON string.
fn quoted(text: &str) -> String {
    // Text always has a JSON form; an empty string stands for the error that can't be.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// An event's message, and its fields as the inside of a JSON object.
#[derive(Default)]
struct Visited {
    message: String,
    /// The field `error`: what an event says that has no message, as those of `err` have none.
    error: String,
    fields: String,
}

impl Visited {
    fn message(&self) -> &str {
        if self.message.is_empty() { &self.error } else { &self.message }
    }

    /// Adds a field whose value is JSON already.
    fn push(&mut self, field: &Field, json: &str) {
        if !self.fields.is_empty() {
            self.fields.push(',');
        }
        self.fields.push_str(&quoted(field.name()));
        self.fields.push(':');
        self.fields.push_str(json);
    }
}

impl Visit for Visited {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, if value { "true" } else { "false" });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, &value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinities and no NaN: text says more than the `null` that would stand for all three.
        let json = if value.is_finite() { serde_json::to_string(&value).ok() } else { None };
        self.push(field, &json.unwrap_or_else(|| quoted(&value.to_string())));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            if field.name() == "error" {
                value.clone_into(&mut self.error);
            }
            self.push(field, &quoted(value));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_str(field, &super::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &super::debug(value));
    }
}
