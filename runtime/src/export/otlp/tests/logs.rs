use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::super::attributes::resource;
use super::super::request::request;
use super::data::{
    any_attributes, any_ids, any_text, expected_attributes, expected_resource, expected_scope, id_bytes,
    string,
};
use crate::span::{EventBatch, EventData, Level, SpanId, TraceId};

fn written(attributes: &[(String, String)], events: &[EventData]) -> Vec<u8> {
    let batch: EventBatch = events.iter().cloned().collect();
    let events: Vec<_> = batch.iter().collect();
    let mut out = b"what was there before".to_vec();
    assert_eq!(request(&mut out, &resource(attributes), &events, usize::MAX), events.len());
    out
}

/// What the record should be to a receiver, every field named.
fn expected_record(data: &EventData) -> LogRecord {
    let severities =
        [(Level::TRACE, 1), (Level::DEBUG, 5), (Level::INFO, 9), (Level::WARN, 13), (Level::ERROR, 17)];
    let (level, severity_number) =
        severities.into_iter().find(|(level, _)| *level == data.level).expect("a level");
    LogRecord {
        time_unix_nano: data.unix_nanos,
        observed_time_unix_nano: data.unix_nanos,
        severity_number,
        severity_text: level.as_str().to_owned(),
        body: if data.message.is_empty() { None } else { string(&data.message) },
        attributes: expected_attributes(&data.attributes),
        dropped_attributes_count: data.dropped_attributes,
        flags: data.trace_flags.into(),
        trace_id: if data.trace_id.is_some() { id_bytes(data.trace_id) } else { Vec::new() },
        span_id: if data.span_id.is_some() { id_bytes(data.span_id) } else { Vec::new() },
        event_name: if data.name == "exception" { "exception".to_owned() } else { String::new() },
    }
}

fn expected(resource: &[(String, String)], scopes: &[(&str, &[EventData])]) -> ExportLogsServiceRequest {
    let scope = |(target, events): &(&str, &[EventData])| ScopeLogs {
        scope: expected_scope(target),
        log_records: events.iter().map(expected_record).collect(),
        schema_url: String::new(),
    };
    let all = ResourceLogs {
        resource: expected_resource(resource),
        scope_logs: scopes.iter().map(scope).collect(),
        schema_url: String::new(),
    };
    ExportLogsServiceRequest { resource_logs: vec![all] }
}

fn decoded(bytes: &[u8]) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest::decode(bytes).expect("what was written is a request")
}

#[test]
fn neighbours_with_the_same_target_share_a_scope() {
    let event = |target: &'static str| EventData { target: target.into(), ..EventData::default() };
    let events = [event("a"), event("a"), event("b")];
    let scopes = [("a", &events[..2]), ("b", &events[2..])];
    assert_eq!(decoded(&written(&[], &events)), expected(&[], &scopes));
}

prop_compose! {
    fn any_event()(
        (trace_id, span_id) in prop_oneof![Just((TraceId::NONE, SpanId::NONE)), any_ids()],
        trace_flags in any::<u8>(),
        unix_nanos in any::<u64>(),
        level in prop_oneof![
            Just(Level::TRACE), Just(Level::DEBUG), Just(Level::INFO), Just(Level::WARN), Just(Level::ERROR)
        ],
        name in prop_oneof![Just("exception".to_owned()), any_text()],
        message in any_text(),
        attributes in any_attributes(),
        dropped_attributes in any::<u32>(),
    ) -> EventData {
        EventData {
            trace_id, span_id, trace_flags, unix_nanos, level, attributes, dropped_attributes,
            target: "target".into(),
            name: name.into(),
            message: message.into(),
        }
    }
}

proptest! {
    #[test]
    fn an_independent_reader_finds_every_field(
        resource in vec((any_text(), any_text()), 0..4),
        events in vec(any_event(), 1..6),
    ) {
        let bytes = written(&resource, &events);
        let expected = expected(&resource, &[("target", &events)]);
        prop_assert_eq!(decoded(&bytes), expected.clone());
        prop_assert_eq!(bytes.len(), expected.encoded_len());
    }
}
