//! Spans, as the message `Span`.
//!
//! Source: `trace.proto` of [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9.

use super::attributes::{ids, key_value};
use super::request::Item;
use crate::export::protobuf::{
    Likely, Wire, bytes, count, fixed32, fixed64, integer, message, short_tag, text,
};
use crate::span::{EventRef, Link, SpanKind, SpanRef, Status};

// Field numbers, named by message and field.
/// `span_id` is the next.
const SPAN_TRACE_ID: u32 = 1;
const SPAN_TRACE_STATE: u32 = 3;
const SPAN_PARENT_SPAN_ID: u32 = 4;
const SPAN_NAME: u32 = 5;
const SPAN_KIND: u32 = 6;
const SPAN_START_TIME_UNIX_NANO: u32 = 7;
const SPAN_END_TIME_UNIX_NANO: u32 = 8;
const SPAN_ATTRIBUTES: u32 = 9;
const SPAN_DROPPED_ATTRIBUTES_COUNT: u32 = 10;
const SPAN_EVENTS: u32 = 11;
const SPAN_DROPPED_EVENTS_COUNT: u32 = 12;
const SPAN_LINKS: u32 = 13;
const SPAN_DROPPED_LINKS_COUNT: u32 = 14;
const SPAN_STATUS: u32 = 15;
const SPAN_FLAGS: u32 = 16;
const EVENT_TIME_UNIX_NANO: u32 = 1;
const EVENT_NAME: u32 = 2;
const EVENT_ATTRIBUTES: u32 = 3;
const EVENT_DROPPED_ATTRIBUTES_COUNT: u32 = 4;
/// `span_id` is the next.
const LINK_TRACE_ID: u32 = 1;
const STATUS_MESSAGE: u32 = 2;
const STATUS_CODE: u32 = 3;

/// `STATUS_CODE_OK`.
const STATUS_OK: u64 = 1;
/// `STATUS_CODE_ERROR`.
const STATUS_ERROR: u64 = 2;
/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: whether the parent is remote is known.
const HAS_IS_REMOTE: u32 = 0x100;
/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: it is.
const IS_REMOTE: u32 = 0x200;

impl Item for SpanRef<'_> {
    const PLURAL: &'static str = "spans";
    const GRPC_METHOD: &'static str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    #[inline]
    fn target(&self) -> &str {
        SpanRef::target(self)
    }

    #[inline]
    fn write(items: &[Self], out: &mut Vec<u8>, _: impl Fn(&[u8]) -> bool) -> usize {
        let [first, ..] = items else { return 0 };
        span(out, first);
        1
    }
}

#[inline]
fn span(out: &mut Vec<u8>, span: &SpanRef<'_>) {
    ids(out, SPAN_TRACE_ID, span.trace_id(), span.span_id());
    text(out, SPAN_TRACE_STATE, span.trace_state());
    if span.parent().is_some() {
        bytes(out, SPAN_PARENT_SPAN_ID, &span.parent().to_bytes());
    }
    text(out, SPAN_NAME, span.name());
    out.extend_from_slice(&kind_and_times(span));
    for (key, value) in span.attributes() {
        key_value(out, SPAN_ATTRIBUTES, key, value);
    }
    count(out, SPAN_DROPPED_ATTRIBUTES_COUNT, span.dropped_attributes());
    for event in span.events() {
        message(out, SPAN_EVENTS, Likely::Small, |out| self::event(out, &event));
    }
    count(out, SPAN_DROPPED_EVENTS_COUNT, span.dropped_events());
    for link in span.links() {
        message(out, SPAN_LINKS, Likely::Small, |out| self::link(out, link));
    }
    count(out, SPAN_DROPPED_LINKS_COUNT, span.dropped_links());
    status(out, span.status());
    fixed32(out, SPAN_FLAGS, flags(span));
}

/// Three fields whose lengths are always the same.
#[inline]
fn kind_and_times(span: &SpanRef<'_>) -> [u8; 20] {
    let mut fields = [0; 20];
    fields[0] = short_tag(SPAN_KIND, Wire::Varint);
    fields[1] = kind(span.kind());
    fields[2] = short_tag(SPAN_START_TIME_UNIX_NANO, Wire::Fixed64);
    fields[3..11].copy_from_slice(&span.start_unix_nanos().to_le_bytes());
    fields[11] = short_tag(SPAN_END_TIME_UNIX_NANO, Wire::Fixed64);
    fields[12..].copy_from_slice(&span.end_unix_nanos().to_le_bytes());
    fields
}

/// The values of the enum `SpanKind`.
#[inline]
fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// An unset status is an absent one: the specification leaves it unset where nothing went wrong.
#[inline]
pub(super) fn status(out: &mut Vec<u8>, status: Status<'_>) {
    let (said, code) = match status {
        Status::Unset => return,
        Status::Ok => ("", STATUS_OK),
        Status::Error(said) => (said, STATUS_ERROR),
    };
    message(out, SPAN_STATUS, Likely::Small, |out| {
        text(out, STATUS_MESSAGE, said);
        integer(out, STATUS_CODE, code);
    });
}

/// W3C's flags in the low byte.
#[inline]
fn flags(span: &SpanRef<'_>) -> u32 {
    let remote = if span.parent_is_remote() { IS_REMOTE } else { 0 };
    u32::from(span.trace_flags()) | HAS_IS_REMOTE | remote
}

/// An event's message is its name, or the attribute `exception.message`: nothing is lost without it.
fn event(out: &mut Vec<u8>, event: &EventRef<'_>) {
    fixed64(out, EVENT_TIME_UNIX_NANO, event.unix_nanos());
    text(out, EVENT_NAME, event.name());
    for (key, value) in event.attributes() {
        key_value(out, EVENT_ATTRIBUTES, key, value);
    }
    count(out, EVENT_DROPPED_ATTRIBUTES_COUNT, event.dropped_attributes());
}

fn link(out: &mut Vec<u8>, link: &Link) {
    ids(out, LINK_TRACE_ID, link.trace_id, link.span_id);
}
