//! From records to batches.

use spanwright_core::cells::StoreId;
use spanwright_core::chunks::Record;
use spanwright_core::clock::Wall;
use spanwright_core::context::{RANDOM, REMOTE, SAMPLED};
use spanwright_core::slots::value::{self, Field, Fields};
use spanwright_core::slots::{Outcome, Start, record_flags};

use super::assembly::Events;
use super::data::{
    Arena, EventBatch, EventHead, Level, Link, Range, SpanBatch, SpanHead, SpanKind, StatusHead, Text, Value,
    flags,
};
#[cfg(feature = "recorder")]
use super::data::{EventRef, SpanRef};
use super::sampling;
use super::settings::Limits;

/// Reads records, with the time of a moment and the limits of a configuration.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    pub(super) wall: &'a Wall,
    pub(super) limits: &'a Limits,
}

/// Reads records of spans and events one by one, for the recorder.
#[cfg(feature = "recorder")]
#[derive(Debug, Default)]
pub(crate) struct Reading {
    limits: Limits,
    spans: SpanBatch,
    events: EventBatch,
}

#[cfg(feature = "recorder")]
impl Reading {
    /// The span of a record.
    pub(crate) fn span(&mut self, record: &Record<'_>, wall: &Wall) -> Option<SpanRef<'_>> {
        self.spans.clear();
        let decoder = Decoder { wall, limits: &self.limits };
        decoder.span(&mut self.spans, record, std::iter::empty(), 0);
        self.spans.iter().next()
    }

    /// The event of a record.
    pub(crate) fn event(&mut self, record: &Record<'_>, wall: &Wall) -> Option<EventRef<'_>> {
        self.events.clear();
        Decoder { wall, limits: &self.limits }.event(&mut self.events, record);
        self.events.iter().next()
    }
}

/// What fields say beside attributes.
#[derive(Debug, Default)]
struct Said {
    /// They are an event's: it has a message, and may be about an error.
    is_event: bool,
    error: Option<Text>,
    name: Option<Text>,
    scope: Option<Text>,
    trace_state: Option<Text>,
    kind: Option<SpanKind>,
    status: Option<bool>,
    message: Option<Text>,
    has_error_type: bool,
    attributes: Range,
    dropped: u32,
    dropped_links: u32,
}

/// What else fields of this name say, by the convention of `tracing-opentelemetry`.
fn by_convention(key: &str) -> Option<u16> {
    match key.strip_prefix("otel.")? {
        "name" => Some(value::index::NAME),
        "kind" => Some(value::index::KIND),
        "status_code" => Some(value::index::STATUS),
        "status_message" | "status_description" => Some(value::index::STATUS_MESSAGE),
        _ => None,
    }
}

impl Decoder<'_> {
    /// Adds a span, and the events that happened in it, to the batch.
    pub(super) fn span<'e>(
        &self,
        batch: &mut SpanBatch,
        record: &Record<'_>,
        events: impl Iterator<Item = Record<'e>>,
        dropped_events: u32,
    ) {
        let Some((start, fields)) = record.span_or_event() else { return };
        let spec = start.spec;
        let first_link = batch.links.len();
        let is_late = record.flags & record_flags::LATE != 0;
        let (links, limit) = (&mut batch.links, self.limits.attributes);
        let mut said = Said::default();
        self.fields(&mut batch.arena, links, spec.fields, fields, is_late, limit, &mut said);
        let links = Range { start: first_link as u32, end: batch.links.len() as u32 };
        let outcome = Outcome::from_flags(record.flags);
        add_facts(&mut batch.arena, &start, &mut said, outcome, limit);
        let events = self.events(batch, events);
        let failed = events.of(&batch.events).iter().find(|event| event.level == Level::ERROR);
        let failed = failed.filter(|_| is_foreign(&start)).map(|event| event.message);
        let start_unix_nanos = self.wall.unix_nanos(start.at);
        batch.heads.push(SpanHead {
            trace_id: start.trace_id,
            span_id: start.span_id,
            parent: start.parent,
            parent_is_remote: start.flags & REMOTE != 0,
            flags: trace_flags(start.flags),
            kind: said.kind.unwrap_or(spec.kind),
            outcome,
            status: status(outcome, &said, failed),
            trace_state: said.trace_state.unwrap_or_else(|| Text::Static(sampling::trace_state(start.flags))),
            name: said.name.unwrap_or(Text::Static(spec.name)),
            target: said.scope.unwrap_or(Text::Static(spec.target)),
            start_unix_nanos,
            // By the same clock as its events.
            end_unix_nanos: self.wall.unix_nanos(record.at).max(start_unix_nanos),
            attributes: said.attributes,
            events,
            links,
            dropped_attributes: said.dropped + u32::from(record.dropped_fields()),
            dropped_events,
            dropped_links: said.dropped_links,
        });
    }

    fn events<'e>(&self, batch: &mut SpanBatch, events: impl Iterator<Item = Record<'e>>) -> Range {
        let first = batch.events.len();
        for event in events {
            let head = self.event_head(&mut batch.arena, &event);
            batch.events.extend(head);
        }
        // They come from several threads, and from several chunks.
        batch.events[first..].sort_by_key(|event| event.at_unix_nanos);
        Range { start: first as u32, end: batch.events.len() as u32 }
    }

    /// Adds an event to the batch.
    pub(super) fn event(&self, batch: &mut EventBatch, record: &Record<'_>) {
        let head = self.event_head(&mut batch.arena, record);
        batch.heads.extend(head);
    }

    fn event_head(&self, arena: &mut Arena, record: &Record<'_>) -> Option<EventHead> {
        let (start, fields) = record.span_or_event()?;
        let spec = start.spec;
        let is_exception = record.flags & record_flags::EXCEPTION != 0;
        let names: &[&str] = if is_exception { &EXCEPTION } else { spec.fields };
        let (mut said, limit) = (Said { is_event: true, ..Said::default() }, self.limits.event_attributes);
        self.fields(arena, &mut Vec::new(), names, fields, false, limit, &mut said);
        let level = Level::from_number(record.flags >> record_flags::LEVEL_SHIFT);
        let mut is_exception = is_exception;
        if let Some(error) = said.error.filter(|_| !is_exception && level == Level::ERROR) {
            add(arena, &mut said, limit, Text::Static(EXCEPTION[1]), Value::Str(error));
            is_exception = said.message.is_none();
            said.message.get_or_insert(error);
        }
        if record.flags & record_flags::EXCEPTION == 0 {
            add_place(arena, &start, &mut said, limit);
        }
        let message = said.message.unwrap_or_default();
        let name = if is_exception {
            Text::Static("exception")
        } else if let Some(name) = said.name {
            name
        } else if arena.resolve(message).is_empty() {
            Text::Static(spec.name)
        } else {
            message
        };
        Some(EventHead {
            // `recording::event_at` has put it there.
            store: StoreId::from_bits(start.parent.0 as u16),
            trace_id: start.trace_id,
            span_id: start.span_id,
            flags: if start.trace_id.is_some() { trace_flags(start.flags) } else { 0 },
            at_unix_nanos: self.wall.unix_nanos(record.at),
            level,
            target: said.scope.unwrap_or(Text::Static(spec.target)),
            name,
            message: said.message.or(said.name).unwrap_or_default(),
            attributes: said.attributes,
            dropped_attributes: said.dropped + u32::from(record.dropped_fields()),
        })
    }

    /// Reads fields into the arena's attributes, but for what they say of the span itself.
    #[allow(clippy::too_many_arguments, reason = "a span's and an event's differ in each")]
    fn fields(
        &self,
        arena: &mut Arena,
        links: &mut Vec<Link>,
        names: &[&'static str],
        fields: Fields<'_>,
        is_late: bool,
        limit: usize,
        said: &mut Said,
    ) {
        let start = arena.mark();
        said.attributes = Range { start, end: start };
        let first_link = links.len();
        for field in fields {
            if let value::Value::Link(trace_id, span_id) = field.value {
                if links.len() - first_link < self.limits.links {
                    links.push(Link { trace_id, span_id });
                } else {
                    said.dropped_links += 1;
                }
                continue;
            }
            if let (None, value::index::DROPPED_LINKS, value::Value::U64(links)) =
                (field.key, field.index, field.value)
            {
                said.dropped_links += links as u32;
                continue;
            }
            let key = match (field.key, names.get(usize::from(field.index))) {
                (Some(key), _) => arena.text(key),
                (None, Some(name)) => Text::Static(name),
                (None, None) => Text::Static(named(field.index)),
            };
            let Some((key, value)) = self.attribute(arena, said, key, &field) else { continue };
            if !(is_late && arena.replace(start, key, value)) {
                add(arena, said, limit, key, value);
            }
        }
    }

    /// A field as an attribute; nothing where it says something else.
    fn attribute(
        &self,
        arena: &mut Arena,
        said: &mut Said,
        key: Text,
        field: &Field<'_>,
    ) -> Option<(Text, Value)> {
        let name = arena.resolve(key);
        // A key that came with its value says what it says.
        let is_keyed = field.key.is_some();
        let special = match name {
            _ if is_keyed => None,
            "" => Some(field.index),
            name => by_convention(name),
        };
        said.has_error_type |= name == "error.type";
        let is_message = (said.is_event && !is_keyed && name == "message")
            || special == Some(value::index::STATUS_MESSAGE);
        let value = match field.value {
            value::Value::Bool(value) => Value::Bool(value),
            value::Value::I64(value) => Value::I64(value),
            // OTLP has no unsigned integers: what does not fit is written out.
            value::Value::U64(value) => match i64::try_from(value) {
                Ok(value) => Value::I64(value),
                Err(_) => Value::Str(arena.text(&value.to_string())),
            },
            value::Value::F64(value) => Value::F64(value),
            value::Value::Str(text) => Value::Str(arena.text(self.cut(text))),
            value::Value::Link(..) => return None,
        };
        if let Value::Str(text) = value {
            match arena.resolve(key) {
                _ if !said.is_event || is_keyed => {}
                "exception.message" => said.message = Some(text),
                "error" => said.error = Some(text),
                _ => {}
            }
        }
        match (special, field.value) {
            (None, _) if !is_message => return Some((key, value)),
            (Some(value::index::STATUS_MESSAGE) | None, _) => {
                said.message = Some(match value {
                    Value::Str(text) => text,
                    // A message that is a number: `message = 5`.
                    _ => return Some((key, value)),
                });
            }
            (Some(value::index::KIND), value::Value::Str(kind)) => said.kind = kind_of(kind).or(said.kind),
            (Some(value::index::STATUS), value::Value::Bool(ok)) => said.status = Some(ok),
            (Some(value::index::STATUS), value::Value::Str(code)) => {
                said.status = status_of(code).or(said.status);
            }
            (Some(which), _) => {
                let Value::Str(text) = value else { return None };
                match which {
                    value::index::NAME => said.name = Some(text),
                    value::index::SCOPE => said.scope = Some(text),
                    value::index::TRACE_STATE => said.trace_state = Some(text),
                    _ => {}
                }
            }
        }
        None
    }

    /// The text, of so many characters as are allowed.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        match self.limits.attribute_length {
            Some(limit) if text.len() > limit => {
                let end = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
                &text[..end]
            }
            _ => text,
        }
    }
}

/// The name of a field that is not the callsite's; nothing where it says something else of the span.
fn named(index: u16) -> &'static str {
    match index {
        value::index::ERROR_TYPE => "error.type",
        value::index::BUSY => "busy_ns",
        value::index::IDLE => "idle_ns",
        value::index::QUEUED => "queued_ns",
        value::index::TASK => "tokio.task.id",
        _ => "",
    }
}

/// The names of the fields of an exception.
const EXCEPTION: [&str; 2] = ["exception.type", "exception.message"];

/// Adds an attribute, where there is room.
fn add(arena: &mut Arena, said: &mut Said, limit: usize, key: Text, value: Value) {
    if ((arena.mark() - said.attributes.start) as usize) < limit {
        arena.push(key, value);
        said.attributes.end = arena.mark();
    } else {
        said.dropped += 1;
    }
}

/// `error.type` of a call that did not return, and where the callsite is.
fn add_facts(arena: &mut Arena, start: &Start, said: &mut Said, outcome: Outcome, limit: usize) {
    if matches!(outcome, Outcome::Cancelled | Outcome::Panicked) && !said.has_error_type {
        let outcome = Value::Str(Text::Static(outcome.as_str()));
        add(arena, said, limit, Text::Static("error.type"), outcome);
    }
    add_place(arena, start, said, limit);
}

fn add_place(arena: &mut Arena, start: &Start, said: &mut Said, limit: usize) {
    let spec = start.spec;
    if !spec.file.is_empty() {
        add(arena, said, limit, Text::Static("code.file.path"), Value::Str(Text::Static(spec.file)));
        add(arena, said, limit, Text::Static("code.line.number"), Value::I64(spec.line.into()));
    }
}

/// Whether the span is no annotated function's: of what went wrong in it, its events tell.
fn is_foreign(start: &Start) -> bool {
    start.spec.function.is_empty()
}

/// Whether something went wrong in a span.
pub(super) fn is_error(record: &Record<'_>, events: Option<&Events>) -> bool {
    let Some((start, mut fields)) = record.span_or_event() else { return false };
    let says_error = |field: Field<'_>| match field.value {
        value::Value::Bool(ok) => field.index == value::index::STATUS && !ok,
        value::Value::Str(code) => {
            start.spec.fields.get(usize::from(field.index)) == Some(&"otel.status_code")
                && status_of(code) == Some(false)
        }
        _ => false,
    };
    let is_error_event =
        |event: Record<'_>| event.flags >> record_flags::LEVEL_SHIFT == Level::ERROR.number();
    Outcome::from_flags(record.flags) != Outcome::Ok
        || fields.any(says_error)
        || (is_foreign(&start) && events.is_some_and(|events| events.records.iter().any(is_error_event)))
}

/// `failed` is what the first error among its events says.
fn status(outcome: Outcome, said: &Said, failed: Option<Text>) -> StatusHead {
    let message = said.message.unwrap_or_default();
    match (said.status, outcome) {
        (Some(true), _) => StatusHead::Ok,
        (Some(false), _) | (None, Outcome::Error) => StatusHead::Error(message),
        (None, Outcome::Ok) => failed.map_or(StatusHead::Unset, StatusHead::Error),
        (None, Outcome::Cancelled | Outcome::Panicked) => {
            StatusHead::Error(said.message.unwrap_or(Text::Static(outcome.as_str())))
        }
    }
}

fn kind_of(text: &str) -> Option<SpanKind> {
    use SpanKind::{Client, Consumer, Internal, Producer, Server};
    [Internal, Server, Client, Producer, Consumer]
        .into_iter()
        .find(|kind| text.eq_ignore_ascii_case(kind.as_str()))
}

fn status_of(code: &str) -> Option<bool> {
    if code.eq_ignore_ascii_case("ok") {
        Some(true)
    } else {
        code.eq_ignore_ascii_case("error").then_some(false)
    }
}

/// The flags of a context as W3C has them.
fn trace_flags(context: u16) -> u8 {
    let flag = |of: u16, is: u8| if context & of != 0 { is } else { 0 };
    flag(SAMPLED, flags::SAMPLED) | flag(RANDOM, flags::RANDOM)
}
