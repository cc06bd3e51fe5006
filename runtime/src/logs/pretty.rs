//! One line for people:
//! `2025-10-11T10:30:45.123456Z  INFO my_crate::db: connected attempts=2 span=order{id=7}:connect trace_id=… span_id=…`.

use std::error::Error;
use std::fmt::{self, Debug, Write};

use spanwright_core::slots::value::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use super::spans::{self, OpenSpan};
use super::timestamp::Rfc3339;

/// ANSI's "select graphic rendition".
const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

pub(super) fn write(writer: &mut String, now: Rfc3339, colours: bool, event: &Event<'_>) -> fmt::Result {
    let mut visited = Visited::default();
    event.record(&mut visited);
    let metadata = event.metadata();
    let (dim, level, reset) = if colours { (DIM, colour(*metadata.level()), RESET) } else { ("", "", "") };
    write!(writer, "{dim}{now}{reset} {level}{:>5}{reset} ", metadata.level().as_str())?;
    write!(writer, "{dim}{}:{reset}{}{}", plain(metadata.target()), visited.message, visited.fields)?;
    let context = crate::span::around_event(event);
    if context.span_id.is_some() {
        writer.write_str(dim)?;
        for (at, span) in spans::open(context).iter().enumerate() {
            write!(writer, "{}{}", if at == 0 { " span=" } else { ":" }, value(span.name()))?;
            write_fields(writer, span)?;
        }
        write!(writer, " trace_id={} span_id={}{reset}", context.trace_id, context.span_id)?;
    }
    writer.write_char('\n')
}

/// A span's fields, in braces where there are any.
fn write_fields(writer: &mut String, span: &OpenSpan) -> fmt::Result {
    let mut before = '{';
    let mut shown = String::new();
    span.for_each_field(|name, its| {
        let text = match its {
            Value::Bool(its) => its.to_string(),
            Value::I64(its) => its.to_string(),
            Value::U64(its) => its.to_string(),
            Value::F64(its) => its.to_string(),
            Value::Str(its) => value(its),
            Value::Link(..) => return,
        };
        shown.push(before);
        shown.push_str(&format!("{}={text}", plain(name)));
        before = ' ';
    });
    if shown.is_empty() { Ok(()) } else { write!(writer, "{shown}}}") }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

/// Text without control characters. Its lines after the first are indented, so that none looks like a new event.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end().chars() {
        match character {
            '\n' => shown.push_str("\n    "),
            '\t' => shown.push('\t'),
            // Some terminals and viewers break lines at the first two; the others turn around the order of what follows.
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(character.escape_unicode());
            }
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}

/// A field's value: quoted where it would not read as one word.
fn value(text: &str) -> String {
    let word = |character: char| {
        !character.is_whitespace() && !character.is_control() && !"\"={}".contains(character)
    };
    if !text.is_empty() && text.chars().all(word) { text.to_owned() } else { format!("{text:?}") }
}

/// An event's message and fields, each with a space before it.
#[derive(Default)]
pub(super) struct Visited {
    message: String,
    fields: String,
}

impl Visited {
    pub(super) fn message(&self) -> &str {
        self.message.trim_start_matches(' ')
    }

    pub(super) fn fields(&self) -> &str {
        self.fields.trim_start_matches(' ')
    }

    fn push(&mut self, field: &Field, shown: &str) {
        self.fields.push(' ');
        self.fields.push_str(field.name());
        self.fields.push('=');
        self.fields.push_str(shown);
    }
}

impl Visit for Visited {
    fn record_str(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            self.message = format!(" {}", plain(text));
        } else {
            self.push(field, &value(text));
        }
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.record_str(field, &super::chain(error));
    }

    fn record_debug(&mut self, field: &Field, shown: &dyn Debug) {
        let text = super::debug(shown);
        if field.name() == "message" {
            self.record_str(field, &text);
        } else {
            // `Debug` quotes by itself what needs quotes.
            self.push(field, &plain(&text));
        }
    }
}
