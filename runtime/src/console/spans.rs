//! Spans and their parts as JSON, each written once.

use std::fmt::Write as _;

use crate::export::json::{self, Object};
use crate::span::{AttributeRef, Attributes, EventRef, SpanRef, Status};

/// The largest whole number that JavaScript knows exactly.
const LARGEST: u64 = 1 << 53;

/// Milliseconds of nanoseconds.
pub(super) const fn millis(nanos: u64) -> u64 {
    nanos / 1_000_000
}

/// An array of what is JSON already.
pub(super) fn joined<'j>(items: impl Iterator<Item = &'j str>) -> String {
    let mut out = "[".to_owned();
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(item);
    }
    out.push(']');
    out
}

/// Attributes as members.
pub(super) fn attributes(object: &mut Object<'_>, all: Attributes<'_>) {
    for (key, value) in all {
        match value {
            AttributeRef::Bool(value) => object.bare(key, value),
            AttributeRef::I64(value) if value.unsigned_abs() <= LARGEST => object.bare(key, value),
            AttributeRef::I64(value) => object.quoted(key, value),
            AttributeRef::F64(value) => object.float(key, value),
            AttributeRef::Str(value) => object.text(key, value),
        }
    }
}

/// Where a span's function stands in the code.
pub(super) fn place<'s>(span: &SpanRef<'s>) -> Option<(&'s str, u32)> {
    let (mut file, mut line) = (None, None);
    for (key, value) in span.attributes() {
        match (key, value) {
            ("code.file.path", AttributeRef::Str(value)) => file = Some(value),
            ("code.line.number", AttributeRef::I64(value)) => line = u32::try_from(value).ok(),
            _ => {}
        }
    }
    Some((file?, line?))
}

/// Whether something went wrong in it.
pub(super) fn is_error(span: &SpanRef<'_>) -> bool {
    matches!(span.status(), Status::Error(_))
}

/// A span; `function` is its number and the component, where it is an annotated function's.
pub(super) fn written(span: &SpanRef<'_>, function: Option<(u32, &str)>) -> String {
    let mut out = String::with_capacity(384);
    json::object(&mut out, |it| {
        it.quoted("span_id", span.span_id());
        match span.parent().is_some() {
            true => it.quoted("parent", span.parent()),
            false => it.text("parent", ""),
        }
        if span.parent_is_remote() {
            it.bare("remote_parent", true);
        }
        it.text("name", span.name());
        it.text("target", span.target());
        if let Some((id, component)) = function {
            it.bare("function_id", id);
            it.text("component", component);
        }
        it.text("kind", span.kind().as_str());
        it.quoted("start_ns", span.start_unix_nanos());
        it.quoted("duration_ns", span.end_unix_nanos().saturating_sub(span.start_unix_nanos()));
        it.text("outcome", span.outcome().as_str());
        if let Status::Error(said) = span.status() {
            it.text("status", said);
        }
        it.object("attributes", |members| attributes(members, span.attributes()));
        it.array("events", span.events(), |out, event| write_event(out, &event));
        it.array("links", span.links().iter(), |out, link| {
            json::object(out, |it| {
                it.quoted("trace_id", link.trace_id);
                it.quoted("span_id", link.span_id);
            });
        });
        let dropped = span.dropped_attributes() + span.dropped_events() + span.dropped_links();
        if dropped > 0 {
            it.bare("dropped", dropped);
        }
    });
    out
}

fn write_event(out: &mut String, event: &EventRef<'_>) {
    json::object(out, |it| {
        it.quoted("at_ns", event.unix_nanos());
        it.text("name", event.name());
        it.text("level", event.level().as_str());
        it.object("attributes", |members| attributes(members, event.attributes()));
    });
}

/// A number of JSON, `null` where it is none or not finite.
pub(super) fn number(out: &mut String, value: Option<f64>) {
    // A text takes whatever is written into it.
    let _ = match value.filter(|value| value.is_finite()) {
        // More digits are noise, and make rows look changed that are not.
        Some(value) => write!(out, "{}", significant(value)),
        None => write!(out, "null"),
    };
}

/// Four significant digits.
fn significant(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{AttributeValue, EventData, Link, SpanBatch, SpanData, SpanId, TraceId};
    use serde_json::{Value, json};

    #[test]
    fn a_span_has_all_that_it_says_and_is_escaped() {
        let event = EventData {
            name: "exception".into(),
            attributes: vec![("exception.message".into(), AttributeValue::Str("no \"tea\"\u{0}".into()))],
            ..EventData::default()
        };
        let data = SpanData {
            span_id: SpanId(7),
            name: "<img src=x onerror=alert(1)>".into(),
            attributes: vec![
                ("code.file.path".into(), AttributeValue::Str("src/shop.rs".into())),
                ("code.line.number".into(), AttributeValue::I64(7)),
                ("large".into(), AttributeValue::I64(i64::MAX)),
                ("nan".into(), AttributeValue::F64(f64::NAN)),
                ("yes".into(), AttributeValue::Bool(true)),
            ],
            events: vec![event],
            links: vec![Link { trace_id: TraceId { high: 1, low: 2 }, span_id: SpanId(3) }],
            ..SpanData::default()
        };
        let batch: SpanBatch = std::iter::once(data).collect();
        let span = batch.iter().next().unwrap();
        assert_eq!(place(&span), Some(("src/shop.rs", 7)));
        let json: Value = serde_json::from_str(&written(&span, Some((4, "shop")))).unwrap();
        assert_eq!(json["name"], "<img src=x onerror=alert(1)>");
        assert_eq!((&json["parent"], &json["function_id"]), (&json!(""), &json!(4)));
        assert_eq!(json["attributes"]["large"], "9223372036854775807");
        assert_eq!(json["attributes"]["nan"], "NaN");
        assert_eq!(json["events"][0]["attributes"]["exception.message"], "no \"tea\"\u{0}");
        assert_eq!(json["links"][0]["span_id"], "0000000000000003");
    }

    #[test]
    fn numbers_have_four_digits_and_none_is_null() {
        let shown = |value| {
            let mut out = String::new();
            number(&mut out, value);
            out
        };
        let all = [Some(0.0), Some(123_456.0), Some(0.000_123_456), Some(-1.5), Some(f64::NAN), None];
        assert_eq!(all.map(shown), ["0", "123500", "0.0001235", "-1.5", "null", "null"]);
    }
}
