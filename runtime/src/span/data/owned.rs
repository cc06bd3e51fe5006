//! Spans and events with owned parts.

use std::borrow::Cow;

use spanwright_core::cells::StoreId;

use super::arena::{Arena, AttributeRef, Attributes, Range, Value};
use super::event::{EventBatch, EventHead, EventRef};
use super::span::{Link, SpanBatch, SpanHead, SpanRef, Status, StatusHead};
use super::{Level, Outcome, SpanId, SpanKind, TraceId};

/// A finished span, kept. Its parts are those of [`SpanRef`].
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is described at the method of `SpanRef` with its name")]
pub struct SpanData {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent: SpanId,
    pub parent_is_remote: bool,
    pub trace_flags: u8,
    pub trace_state: Cow<'static, str>,
    pub name: Cow<'static, str>,
    pub target: Cow<'static, str>,
    pub kind: SpanKind,
    pub start_unix_nanos: u64,
    pub end_unix_nanos: u64,
    pub outcome: Outcome,
    /// What the status says; nothing where it is unset, and where it is set to "ok".
    pub error: Option<String>,
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub events: Vec<EventData>,
    pub links: Vec<Link>,
    pub dropped_attributes: u32,
    pub dropped_events: u32,
    pub dropped_links: u32,
}

/// An event, kept. Its parts are those of [`EventRef`].
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is described at the method of `EventRef` with its name")]
pub struct EventData {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub trace_flags: u8,
    pub unix_nanos: u64,
    pub level: Level,
    pub target: Cow<'static, str>,
    pub name: Cow<'static, str>,
    pub message: Cow<'static, str>,
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub dropped_attributes: u32,
}

/// The value of an attribute, kept.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A boolean.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(Cow<'static, str>),
}

macro_rules! attribute_value {
    ($($type:ty: |$value:ident| $as_value:expr;)*) => {$(
        impl From<$type> for AttributeValue {
            fn from($value: $type) -> Self {
                $as_value
            }
        }
    )*};
}

attribute_value! {
    bool: |value| Self::Bool(value);
    i32: |value| Self::I64(value.into());
    i64: |value| Self::I64(value);
    f64: |value| Self::F64(value);
    &'static str: |value| Self::Str(value.into());
    String: |value| Self::Str(value.into());
}

impl Default for SpanData {
    fn default() -> Self {
        Self {
            trace_id: TraceId::NONE,
            span_id: SpanId::NONE,
            parent: SpanId::NONE,
            parent_is_remote: false,
            trace_flags: super::flags::SAMPLED,
            trace_state: "".into(),
            name: "".into(),
            target: "".into(),
            kind: SpanKind::Internal,
            start_unix_nanos: 0,
            end_unix_nanos: 0,
            outcome: Outcome::Ok,
            error: None,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            dropped_attributes: 0,
            dropped_events: 0,
            dropped_links: 0,
        }
    }
}

impl Default for EventData {
    fn default() -> Self {
        Self {
            trace_id: TraceId::NONE,
            span_id: SpanId::NONE,
            trace_flags: 0,
            unix_nanos: 0,
            level: Level::INFO,
            target: "".into(),
            name: "".into(),
            message: "".into(),
            attributes: Vec::new(),
            dropped_attributes: 0,
        }
    }
}

impl From<SpanRef<'_>> for SpanData {
    fn from(span: SpanRef<'_>) -> Self {
        Self {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            parent: span.parent(),
            parent_is_remote: span.parent_is_remote(),
            trace_flags: span.trace_flags(),
            trace_state: span.trace_state().to_owned().into(),
            name: span.name().to_owned().into(),
            target: span.target().to_owned().into(),
            kind: span.kind(),
            start_unix_nanos: span.start_unix_nanos(),
            end_unix_nanos: span.end_unix_nanos(),
            outcome: span.outcome(),
            error: match span.status() {
                Status::Error(said) => Some(said.to_owned()),
                Status::Ok | Status::Unset => None,
            },
            attributes: owned(span.attributes()),
            events: span.events().map(EventData::from).collect(),
            links: span.links().to_vec(),
            dropped_attributes: span.dropped_attributes(),
            dropped_events: span.dropped_events(),
            dropped_links: span.dropped_links(),
        }
    }
}

impl From<EventRef<'_>> for EventData {
    fn from(event: EventRef<'_>) -> Self {
        Self {
            trace_id: event.trace_id(),
            span_id: event.span_id(),
            trace_flags: event.trace_flags(),
            unix_nanos: event.unix_nanos(),
            level: event.level(),
            target: event.target().to_owned().into(),
            name: event.name().to_owned().into(),
            message: event.message().to_owned().into(),
            attributes: owned(event.attributes()),
            dropped_attributes: event.dropped_attributes(),
        }
    }
}

fn owned(attributes: Attributes<'_>) -> Vec<(Cow<'static, str>, AttributeValue)> {
    let value = |value| match value {
        AttributeRef::Bool(value) => AttributeValue::Bool(value),
        AttributeRef::I64(value) => AttributeValue::I64(value),
        AttributeRef::F64(value) => AttributeValue::F64(value),
        AttributeRef::Str(value) => AttributeValue::Str(value.to_owned().into()),
    };
    attributes.map(|(key, its)| (key.to_owned().into(), value(its))).collect()
}

/// A batch of one's own, to try an exporter with.
impl FromIterator<SpanData> for SpanBatch {
    fn from_iter<I: IntoIterator<Item = SpanData>>(spans: I) -> Self {
        let mut batch = Self::default();
        for span in spans {
            let head = batch.head_of(&span);
            batch.heads.push(head);
        }
        batch
    }
}

/// A batch of one's own, to try an exporter with.
impl FromIterator<EventData> for EventBatch {
    fn from_iter<I: IntoIterator<Item = EventData>>(events: I) -> Self {
        let mut batch = Self::default();
        for event in events {
            batch.heads.push(event_head(&mut batch.arena, &event));
        }
        batch
    }
}

impl SpanBatch {
    fn head_of(&mut self, span: &SpanData) -> SpanHead {
        let attributes = attributes(&mut self.arena, &span.attributes);
        let first_event = self.events.len() as u32;
        for event in &span.events {
            let head = event_head(&mut self.arena, event);
            self.events.push(head);
        }
        let first_link = self.links.len() as u32;
        self.links.extend_from_slice(&span.links);
        let status = match (&span.error, span.outcome) {
            (Some(said), _) => StatusHead::Error(self.arena.text(said)),
            (None, Outcome::Ok) => StatusHead::Unset,
            (None, outcome) => StatusHead::Error(self.arena.text(outcome.as_str())),
        };
        SpanHead {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent: span.parent,
            parent_is_remote: span.parent_is_remote,
            flags: span.trace_flags,
            kind: span.kind,
            outcome: span.outcome,
            status,
            trace_state: self.arena.text(&span.trace_state),
            name: self.arena.text(&span.name),
            target: self.arena.text(&span.target),
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.end_unix_nanos,
            attributes,
            events: Range { start: first_event, end: self.events.len() as u32 },
            links: Range { start: first_link, end: self.links.len() as u32 },
            dropped_attributes: span.dropped_attributes,
            dropped_events: span.dropped_events,
            dropped_links: span.dropped_links,
        }
    }
}

fn event_head(arena: &mut Arena, event: &EventData) -> EventHead {
    EventHead {
        store: StoreId::DEFAULT,
        trace_id: event.trace_id,
        span_id: event.span_id,
        flags: event.trace_flags,
        at_unix_nanos: event.unix_nanos,
        level: event.level,
        target: arena.text(&event.target),
        name: arena.text(&event.name),
        message: arena.text(&event.message),
        attributes: attributes(arena, &event.attributes),
        dropped_attributes: event.dropped_attributes,
    }
}

fn attributes(arena: &mut Arena, attributes: &[(Cow<'static, str>, AttributeValue)]) -> Range {
    let start = arena.mark();
    for (key, value) in attributes {
        let value = match value {
            AttributeValue::Bool(value) => Value::Bool(*value),
            AttributeValue::I64(value) => Value::I64(*value),
            AttributeValue::F64(value) => Value::F64(*value),
            AttributeValue::Str(value) => Value::Str(arena.text(value)),
        };
        let key = arena.text(key);
        if !arena.replace(start, key, value) {
            arena.push(key, value);
        }
    }
    arena.since(start)
}
