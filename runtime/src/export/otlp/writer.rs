//! Spans as the bytes of an `ExportTraceServiceRequest`, straight into one buffer.
//!
//! A message inside another has its length before it, which is known only afterwards: room is left for the length that
//! is likely, and what was written moves in the rare case that it needs more or less. So every length is of the
//! shortest form and nothing is computed twice.
//!
//! Sources: [protobuf's encoding](https://protobuf.dev/programming-guides/encoding/); `trace.proto`, `common.proto`,
//! `resource.proto` and `trace_service.proto` of
//! [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto) 1.9.

use std::borrow::Cow;

use crate::span::{AttributeRef, SpanRef, Status};

// Field numbers, named by message and field.
const REQUEST_RESOURCE_SPANS: u32 = 1;
const RESOURCE_SPANS_RESOURCE: u32 = 1;
const RESOURCE_SPANS_SCOPE_SPANS: u32 = 2;
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_SPANS_SCOPE: u32 = 1;
const SCOPE_SPANS_SPANS: u32 = 2;
const SCOPE_NAME: u32 = 1;
const SPAN_TRACE_ID: u32 = 1;
const SPAN_SPAN_ID: u32 = 2;
const SPAN_PARENT_SPAN_ID: u32 = 4;
const SPAN_NAME: u32 = 5;
const SPAN_KIND: u32 = 6;
const SPAN_START_TIME_UNIX_NANO: u32 = 7;
const SPAN_END_TIME_UNIX_NANO: u32 = 8;
const SPAN_ATTRIBUTES: u32 = 9;
const SPAN_DROPPED_ATTRIBUTES_COUNT: u32 = 10;
const SPAN_STATUS: u32 = 15;
const SPAN_FLAGS: u32 = 16;
const STATUS_MESSAGE: u32 = 2;
const STATUS_CODE: u32 = 3;
const KEY_VALUE_KEY: u32 = 1;
const KEY_VALUE_VALUE: u32 = 2;
const ANY_VALUE_STRING: u32 = 1;
const ANY_VALUE_BOOL: u32 = 2;
const ANY_VALUE_INT: u32 = 3;
const ANY_VALUE_DOUBLE: u32 = 4;

/// `SPAN_KIND_INTERNAL`.
const KIND_INTERNAL: u64 = 1;
/// `STATUS_CODE_ERROR`.
const STATUS_ERROR: u64 = 2;
/// W3C's "sampled" in the low byte, and `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: that the parent is not remote is known.
const FLAGS: u32 = 0x001 | 0x100;

/// The wire types of protobuf.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// How many bytes a nested message's length is likely to take: below 128 bytes, below 16 KiB, below 2 MiB.
#[derive(Clone, Copy)]
enum Likely {
    Small = 1,
    Medium = 2,
    Large = 3,
}

/// The bytes of a `Resource`, which are the same in all requests.
pub(super) fn resource(attributes: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in attributes {
        let value = AttributeValue::Str(Cow::Owned(value.clone()));
        key_value(&mut out, RESOURCE_ATTRIBUTES, key, &value);
    }
    out
}

/// Replaces `out` with a request that has the first of `spans`, as many as fit into `limit` bytes but one at least, and
/// gives back how many those are. Neighbours with the same target share a scope.
pub(super) fn request(out: &mut Vec<u8>, resource: &[u8], spans: &[SpanRef<'_>], limit: usize) -> usize {
    out.clear();
    let mut taken = 0;
    message(out, REQUEST_RESOURCE_SPANS, Likely::Large, |out| {
        bytes(out, RESOURCE_SPANS_RESOURCE, resource);
        while let Some(first) = spans.get(taken) {
            let before = out.len();
            let start = taken;
            message(out, RESOURCE_SPANS_SCOPE_SPANS, Likely::Large, |out| {
                message(out, SCOPE_SPANS_SCOPE, Likely::Small, |out| {
                    text(out, SCOPE_NAME, first.target());
                });
                let of_scope = spans[start..].iter().take_while(|span| span.target() == first.target()());
                taken += scope_spans(out, of_scope, limit, start == 0);
            });
            if taken == start {
                out.truncate(before);
                break;
            }
        }
    });
    taken
}

/// Writes as many spans as fit; the first in any case, where it is `needed`.
fn scope_spans<'a>(
    out: &mut Vec<u8>,
    spans: impl Iterator<Item = &'a SpanRef<'a>>,
    limit: usize,
    needed: bool,
) -> usize {
    // The lengths of the messages around may still grow by these bytes.
    const SLACK: usize = 8;
    let mut taken = 0;
    for data in spans {
        let before = out.len();
        span(out, data);
        if out.len() + SLACK > limit && !(needed && taken == 0) {
            out.truncate(before);
            break;
        }
        taken += 1;
    }
    taken
}

fn span(out: &mut Vec<u8>, span: &SpanData) {
    message(out, SCOPE_SPANS_SPANS, Likely::Medium, |out| {
        bytes(out, SPAN_TRACE_ID, &span.trace_id.to_bytes());
        bytes(out, SPAN_SPAN_ID, &span.span_id.to_bytes());
        if span.parent.is_some() {
            bytes(out, SPAN_PARENT_SPAN_ID, &span.parent.to_bytes());
        }
        text(out, SPAN_NAME, &span.name);
        integer(out, SPAN_KIND, KIND_INTERNAL);
        fixed64(out, SPAN_START_TIME_UNIX_NANO, span.start_unix_nanos);
        fixed64(out, SPAN_END_TIME_UNIX_NANO, span.end_unix_nanos);
        for (key, value) in &span.attributes {
            key_value(out, SPAN_ATTRIBUTES, key, value);
        }
        if span.dropped_attributes > 0 {
            integer(out, SPAN_DROPPED_ATTRIBUTES_COUNT, span.dropped_attributes.into());
        }
        status(out, span);
        tag(out, SPAN_FLAGS, Wire::Fixed32);
        out.extend_from_slice(&FLAGS.to_le_bytes());
    });
}

/// A span that went well leaves its status unset, as the specification asks of instrumentation.
fn status(out: &mut Vec<u8>, span: &SpanData) {
    let otherwise = match span.outcome {
        Outcome::Ok => return,
        Outcome::Error => "",
        Outcome::Cancelled | Outcome::Panicked => span.outcome.as_str(),
    };
    let said = span.status_message.as_deref().filter(|message| !message.is_empty());
    message(out, SPAN_STATUS, Likely::Small, |out| {
        text(out, STATUS_MESSAGE, said.unwrap_or(otherwise));
        integer(out, STATUS_CODE, STATUS_ERROR);
    });
}

fn key_value(out: &mut Vec<u8>, field: u32, key: &str, value: &AttributeValue) {
    message(out, field, Likely::Small, |out| {
        text(out, KEY_VALUE_KEY, key);
        message(out, KEY_VALUE_VALUE, Likely::Small, |out| any_value(out, value));
    });
}

/// One of several: written even where it is its type's default.
fn any_value(out: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::Str(value) => bytes(out, ANY_VALUE_STRING, value.as_bytes()),
        AttributeValue::Bool(value) => integer(out, ANY_VALUE_BOOL, (*value).into()),
        AttributeValue::I64(value) => integer(out, ANY_VALUE_INT, *value as u64),
        AttributeValue::F64(value) => fixed64(out, ANY_VALUE_DOUBLE, value.to_bits()),
    }
}

/// Text where there is any: the absent and the empty are the same outside of a `oneof`.
fn text(out: &mut Vec<u8>, field: u32, value: &str) {
    if !value.is_empty() {
        bytes(out, field, value.as_bytes());
    }
}

fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    tag(out, field, Wire::Bytes);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn integer(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, Wire::Varint);
    varint(out, value);
}

fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, Wire::Fixed64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A nested message: its tag, its length, and what `content` writes.
fn message(out: &mut Vec<u8>, field: u32, likely: Likely, content: impl FnOnce(&mut Vec<u8>)) {
    const ROOM: [u8; 3] = [0; 3];
    let likely = likely as usize;
    tag(out, field, Wire::Bytes);
    let at = out.len();
    out.extend_from_slice(&ROOM[..likely]);
    content(out);
    let length = out.len() - at - likely;
    let mut encoded = [0; 10];
    let encoded = encode_varint(length as u64, &mut encoded);
    if encoded.len() == likely {
        out[at..at + likely].copy_from_slice(encoded);
    } else {
        out.splice(at..at + likely, encoded.iter().copied());
    }
}

fn tag(out: &mut Vec<u8>, field: u32, wire: Wire) {
    varint(out, u64::from(field << 3 | wire as u32));
}

fn varint(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        out.extend_from_slice(encode_varint(value, &mut [0; 10]));
    }
}

/// Seven bits a byte, the lowest first; all but the last have the top bit set.
fn encode_varint(mut value: u64, room: &mut [u8; 10]) -> &[u8] {
    let mut length = 1;
    for byte in room.iter_mut() {
        *byte = value as u8 & 0x7f;
        value >>= 7;
        if value == 0 {
            break;
        }
        *byte |= 0x80;
        length += 1;
    }
    &room[..length]
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{
        AnyValue, InstrumentationScope, KeyValue, any_value::Value,
    };
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message as _;
    use spanwright_core::ids::{SpanId, TraceId};

    use super::*;

    const NO_LIMIT: usize = usize::MAX;

    fn example() -> SpanData {
        SpanData {
            trace_id: TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 },
            span_id: SpanId(0x1112_1314_1516_1718),
            parent: SpanId::NONE,
            name: "get".into(),
            target: "shop",
            start_unix_nanos: 1,
            end_unix_nanos: 2,
            outcome: Outcome::Cancelled,
            status_message: None,
            attributes: vec![
                ("n".into(), AttributeValue::I64(-1)),
                ("s".into(), AttributeValue::Str("".into())),
            ],
            dropped_attributes: 0,
        }
    }

    fn written(resource_attributes: &[(String, String)], spans: &[SpanData]) -> Vec<u8> {
        let spans: Vec<_> = spans.iter().collect();
        let mut out = b"what was there before".to_vec();
        assert_eq!(request(&mut out, &resource(resource_attributes), &spans, NO_LIMIT), spans.len());
        out
    }

    #[test]
    fn a_request_is_these_bytes() {
        #[rustfmt::skip]
        let expected: &[&[u8]] = &[
            b"\x0a\x8b\x01",                                  // resource_spans, 139 bytes
              b"\x0a\x18",                                    //   resource
                b"\x0a\x16\x0a\x0cservice.name\x12\x06\x0a\x04shop",
              b"\x12\x6f",                                    //   scope_spans
                b"\x0a\x06\x0a\x04shop",                      //     scope { name }
                b"\x12\x65",                                  //     span
                  b"\x0a\x10\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10",
                  b"\x12\x08\x11\x12\x13\x14\x15\x16\x17\x18",
                  b"\x2a\x03get",
                  b"\x30\x01",                                //       kind: internal
                  b"\x39\x01\0\0\0\0\0\0\0",                  //       start
                  b"\x41\x02\0\0\0\0\0\0\0",                  //       end
                  b"\x4a\x10\x0a\x01n\x12\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                  b"\x4a\x07\x0a\x01s\x12\x02\x0a\x00",
                  b"\x7a\x0d\x12\x09cancelled\x18\x02",         //       status
                  b"\x85\x01\x01\x01\0\0",                    //       flags
        ];
        let resource = [("service.name".to_owned(), "shop".to_owned())];
        assert_eq!(written(&resource, &[example()]), expected.concat());
    }

    fn string(text: &str) -> Option<AnyValue> {
        Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) })
    }

    fn expected_attribute((key, value): &(Cow<'static, str>, AttributeValue)) -> KeyValue {
        let value = match value {
            AttributeValue::Bool(value) => Value::BoolValue(*value),
            AttributeValue::I64(value) => Value::IntValue(*value),
            AttributeValue::F64(value) => Value::DoubleValue(*value),
            AttributeValue::Str(value) => Value::StringValue(value.to_string()),
        };
        KeyValue { key: key.to_string(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    /// What the span should be to a receiver, every field named.
    fn expected_span(data: &SpanData) -> Span {
        let said = data.status_message.clone().unwrap_or_default();
        let message = match data.outcome {
            Outcome::Cancelled if said.is_empty() => "cancelled".to_owned(),
            Outcome::Panicked if said.is_empty() => "panicked".to_owned(),
            _ => said,
        };
        Span {
            trace_id: data.trace_id.to_string().as_bytes().chunks(2).map(hex).collect(),
            span_id: data.span_id.to_string().as_bytes().chunks(2).map(hex).collect(),
            trace_state: String::new(),
            parent_span_id: match data.parent.0 {
                0 => Vec::new(),
                _ => data.parent.to_string().as_bytes().chunks(2).map(hex).collect(),
            },
            flags: 0x101,
            name: data.name.to_string(),
            kind: 1,
            start_time_unix_nano: data.start_unix_nanos,
            end_time_unix_nano: data.end_unix_nanos,
            attributes: data.attributes.iter().map(expected_attribute).collect(),
            dropped_attributes_count: data.dropped_attributes,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: (data.outcome != Outcome::Ok).then_some(Status { message, code: 2 }),
        }
    }

    fn hex(digits: &[u8]) -> u8 {
        u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
    }

    fn expected(resource: &[(String, String)], scopes: &[(&str, &[SpanData])]) -> ExportTraceServiceRequest {
        let attribute = |(key, value): &(String, String)| KeyValue {
            key: key.clone(),
            value: string(value),
            ..KeyValue::default()
        };
        let scope = |(target, spans): &(&str, &[SpanData])| ScopeSpans {
            scope: Some(InstrumentationScope {
                name: (*target).to_owned(),
                ..InstrumentationScope::default()
            }),
            spans: spans.iter().map(expected_span).collect(),
            schema_url: String::new(),
        };
        let all = ResourceSpans {
            resource: Some(Resource {
                attributes: resource.iter().map(attribute).collect(),
                ..Resource::default()
            }),
            scope_spans: scopes.iter().map(scope).collect(),
            schema_url: String::new(),
        };
        ExportTraceServiceRequest { resource_spans: vec![all] }
    }

    fn decoded(bytes: &[u8]) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(bytes).expect("what was written is a request")
    }

    #[test]
    fn neighbours_with_the_same_target_share_a_scope() {
        let spans: Vec<_> =
            ["a", "a", "", "b", "a"].into_iter().map(|target| SpanData { target, ..example() }).collect();
        let scopes = [("a", &spans[..2]), ("", &spans[2..3]), ("b", &spans[3..4]), ("a", &spans[4..])];
        assert_eq!(decoded(&written(&[], &spans)), expected(&[], &scopes));
    }

    #[test]
    fn lengths_of_every_width_are_right() {
        for length in [0, 90, 110, 127, 128, 129, 16_200, 16_383, 16_384, 2_097_000, 2_097_151, 2_097_152] {
            let long = SpanData { name: "x".repeat(length).into(), ..example() };
            let spans = [example(), long, example()];
            let bytes = written(&[], &spans);
            let expected = expected(&[], &[("shop", &spans)]);
            assert_eq!(decoded(&bytes), expected, "{length}");
            assert_eq!(bytes.len(), expected.encoded_len(), "{length}");
        }
    }

    #[test]
    fn a_request_stops_before_its_limit() {
        let spans: Vec<_> = (0..100)
            .map(|at| SpanData {
                target: ["a", "b", "c"][at / 40],
                span_id: SpanId(at as u64 + 1),
                ..example()
            })
            .collect();
        for limit in [0, 1, 100, 127, 128, 300, 1000, 4000, 10_000] {
            let (mut rest, mut out): (Vec<_>, _) = (spans.iter().collect(), Vec::new());
            let mut ids = Vec::new();
            while !rest.is_empty() {
                let taken = request(&mut out, &[], &rest, limit);
                assert!(
                    taken == 1 || (taken > 1 && out.len() <= limit),
                    "{taken} spans, {} bytes",
                    out.len()
                );
                let request = decoded(&out);
                let scopes = &request.resource_spans[0].scope_spans;
                assert!(scopes.iter().all(|scope| !scope.spans.is_empty()));
                ids.extend(scopes.iter().flat_map(|scope| &scope.spans).map(|span| span.span_id.clone()));
                rest.drain(..taken);
            }
            let all: Vec<_> = spans.iter().map(|span| span.span_id.to_bytes().to_vec()).collect();
            assert_eq!(ids, all, "limit {limit}");
        }
    }

    #[test]
    fn no_spans_are_no_scopes() {
        assert_eq!(decoded(&written(&[], &[])), expected(&[], &[]));
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[\\x00-\\x1f\"\\\\é☃]{0,20}",
            (0..3000_usize).prop_map(|n| "ä".repeat(n))
        ]
    }

    fn any_attribute() -> impl Strategy<Value = (Cow<'static, str>, AttributeValue)> {
        let value = prop_oneof![
            any::<bool>().prop_map(AttributeValue::Bool),
            any::<i64>().prop_map(AttributeValue::I64),
            // NaN is not equal to itself; its bits have a test below.
            any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(AttributeValue::F64),
            any_text().prop_map(|text| AttributeValue::Str(text.into())),
        ];
        (any_text().prop_map(Cow::Owned), value)
    }

    prop_compose! {
        fn any_span()(
            ids in any::<(u64, u64, u64, u64)>(),
            root in any::<bool>(),
            name in any_text(),
            times in any::<(u64, u64)>(),
            outcome in prop_oneof![
                Just(Outcome::Ok), Just(Outcome::Error), Just(Outcome::Cancelled), Just(Outcome::Panicked)
            ],
            status_message in proptest::option::of(any_text()),
            attributes in vec(any_attribute(), 0..8),
            dropped_attributes in any::<u32>(),
        ) -> SpanData {
            SpanData {
                trace_id: TraceId { high: ids.0, low: ids.1 },
                span_id: SpanId(ids.2),
                parent: if root { SpanId::NONE } else { SpanId(ids.3) },
                name: name.into(),
                target: "target",
                start_unix_nanos: times.0,
                end_unix_nanos: times.1,
                outcome,
                status_message,
                attributes,
                dropped_attributes,
            }
        }
    }

    proptest! {
        #[test]
        fn an_independent_reader_finds_every_field(
            resource in vec((any_text(), any_text()), 0..4),
            spans in vec(any_span(), 1..6),
        ) {
            let bytes = written(&resource, &spans);
            let expected = expected(&resource, &[("target", &spans)]);
            prop_assert_eq!(decoded(&bytes), expected.clone());
            prop_assert_eq!(bytes.len(), expected.encoded_len());
        }

        #[test]
        fn every_float_keeps_its_bits(bits: u64) {
            let mut out = Vec::new();
            any_value(&mut out, &AttributeValue::F64(f64::from_bits(bits)));
            let Some(Value::DoubleValue(value)) = AnyValue::decode(&*out).unwrap().value else { panic!("{out:?}") };
            prop_assert_eq!(value.to_bits(), bits);
        }
    }
}
