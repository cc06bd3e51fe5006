use super::*;

#[test]
fn what_goes_into_a_batch_comes_out_of_it() {
    let event = EventData {
        name: "exception".into(),
        message: "grüße".into(),
        level: Level::ERROR,
        attributes: vec![("exception.type".into(), AttributeValue::Str("io".into()))],
        ..EventData::default()
    };
    let span = SpanData {
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        parent: SpanId(4),
        parent_is_remote: true,
        trace_flags: flags::SAMPLED | flags::RANDOM,
        trace_state: "ot=th:c".into(),
        name: "get".into(),
        target: "shop".into(),
        kind: SpanKind::Server,
        start_unix_nanos: 5,
        end_unix_nanos: 6,
        outcome: Outcome::Error,
        error: Some("broken".into()),
        attributes: vec![("a".into(), AttributeValue::I64(1)), ("b".into(), AttributeValue::F64(0.5))],
        events: vec![event.clone(), EventData::default()],
        links: vec![Link { trace_id: TraceId { high: 7, low: 8 }, span_id: SpanId(9) }],
        dropped_attributes: 10,
        dropped_events: 11,
        dropped_links: 12,
    };
    let spans = [span, SpanData { name: "other".into(), ..SpanData::default() }];
    let batch: SpanBatch = spans.iter().cloned().collect();
    assert_eq!(batch.iter().map(SpanData::from).collect::<Vec<_>>(), spans);
    let events: EventBatch = [event.clone()].into_iter().collect();
    assert_eq!(events.iter().map(EventData::from).collect::<Vec<_>>(), [event]);
}

#[test]
fn a_key_stands_once_with_its_last_value() {
    let attributes = vec![("a".into(), AttributeValue::I64(1)), ("a".into(), AttributeValue::Bool(true))];
    let batch: SpanBatch = [SpanData { attributes, ..SpanData::default() }].into_iter().collect();
    let span = batch.iter().next().unwrap();
    assert_eq!(span.attributes().collect::<Vec<_>>(), [("a", AttributeRef::Bool(true))]);
}
