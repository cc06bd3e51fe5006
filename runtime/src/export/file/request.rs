//! Spans, events or data points as a line: a whole request in OTLP's JSON.
//!
//! In this JSON, ids are hexadecimal, numbers of 64 bits are texts, enumerations are numbers, and what has its type's
//! default may be left out.

use crate::export::json::{self, Object};
use crate::span::{AttributeRef, Attributes, EventRef, Level, Link, SpanKind, SpanRef, Status};

/// How many bytes a line has at most, unless a single span, event or data point is greater.
pub(super) const MAX_LINE: usize = 1 << 20;
/// What ends a line: the arrays of items, scopes and resources, and the objects around them.
const END: &str = "]}]}]}\n";

/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: whether the parent is remote is known.
const FLAGS_KNOW_IS_REMOTE: u32 = 0x100;
/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`.
const FLAGS_IS_REMOTE: u32 = 0x200;
/// `STATUS_CODE_OK`.
const STATUS_OK: u32 = 1;
/// `STATUS_CODE_ERROR`.
const STATUS_ERROR: u32 = 2;

/// What requests are made of.
pub(super) trait Item: Copy {
    /// The names of a request's arrays: of resources, of scopes, of items.
    const ARRAYS: [&'static str; 3];
    /// The version of the instrumentation scope.
    const SCOPE_VERSION: &'static str = "";
    /// What ends what [`open`](Self::open) begins.
    const CLOSE: &'static str = "";

    /// The instrumentation scope.
    fn target(&self) -> &str;

    /// Whether it stands in what was opened for the item before it, rather than in one of its own.
    fn continues(&self, _before: &Self) -> bool {
        false
    }

    /// Begins what several items may stand in.
    fn open(&self, _out: &mut String) {}

    /// Writes the item's members.
    fn write(&self, object: &mut Object<'_>);
}

/// Replaces `out` with a line that has the first of `items`, as many as fit into `limit` bytes but one at least, and
/// gives back how many those are. Neighbours with the same target share a scope.
pub(super) fn line<I: Item>(
    out: &mut String,
    resource: &[(String, String)],
    items: &[I],
    limit: usize,
) -> usize {
    let [resources, scopes, array] = I::ARRAYS;
    out.clear();
    out.extend(["{\"", resources, "\":[{\"resource\":"]);
    json::object(out, |object| {
        object.array("attributes", resource.iter(), |out, (key, value)| {
            key_value(out, key, AttributeRef::Str(value));
        });
    });
    out.extend([",\"", scopes, "\":["]);
    let mut taken = 0;
    let mut last: Option<&I> = None;
    for item in items {
        let before = out.len();
        match last {
            Some(last) if last.target() == item.target() && item.continues(last) => out.push(','),
            Some(last) if last.target() == item.target() => {
                out.extend([I::CLOSE, ","]);
                item.open(out);
            }
            _ => {
                if last.is_some() {
                    out.extend([I::CLOSE, "]},"]);
                }
                out.push_str("{\"scope\":");
                json::object(out, |object| {
                    text(object, "name", item.target());
                    text(object, "version", I::SCOPE_VERSION);
                });
                out.extend([",\"", array, "\":["]);
                item.open(out);
            }
        }
        json::object(out, |object| item.write(object));
        if taken > 0 && out.len() + I::CLOSE.len() + END.len() > limit {
            out.truncate(before);
            break;
        }
        last = Some(item);
        taken += 1;
    }
    out.extend([I::CLOSE, END]);
    taken
}

impl Item for SpanRef<'_> {
    const ARRAYS: [&'static str; 3] = ["resourceSpans", "scopeSpans", "spans"];

    fn target(&self) -> &str {
        SpanRef::target(self)
    }

    fn write(&self, object: &mut Object<'_>) {
        object.quoted("traceId", self.trace_id());
        object.quoted("spanId", self.span_id());
        text(object, "traceState", self.trace_state());
        if self.parent().is_some() {
            object.quoted("parentSpanId", self.parent());
        }
        let remote = if self.parent_is_remote() { FLAGS_IS_REMOTE } else { 0 };
        object.bare("flags", u32::from(self.trace_flags()) | FLAGS_KNOW_IS_REMOTE | remote);
        text(object, "name", self.name());
        object.bare("kind", kind(self.kind()));
        object.quoted("startTimeUnixNano", self.start_unix_nanos());
        object.quoted("endTimeUnixNano", self.end_unix_nanos());
        attributes(object, self.attributes());
        count(object, "droppedAttributesCount", self.dropped_attributes());
        object.array("events", self.events(), |out, event| {
            json::object(out, |object| span_event(object, event))
        });
        count(object, "droppedEventsCount", self.dropped_events());
        object
            .array("links", self.links().iter(), |out, each| json::object(out, |object| link(object, each)));
        count(object, "droppedLinksCount", self.dropped_links());
        object.object("status", |object| status(object, self.status()));
    }
}

impl Item for EventRef<'_> {
    const ARRAYS: [&'static str; 3] = ["resourceLogs", "scopeLogs", "logRecords"];

    fn target(&self) -> &str {
        EventRef::target(self)
    }

    fn write(&self, object: &mut Object<'_>) {
        object.quoted("timeUnixNano", self.unix_nanos());
        // It is observed where it happens.
        object.quoted("observedTimeUnixNano", self.unix_nanos());
        object.bare("severityNumber", severity(self.level()));
        object.text("severityText", self.level().as_str());
        object.object("body", |body| text(body, "stringValue", self.message()));
        attributes(object, self.attributes());
        count(object, "droppedAttributesCount", self.dropped_attributes());
        count(object, "flags", self.trace_flags().into());
        if self.trace_id().is_some() {
            object.quoted("traceId", self.trace_id());
        }
        if self.span_id().is_some() {
            object.quoted("spanId", self.span_id());
        }
        // An event that is named by what it says has no name of its own.
        if self.name() != self.message() {
            text(object, "eventName", self.name());
        }
    }
}

fn span_event(object: &mut Object<'_>, event: EventRef<'_>) {
    object.quoted("timeUnixNano", event.unix_nanos());
    text(object, "name", event.name());
    attributes(object, event.attributes());
    count(object, "droppedAttributesCount", event.dropped_attributes());
}

fn link(object: &mut Object<'_>, link: &Link) {
    object.quoted("traceId", link.trace_id);
    object.quoted("spanId", link.span_id);
}

fn status(object: &mut Object<'_>, status: Status<'_>) {
    match status {
        Status::Unset => {}
        Status::Ok => object.bare("code", STATUS_OK),
        Status::Error(said) => {
            text(object, "message", said);
            object.bare("code", STATUS_ERROR);
        }
    }
}

/// The numbers of `SpanKind`.
fn kind(kind: SpanKind) -> u32 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// The numbers of `SeverityNumber`, the first of each range.
fn severity(level: Level) -> u32 {
    match level {
        Level::ERROR => 17,
        Level::WARN => 13,
        Level::INFO => 9,
        Level::DEBUG => 5,
        _ => 1,
    }
}

fn attributes(object: &mut Object<'_>, attributes: Attributes<'_>) {
    object.array("attributes", attributes, |out, (key, value)| key_value(out, key, value));
}

pub(super) fn key_value(out: &mut String, key: &str, value: AttributeRef<'_>) {
    json::object(out, |object| {
        object.text("key", key);
        object.object("value", |any| match value {
            AttributeRef::Str(value) => any.text("stringValue", value),
            AttributeRef::Bool(value) => any.bare("boolValue", value),
            AttributeRef::I64(value) => any.quoted("intValue", value),
            AttributeRef::F64(value) => any.float("doubleValue", value),
        });
    });
}

/// Text where there is any.
pub(super) fn text(object: &mut Object<'_>, key: &str, value: &str) {
    if !value.is_empty() {
        object.text(key, value);
    }
}

/// A number where it is not zero.
fn count(object: &mut Object<'_>, key: &str, value: u32) {
    if value > 0 {
        object.bare(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_left_out_where_nobody_set_it() {
        for (its, json) in [
            (Status::Unset, "{}"),
            (Status::Ok, r#"{"code":1}"#),
            (Status::Error(""), r#"{"code":2}"#),
            (Status::Error("full"), r#"{"message":"full","code":2}"#),
        ] {
            let mut out = String::new();
            json::object(&mut out, |object| status(object, its));
            assert_eq!(out, json);
        }
    }
}
