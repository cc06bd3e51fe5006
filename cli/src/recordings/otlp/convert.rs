//! From what is recorded to what is exported: the reverse of what the recorder does.

use std::borrow::Cow;

use spanwright::span::{
    AttributeValue, EventData, Level, Link, Outcome, SpanData, SpanId, SpanKind, TraceId,
};
use spanwright_recording::event::{self as recorded, Field, Nanos, Place, Status, TaskId, Value};
use spanwright_recording::{Names, Record};

use super::super::values::to_json;

type Attributes = Vec<(Cow<'static, str>, AttributeValue)>;

/// What is known of the process; its recording tells it from others.
pub(super) fn resource(recording: u64, names: &Names) -> Vec<(String, String)> {
    let Some(process) = names.process() else { return Vec::new() };
    let mut resource: Vec<(String, String)> =
        process.fields.iter().map(|field| (field.key.to_string(), text(&field.value))).collect();
    let instance = format!("{recording:016x}");
    for (key, value) in [
        ("service.name", &*process.service),
        ("service.version", &*process.version),
        ("host.name", &*process.host),
        ("service.instance.id", &*instance),
    ] {
        if !value.is_empty() && resource.iter().all(|(known, _)| known != key) {
            resource.push((key.to_owned(), value.to_owned()));
        }
    }
    resource
}

pub(super) fn span(record: &Record<'_>, span: &recorded::Span<'_>) -> SpanData {
    let outcome = match span.status {
        Status::Error => Outcome::Error,
        Status::Cancelled => Outcome::Cancelled,
        Status::Panicked => Outcome::Panicked,
        _ => Outcome::Ok,
    };
    let is_error = outcome != Outcome::Ok || !span.error.is_empty();
    let mut attributes = attributes(&span.attributes);
    add_place(&mut attributes, &span.place);
    let task = span.task.map(TaskId::get);
    let times = [("busy_ns", span.busy), ("idle_ns", span.idle), ("queued_ns", span.queued)];
    let times = times.map(|(key, nanos)| (key, nanos.map(|Nanos(nanos)| nanos)));
    for (key, value) in times.into_iter().chain([("tokio.task.id", task)]) {
        attributes.extend(value.map(|value| (key.into(), integer(value))));
    }
    let kind = kind(span.span_kind);
    SpanData {
        trace_id: trace_id(span.trace),
        span_id: span_id(span.span),
        parent: span.parent.map_or(SpanId::NONE, span_id),
        // A recording does not say it; who answers a request was mostly asked by another process.
        parent_is_remote: span.parent.is_some() && matches!(kind, SpanKind::Server | SpanKind::Consumer),
        trace_flags: span.flags as u8,
        name: span.name.to_string().into(),
        target: span.target.to_string().into(),
        kind,
        start_unix_nanos: record.start(),
        end_unix_nanos: record.at,
        outcome,
        error: is_error.then(|| span.error.to_string()),
        attributes,
        links: span.links.iter().map(link).collect(),
        ..SpanData::default()
    }
}

/// A span that was open when its process died.
pub(super) fn open(record: &Record<'_>, open: &recorded::Open<'_>) -> SpanData {
    let mut attributes = attributes(&open.fields);
    attributes.extend(open.task.map(|task| ("tokio.task.id".into(), integer(task.get()))));
    SpanData {
        trace_id: open.trace.map_or(TraceId::NONE, trace_id),
        span_id: open.span.map_or(SpanId::NONE, span_id),
        parent: open.parent.map_or(SpanId::NONE, span_id),
        name: open.name.to_string().into(),
        start_unix_nanos: record.start(),
        end_unix_nanos: record.at,
        outcome: Outcome::Cancelled,
        error: Some("the process died meanwhile".to_owned()),
        attributes,
        ..SpanData::default()
    }
}

pub(super) fn log(record: &Record<'_>, log: &recorded::Log<'_>) -> EventData {
    let mut attributes = attributes(&log.fields);
    add_place(&mut attributes, &log.place);
    EventData {
        trace_id: log.trace.map_or(TraceId::NONE, trace_id),
        span_id: log.span.map_or(SpanId::NONE, span_id),
        unix_nanos: record.at,
        level: match log.level {
            recorded::Level::Error => Level::ERROR,
            recorded::Level::Warn => Level::WARN,
            recorded::Level::Debug => Level::DEBUG,
            recorded::Level::Trace => Level::TRACE,
            _ => Level::INFO,
        },
        target: log.target.to_string().into(),
        message: log.message.to_string().into(),
        attributes,
        ..EventData::default()
    }
}

fn trace_id(id: recorded::TraceId) -> TraceId {
    let both = u128::from_be_bytes(id.0);
    TraceId { high: (both >> 64) as u64, low: both as u64 }
}

fn span_id(id: recorded::SpanId) -> SpanId {
    SpanId(u64::from_be_bytes(id.0))
}

fn link(link: &recorded::Link) -> Link {
    Link { trace_id: trace_id(link.trace), span_id: span_id(link.span) }
}

fn kind(kind: recorded::SpanKind) -> SpanKind {
    match kind {
        recorded::SpanKind::Server => SpanKind::Server,
        recorded::SpanKind::Client => SpanKind::Client,
        recorded::SpanKind::Producer => SpanKind::Producer,
        recorded::SpanKind::Consumer => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn attributes(fields: &[Field<'_>]) -> Attributes {
    let attribute = |field: &Field<'_>| {
        let value = match &field.value {
            Value::None => return None,
            Value::Bool(value) => AttributeValue::Bool(*value),
            Value::Int(value) => AttributeValue::I64(*value),
            Value::Uint(value) => integer(*value),
            Value::Float(value) => AttributeValue::F64(*value),
            other => AttributeValue::Str(text(other).into()),
        };
        Some((field.key.to_string().into(), value))
    };
    fields.iter().filter_map(attribute).collect()
}

/// OTLP has no greater integers than these.
fn integer(value: u64) -> AttributeValue {
    match i64::try_from(value) {
        Ok(value) => AttributeValue::I64(value),
        Err(_) => AttributeValue::Str(value.to_string().into()),
    }
}

fn add_place(attributes: &mut Attributes, place: &Place<'_>) {
    if !place.file.is_empty() {
        attributes.push(("code.file.path".into(), place.file.to_string().into()));
        attributes.push(("code.line.number".into(), integer(place.line.into())));
    }
}

/// Lists and fields as JSON.
fn text(value: &Value<'_>) -> String {
    match to_json(value) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
