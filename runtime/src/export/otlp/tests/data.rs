//! Spans and events of every kind, and what their parts should be to a receiver.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{OtlpExporter, OtlpLogExporter, OtlpSettings};
use crate::export::{ExportError, LogExporter as _, SpanExporter as _};
use crate::span::{AttributeValue, EventBatch, EventData, SpanBatch, SpanData, SpanId, TraceId};

/// Longer than anything that works takes.
pub(super) const LONG: Duration = Duration::from_secs(20);
/// Shorter than anything is waited for.
pub(super) const SHORT: Duration = Duration::from_millis(150);

pub(super) fn settings(url: &str) -> OtlpSettings {
    OtlpSettings {
        endpoint: url.to_owned(),
        headers: vec![("x-api-key".into(), "Token secret-123".into())],
        timeout: LONG,
        resource: vec![("service.name".into(), "shop".into())],
        ..OtlpSettings::default()
    }
}

pub(super) fn spans(count: usize) -> SpanBatch {
    let span = |at| SpanData {
        trace_id: TraceId::random(),
        span_id: SpanId(at as u64 + 1),
        name: "work".into(),
        target: if at % 2 == 0 { "even" } else { "odd" }.into(),
        ..SpanData::default()
    };
    (0..count).map(span).collect()
}

pub(super) fn events(count: usize) -> EventBatch {
    let event = |at| EventData {
        message: "worked".into(),
        target: if at % 2 == 0 { "even" } else { "odd" }.into(),
        ..EventData::default()
    };
    (0..count).map(event).collect()
}

pub(super) fn export_spans(
    exporter: &mut OtlpExporter,
    spans: &SpanBatch,
    timeout: Duration,
) -> Result<(), ExportError> {
    exporter.export(&spans.iter().collect::<Vec<_>>(), timeout)
}

pub(super) fn export_events(
    exporter: &mut OtlpLogExporter,
    events: &EventBatch,
    timeout: Duration,
) -> Result<(), ExportError> {
    exporter.export(&events.iter().collect::<Vec<_>>(), timeout)
}

/// What was lost, why, and that the reason has no secret.
#[track_caller]
pub(super) fn assert_lost(result: Result<(), ExportError>, lost: usize, reasons: &[&str]) {
    let error = result.expect_err("something is lost");
    assert_eq!(error.lost, lost, "{error}");
    for reason in reasons {
        assert!(error.reason.contains(reason), "{error}");
    }
    assert!(!error.reason.contains("secret-123"), "{error}");
}

pub(super) type Attribute = (Cow<'static, str>, AttributeValue);

pub(super) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\"\\\\é☃]{0,20}",
        (0..3000_usize).prop_map(|n| "ä".repeat(n)),
        // Around the lengths that take another byte, those of the messages around included.
        (90..130_usize).prop_map(|n| "x".repeat(n)),
    ]
}

fn any_attribute() -> impl Strategy<Value = Attribute> {
    let value = prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::I64),
        // NaN is not equal to itself; its bits have a test of their own.
        any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(AttributeValue::F64),
        any_text().prop_map(|text| AttributeValue::Str(text.into())),
    ];
    (any_text().prop_map(Cow::Owned), value)
}

/// Attributes without a key twice.
pub(super) fn any_attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec(any_attribute(), 0..8).prop_map(|mut attributes| {
        let mut seen = std::collections::HashSet::new();
        attributes.retain(|(key, _)| seen.insert(key.clone()));
        attributes
    })
}

pub(super) fn any_ids() -> impl Strategy<Value = (TraceId, SpanId)> {
    any::<(u64, u64, u64)>().prop_map(|(high, low, span)| (TraceId { high, low }, SpanId(span)))
}

pub(super) fn expected_attributes(attributes: &[Attribute]) -> Vec<KeyValue> {
    let expected = |(key, value): &Attribute| {
        let value = match value {
            AttributeValue::Bool(value) => Value::BoolValue(*value),
            AttributeValue::I64(value) => Value::IntValue(*value),
            AttributeValue::F64(value) => Value::DoubleValue(*value),
            AttributeValue::Str(value) => Value::StringValue(value.to_string()),
        };
        KeyValue { key: key.to_string(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    };
    attributes.iter().map(expected).collect()
}

pub(super) fn expected_resource(attributes: &[(String, String)]) -> Option<Resource> {
    let attribute = |(key, value): &(String, String)| KeyValue {
        key: key.clone(),
        value: string(value),
        ..KeyValue::default()
    };
    Some(Resource { attributes: attributes.iter().map(attribute).collect(), ..Resource::default() })
}

pub(super) fn expected_scope(target: &str) -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: target.to_owned(), ..InstrumentationScope::default() })
}

pub(super) fn string(text: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) })
}

/// The bytes that an id's hexadecimal text stands for.
pub(super) fn id_bytes(id: impl ToString) -> Vec<u8> {
    let text = id.to_string();
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}
