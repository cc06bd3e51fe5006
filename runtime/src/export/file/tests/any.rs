//! Any spans and events are what `opentelemetry-proto` reads.

use super::*;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\é☃\u{2028}]{0,20}"]
}

fn any_attributes() -> impl Strategy<Value = Vec<(std::borrow::Cow<'static, str>, AttributeValue)>> {
    let value = prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::I64),
        // The decoder has no texts for numbers that are not finite; they have a test of their own.
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(AttributeValue::F64),
        any_text().prop_map(|text| AttributeValue::Str(text.into())),
    ];
    let unique = |(at, (key, value)): (usize, (String, AttributeValue))| (format!("{key}{at}").into(), value);
    vec((any_text(), value), 0..5).prop_map(move |all| all.into_iter().enumerate().map(unique).collect())
}

prop_compose! {
    fn any_event()(
        ids in (0..3_u64, any::<u64>(), 0..3_u64),
        trace_flags: u8,
        unix_nanos: u64,
        level in prop_oneof![
            Just(Level::ERROR), Just(Level::WARN), Just(Level::INFO), Just(Level::DEBUG), Just(Level::TRACE)
        ],
        name in any_text(),
        message in any_text(),
        attributes in any_attributes(),
        dropped_attributes in 0..3_u32,
    ) -> EventData {
        EventData {
            trace_id: TraceId { high: ids.0, low: ids.1.wrapping_mul(ids.0) },
            span_id: SpanId(ids.2),
            trace_flags,
            unix_nanos,
            level,
            target: "target".into(),
            name: name.into(),
            message: message.into(),
            attributes,
            dropped_attributes,
        }
    }
}

prop_compose! {
    fn any_span()(
        ids: (u64, u64, u64),
        parent in 0..3_u64,
        bits: (bool, u8),
        texts in (any_text(), any_text(), proptest::option::of(any_text())),
        kind in prop_oneof![
            Just(SpanKind::Internal), Just(SpanKind::Server), Just(SpanKind::Client),
            Just(SpanKind::Producer), Just(SpanKind::Consumer)
        ],
        outcome in prop_oneof![
            Just(Outcome::Ok), Just(Outcome::Error), Just(Outcome::Cancelled), Just(Outcome::Panicked)
        ],
        times: (u64, u64),
        attributes in any_attributes(),
        events in vec(any_event(), 0..3),
        links in vec(any::<(u64, u64, u64)>(), 0..3),
        dropped in (0..3_u32, 0..3_u32, any::<u32>()),
    ) -> SpanData {
        let link = |(high, low, span)| Link { trace_id: TraceId { high, low }, span_id: SpanId(span) };
        SpanData {
            trace_id: TraceId { high: ids.0, low: ids.1 },
            span_id: SpanId(ids.2),
            parent: SpanId(parent),
            parent_is_remote: bits.0,
            trace_flags: bits.1,
            trace_state: texts.0.into(),
            name: texts.1.into(),
            target: "target".into(),
            kind,
            start_unix_nanos: times.0,
            end_unix_nanos: times.1,
            outcome,
            error: texts.2,
            attributes,
            events,
            links: links.into_iter().map(link).collect(),
            dropped_attributes: dropped.0,
            dropped_events: dropped.1,
            dropped_links: dropped.2,
        }
    }
}

fn key_value((key, value): &(impl ToString, AttributeValue)) -> KeyValue {
    let value = match value {
        AttributeValue::Bool(value) => Value::BoolValue(*value),
        AttributeValue::I64(value) => Value::IntValue(*value),
        AttributeValue::F64(value) => Value::DoubleValue(*value),
        AttributeValue::Str(value) => Value::StringValue(value.to_string()),
    };
    KeyValue { key: key.to_string(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn id(id: &[u8]) -> Vec<u8> {
    if id.iter().all(|byte| *byte == 0) { Vec::new() } else { id.to_vec() }
}

/// What the span should be to a reader, every field named.
fn expected_span(span: &SpanData) -> Span {
    let failed = span.error.is_some() || span.outcome != Outcome::Ok;
    let message = || span.error.clone().unwrap_or_else(|| span.outcome.as_str().to_owned());
    let event = |event: &EventData| Event {
        time_unix_nano: event.unix_nanos,
        name: event.name.to_string(),
        attributes: event.attributes.iter().map(key_value).collect(),
        dropped_attributes_count: event.dropped_attributes,
    };
    let link = |link: &Link| SpanLink {
        trace_id: link.trace_id.to_bytes().to_vec(),
        span_id: link.span_id.to_bytes().to_vec(),
        ..SpanLink::default()
    };
    Span {
        trace_id: span.trace_id.to_bytes().to_vec(),
        span_id: span.span_id.to_bytes().to_vec(),
        trace_state: span.trace_state.to_string(),
        parent_span_id: id(&span.parent.to_bytes()),
        flags: u32::from(span.trace_flags) + 256 + if span.parent_is_remote { 512 } else { 0 },
        name: span.name.to_string(),
        kind: match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: span.start_unix_nanos,
        end_time_unix_nano: span.end_unix_nanos,
        attributes: span.attributes.iter().map(key_value).collect(),
        dropped_attributes_count: span.dropped_attributes,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.dropped_events,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.dropped_links,
        status: failed.then(|| Status { message: message(), code: 2 }),
    }
}

/// What the event should be to a reader, every field named.
fn expected_record(event: &EventData) -> LogRecord {
    let body = Value::StringValue(event.message.to_string());
    let levels =
        [(Level::ERROR, 17), (Level::WARN, 13), (Level::INFO, 9), (Level::DEBUG, 5), (Level::TRACE, 1)];
    LogRecord {
        time_unix_nano: event.unix_nanos,
        observed_time_unix_nano: event.unix_nanos,
        severity_number: levels.iter().find(|(level, _)| *level == event.level).unwrap().1,
        severity_text: event.level.as_str().to_owned(),
        body: (!event.message.is_empty()).then_some(AnyValue { value: Some(body) }),
        attributes: event.attributes.iter().map(key_value).collect(),
        dropped_attributes_count: event.dropped_attributes,
        flags: event.trace_flags.into(),
        trace_id: id(&event.trace_id.to_bytes()),
        span_id: id(&event.span_id.to_bytes()),
        event_name: if event.name == event.message { String::new() } else { event.name.to_string() },
    }
}

fn expected_resource(attributes: &[(String, String)]) -> Option<Resource> {
    let attribute =
        |(key, value): &(String, String)| key_value(&(key, AttributeValue::Str(value.clone().into())));
    Some(Resource { attributes: attributes.iter().map(attribute).collect(), ..Resource::default() })
}

fn expected_scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "target".into(), ..InstrumentationScope::default() })
}

proptest! {
    #[test]
    fn an_independent_reader_finds_every_field_of_spans(
        resource in vec((any_text(), any_text()), 0..4),
        spans in vec(any_span(), 1..4),
    ) {
        let folder = Folder::new();
        let settings = FileSettings { resource: resource.clone(), ..settings(folder.file(), u64::MAX) };
        export(&mut FileExporter::new(settings).unwrap(), &spans).unwrap();
        let scope_spans = vec![ScopeSpans {
            scope: expected_scope(),
            spans: spans.iter().map(expected_span).collect(),
            ..ScopeSpans::default()
        }];
        let resource = expected_resource(&resource);
        let expected = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
        let expected = ExportTraceServiceRequest { resource_spans: vec![expected] };
        prop_assert_eq!(trace_requests(&folder.file()), [expected]);
    }

    #[test]
    fn an_independent_reader_finds_every_field_of_events(
        resource in vec((any_text(), any_text()), 0..4),
        events in vec(any_event(), 1..4),
    ) {
        let folder = Folder::new();
        let settings = FileSettings { resource: resource.clone(), ..settings(folder.file(), u64::MAX) };
        export_logs(&mut FileLogExporter::new(settings).unwrap(), &events).unwrap();
        let scope_logs = vec![ScopeLogs {
            scope: expected_scope(),
            log_records: events.iter().map(expected_record).collect(),
            ..ScopeLogs::default()
        }];
        let resource = expected_resource(&resource);
        let expected = ResourceLogs { resource, scope_logs, ..ResourceLogs::default() };
        let expected = ExportLogsServiceRequest { resource_logs: vec![expected] };
        prop_assert_eq!(logs_requests(&folder.file()), [expected]);
    }
}

#[test]
fn numbers_that_json_lacks_are_texts() {
    let folder = Folder::new();
    let numbers = [("nan", f64::NAN), ("up", f64::INFINITY), ("down", f64::NEG_INFINITY)];
    let attributes = numbers.map(|(key, value)| (key.into(), AttributeValue::F64(value))).to_vec();
    let span = SpanData { attributes, ..SpanData::default() };
    export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[span]).unwrap();
    let line: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.file()).unwrap()).unwrap();
    let attributes = &line["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"];
    let values = [0, 1, 2].map(|at: usize| &attributes[at]["value"]["doubleValue"]);
    assert_eq!(values, ["NaN", "Infinity", "-Infinity"]);
}
