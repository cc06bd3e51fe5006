use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link as SpanLink};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::super::attributes::{any_value, resource};
use super::super::request::request;
use super::super::spans::status;
use super::data::{
    any_attributes, any_ids, any_text, expected_attributes, expected_resource, expected_scope, id_bytes,
};
use crate::span::{
    AttributeRef, AttributeValue, EventData, Link, Outcome, SpanBatch, SpanData, SpanId, SpanKind, TraceId,
};

const NO_LIMIT: usize = usize::MAX;

fn example() -> SpanData {
    SpanData {
        trace_id: TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 },
        span_id: SpanId(0x1112_1314_1516_1718),
        name: "get".into(),
        target: "shop".into(),
        start_unix_nanos: 1,
        end_unix_nanos: 2,
        outcome: Outcome::Cancelled,
        error: Some("cancelled".into()),
        attributes: vec![("n".into(), AttributeValue::I64(-1)), ("s".into(), AttributeValue::Str("".into()))],
        ..SpanData::default()
    }
}

fn written(attributes: &[(String, String)], spans: &[SpanData]) -> Vec<u8> {
    let batch: SpanBatch = spans.iter().cloned().collect();
    let spans: Vec<_> = batch.iter().collect();
    let mut out = b"what was there before".to_vec();
    assert_eq!(request(&mut out, &resource(attributes), &spans, NO_LIMIT), spans.len());
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

/// What the span should be to a receiver, every field named.
fn expected_span(data: &SpanData) -> Span {
    let status = match (&data.error, data.outcome) {
        (Some(said), _) => Some(Status { message: said.clone(), code: 2 }),
        (None, Outcome::Ok) => None,
        (None, outcome) => Some(Status { message: outcome.as_str().to_owned(), code: 2 }),
    };
    let kinds =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    let is_remote = if data.parent_is_remote { 0x200 } else { 0 };
    Span {
        trace_id: id_bytes(data.trace_id),
        span_id: id_bytes(data.span_id),
        trace_state: data.trace_state.to_string(),
        parent_span_id: match data.parent {
            SpanId::NONE => Vec::new(),
            parent => id_bytes(parent),
        },
        flags: 0x100 + is_remote + u32::from(data.trace_flags),
        name: data.name.to_string(),
        kind: 1 + kinds.iter().position(|kind| *kind == data.kind).expect("a kind") as i32,
        start_time_unix_nano: data.start_unix_nanos,
        end_time_unix_nano: data.end_unix_nanos,
        attributes: expected_attributes(&data.attributes),
        dropped_attributes_count: data.dropped_attributes,
        events: data.events.iter().map(expected_event).collect(),
        dropped_events_count: data.dropped_events,
        links: data.links.iter().map(expected_link).collect(),
        dropped_links_count: data.dropped_links,
        status,
    }
}

fn expected_event(data: &EventData) -> Event {
    Event {
        time_unix_nano: data.unix_nanos,
        name: data.name.to_string(),
        attributes: expected_attributes(&data.attributes),
        dropped_attributes_count: data.dropped_attributes,
    }
}

fn expected_link(link: &Link) -> SpanLink {
    SpanLink { trace_id: id_bytes(link.trace_id), span_id: id_bytes(link.span_id), ..SpanLink::default() }
}

fn expected(resource: &[(String, String)], scopes: &[(&str, &[SpanData])]) -> ExportTraceServiceRequest {
    let scope = |(target, spans): &(&str, &[SpanData])| ScopeSpans {
        scope: expected_scope(target),
        spans: spans.iter().map(expected_span).collect(),
        schema_url: String::new(),
    };
    let all = ResourceSpans {
        resource: expected_resource(resource),
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
    let targets = ["a", "a", "", "b", "a"].into_iter();
    let spans: Vec<_> = targets.map(|target| SpanData { target: target.into(), ..example() }).collect();
    let scopes = [("a", &spans[..2]), ("", &spans[2..3]), ("b", &spans[3..4]), ("a", &spans[4..])];
    assert_eq!(decoded(&written(&[], &spans)), expected(&[], &scopes));
}

#[test]
fn lengths_of_every_width_are_right() {
    for length in [0, 90, 110, 127, 128, 129, 16_200, 16_383, 16_384, 2_097_000, 2_097_151, 2_097_152] {
        let text = "x".repeat(length);
        let attribute = SpanData {
            attributes: vec![(text.clone().into(), AttributeValue::Str(text.clone().into()))],
            ..example()
        };
        let event = EventData { name: text.clone().into(), unix_nanos: 1, ..EventData::default() };
        let spans = [
            example(),
            SpanData { name: text.clone().into(), ..example() },
            attribute,
            SpanData { events: vec![event], ..example() },
            SpanData { error: Some(text.clone()), ..example() },
            SpanData { trace_state: text.into(), ..example() },
        ];
        let bytes = written(&[], &spans);
        let expected = expected(&[], &[("shop", &spans)]);
        assert!(decoded(&bytes) == expected, "{length}");
        assert_eq!(bytes.len(), expected.encoded_len(), "{length}");
    }
}

#[test]
fn a_request_stops_before_its_limit() {
    let span = |at: usize| SpanData {
        target: ["a", "b", "c"][at / 40].into(),
        span_id: SpanId(at as u64 + 1),
        ..example()
    };
    let batch: SpanBatch = (0..100).map(span).collect();
    for limit in [0, 1, 100, 127, 128, 300, 1000, 4000, 10_000] {
        let (mut rest, mut out): (Vec<_>, _) = (batch.iter().collect(), Vec::new());
        let mut ids = Vec::new();
        while !rest.is_empty() {
            let taken = request(&mut out, &[], &rest, limit);
            assert!(taken == 1 || (taken > 1 && out.len() <= limit), "{taken} spans, {} bytes", out.len());
            let request = decoded(&out);
            let scopes = &request.resource_spans[0].scope_spans;
            assert!(scopes.iter().all(|scope| !scope.spans.is_empty()));
            ids.extend(scopes.iter().flat_map(|scope| &scope.spans).map(|span| span.span_id.clone()));
            rest.drain(..taken);
        }
        let all: Vec<_> = batch.iter().map(|span| span.span_id().to_bytes().to_vec()).collect();
        assert_eq!(ids, all, "limit {limit}");
    }
}

#[test]
fn no_spans_are_no_scopes() {
    assert_eq!(decoded(&written(&[], &[])), expected(&[], &[]));
}

prop_compose! {
    fn any_event()(
        name in any_text(),
        unix_nanos in any::<u64>(),
        attributes in any_attributes(),
        dropped_attributes in any::<u32>(),
    ) -> EventData {
        EventData { name: name.into(), unix_nanos, attributes, dropped_attributes, ..EventData::default() }
    }
}

prop_compose! {
    fn any_span()(
        (trace_id, span_id) in any_ids(),
        parent in prop_oneof![Just(SpanId::NONE), any::<u64>().prop_map(SpanId)],
        (parent_is_remote, trace_flags) in any::<(bool, u8)>(),
        (name, trace_state) in (any_text(), any_text()),
        (start_unix_nanos, end_unix_nanos) in any::<(u64, u64)>(),
        kind in prop_oneof![
            Just(SpanKind::Internal), Just(SpanKind::Server), Just(SpanKind::Client), Just(SpanKind::Producer),
            Just(SpanKind::Consumer)
        ],
        outcome in prop_oneof![
            Just(Outcome::Ok), Just(Outcome::Error), Just(Outcome::Cancelled), Just(Outcome::Panicked)
        ],
        error in proptest::option::of(any_text()),
        attributes in any_attributes(),
        events in vec(any_event(), 0..3),
        links in vec(any_ids().prop_map(|(trace_id, span_id)| Link { trace_id, span_id }), 0..3),
        dropped in any::<(u32, u32, u32)>(),
    ) -> SpanData {
        SpanData {
            trace_id, span_id, parent, parent_is_remote, trace_flags, kind, start_unix_nanos, end_unix_nanos, outcome,
            error, attributes, events, links,
            name: name.into(),
            trace_state: trace_state.into(),
            target: "target".into(),
            dropped_attributes: dropped.0,
            dropped_events: dropped.1,
            dropped_links: dropped.2,
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
        any_value(&mut out, AttributeRef::F64(f64::from_bits(bits)));
        let Some(Value::DoubleValue(value)) = AnyValue::decode(&*out).unwrap().value else { panic!("{out:?}") };
        prop_assert_eq!(value.to_bits(), bits);
    }
}

#[test]
fn a_status_is_absent_where_nobody_set_it() {
    for (set, expected) in [
        (crate::span::Status::Unset, None),
        (crate::span::Status::Ok, Some(Status { message: String::new(), code: 1 })),
        (crate::span::Status::Error(""), Some(Status { message: String::new(), code: 2 })),
        (crate::span::Status::Error("broken"), Some(Status { message: "broken".into(), code: 2 })),
    ] {
        let mut out = Vec::new();
        status(&mut out, set);
        assert_eq!(Span::decode(&*out).unwrap().status, expected, "{set:?}");
    }
}
