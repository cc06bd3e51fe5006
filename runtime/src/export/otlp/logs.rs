//! Events, as the message `LogRecord`.
//!
//! Source: `logs.proto` of [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9, and the
//! numbers of [the log data model](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber).

use super::attributes::{any_value, key_value};
use super::request::Item;
use crate::export::protobuf::{Likely, bytes, count, fixed32, fixed64, integer, message, text};
use crate::span::{AttributeRef, EventRef, Level};

// Field numbers, named by message and field.
const RECORD_TIME_UNIX_NANO: u32 = 1;
const RECORD_SEVERITY_NUMBER: u32 = 2;
const RECORD_SEVERITY_TEXT: u32 = 3;
const RECORD_BODY: u32 = 5;
const RECORD_ATTRIBUTES: u32 = 6;
const RECORD_DROPPED_ATTRIBUTES_COUNT: u32 = 7;
const RECORD_FLAGS: u32 = 8;
const RECORD_TRACE_ID: u32 = 9;
const RECORD_SPAN_ID: u32 = 10;
const RECORD_OBSERVED_TIME_UNIX_NANO: u32 = 11;
const RECORD_EVENT_NAME: u32 = 12;

/// The one event whose name says more than its callsite.
const EXCEPTION: &str = "exception";

impl Item for EventRef<'_> {
    const PLURAL: &'static str = "log records";
    const GRPC_METHOD: &'static str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

    #[inline]
    fn target(&self) -> &str {
        EventRef::target(self)
    }

    #[inline]
    fn write(items: &[Self], out: &mut Vec<u8>, _: impl Fn(&[u8]) -> bool) -> usize {
        let [first, ..] = items else { return 0 };
        record(out, first);
        1
    }
}

#[inline]
fn record(out: &mut Vec<u8>, event: &EventRef<'_>) {
    let (number, name) = severity(event.level());
    fixed64(out, RECORD_TIME_UNIX_NANO, event.unix_nanos());
    integer(out, RECORD_SEVERITY_NUMBER, number);
    text(out, RECORD_SEVERITY_TEXT, name);
    if !event.message().is_empty() {
        message(out, RECORD_BODY, Likely::Small, |out| any_value(out, AttributeRef::Str(event.message())));
    }
    for (key, value) in event.attributes() {
        key_value(out, RECORD_ATTRIBUTES, key, value);
    }
    count(out, RECORD_DROPPED_ATTRIBUTES_COUNT, event.dropped_attributes());
    if event.trace_flags() > 0 {
        fixed32(out, RECORD_FLAGS, event.trace_flags().into());
    }
    if event.trace_id().is_some() {
        bytes(out, RECORD_TRACE_ID, &event.trace_id().to_bytes());
    }
    if event.span_id().is_some() {
        bytes(out, RECORD_SPAN_ID, &event.span_id().to_bytes());
    }
    fixed64(out, RECORD_OBSERVED_TIME_UNIX_NANO, event.unix_nanos());
    if event.name() == EXCEPTION {
        text(out, RECORD_EVENT_NAME, EXCEPTION);
    }
}

/// The first number of the level's range, and its name.
#[inline]
fn severity(level: Level) -> (u64, &'static str) {
    let number = match level {
        Level::ERROR => 17,
        Level::WARN => 13,
        Level::INFO => 9,
        Level::DEBUG => 5,
        _ => 1,
    };
    (number, level.as_str())
}
