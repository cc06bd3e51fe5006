use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use zipkin_types::{Endpoint, Kind};

use super::*;
use crate::span::{AttributeValue, EventData, Link, Outcome, SpanBatch, SpanData, SpanId, TraceId};

fn written(writer: &mut Writer, spans: &[SpanData]) -> String {
    let batch: SpanBatch = spans.iter().cloned().collect();
    let spans: Vec<_> = batch.iter().collect();
    let (request, taken) = writer.request(&spans, usize::MAX);
    assert_eq!(taken, spans.len());
    request.to_owned()
}

fn writer(resource: &[(&str, &str)]) -> Writer {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Writer::new("shop".into(), resource.iter().map(owned).collect())
}

/// One span, as Zipkin's types have it.
fn read(span: SpanData) -> zipkin_types::Span {
    let json = written(&mut writer(&[]), &[span]);
    serde_json::from_str::<Vec<_>>(&json).unwrap_or_else(|error| panic!("{error}: {json}")).remove(0)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::Str(value.to_owned().into())
}

fn example() -> SpanData {
    SpanData {
        trace_id: TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 },
        span_id: SpanId(0x11),
        parent: SpanId(0x12),
        parent_is_remote: true,
        name: "get".into(),
        target: "shop::orders".into(),
        kind: SpanKind::Server,
        start_unix_nanos: 1_600_000_000_000_001_999,
        end_unix_nanos: 1_600_000_000_000_005_998,
        outcome: Outcome::Error,
        error: Some("disk full".into()),
        attributes: vec![
            ("text".into(), text("a\"b")),
            ("bool".into(), AttributeValue::Bool(true)),
            ("int".into(), AttributeValue::I64(-1)),
            ("float".into(), AttributeValue::F64(0.5)),
            ("error".into(), AttributeValue::Bool(false)),
            ("region".into(), text("its own")),
        ],
        events: vec![EventData {
            unix_nanos: 1_600_000_000_000_003_000,
            name: "cache \"miss\"".into(),
            attributes: vec![("key".into(), text("a")), ("size".into(), AttributeValue::I64(3))],
            ..EventData::default()
        }],
        links: vec![Link { trace_id: TraceId { high: 7, low: 8 }, span_id: SpanId(9) }],
        dropped_attributes: 1,
        dropped_events: 2,
        dropped_links: 3,
        ..SpanData::default()
    }
}

#[test]
fn a_span_is_this_json() {
    let mut writer = writer(&[("region", "eu"), ("zone", "b"), ("service.name", "other"), ("zone", "c")]);
    let root = SpanData { trace_id: TraceId { high: 0, low: 1 }, span_id: SpanId(2), ..SpanData::default() };
    let json = written(&mut writer, &[example(), root]);
    assert_eq!(json.matches("\"zone\"").count(), 2, "no key stands twice: {json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let expected = json!([{
        "traceId": "0102030405060708090a0b0c0d0e0f10",
        "id": "0000000000000011",
        "parentId": "0000000000000012",
        "name": "get",
        "kind": "SERVER",
        "timestamp": 1_600_000_000_000_001_u64,
        "duration": 3,
        "localEndpoint": { "serviceName": "shop" },
        "annotations": [{
            "timestamp": 1_600_000_000_000_003_u64,
            "value": r#""cache \"miss\"":{"key":"a","size":3}"#,
        }],
        "tags": {
            "text": "a\"b",
            "bool": "true",
            "int": "-1",
            "float": "0.5",
            "region": "its own",
            "zone": "c",
            "otel.status_code": "ERROR",
            "error": "disk full",
            "otel.scope.name": "shop::orders",
            "otel.dropped_attributes_count": "1",
            "otel.dropped_events_count": "2",
            "otel.dropped_links_count": "3",
        },
    }, {
        "traceId": "00000000000000000000000000000001",
        "id": "0000000000000002",
        "timestamp": 0,
        "duration": 1,
        "localEndpoint": { "serviceName": "shop" },
        "tags": { "zone": "c", "region": "eu" },
    }]);
    assert_eq!(json, expected);
}

#[test]
fn what_is_empty_is_left_out() {
    // What a resource calls so is not the span's.
    let mut writer = writer(&[("error", "no"), ("otel.status_code", "no")]);
    let json: Value = serde_json::from_str(&written(&mut writer, &[SpanData::default()])).unwrap();
    for absent in ["parentId", "name", "kind", "annotations", "tags", "remoteEndpoint"] {
        assert_eq!(json[0].get(absent), None, "{absent}");
    }
}

#[test]
fn a_status_is_said_where_somebody_set_it() {
    for (its, json) in [
        (Status::Unset, "{}"),
        (Status::Ok, r#"{"otel.status_code":"OK"}"#),
        (Status::Error("full"), r#"{"otel.status_code":"ERROR","error":"full"}"#),
    ] {
        let mut out = String::new();
        json::object(&mut out, |tags| status(tags, its));
        assert_eq!(out, json);
    }
}

#[test]
fn an_error_without_words_is_an_empty_tag() {
    let span = read(SpanData { error: Some(String::new()), ..SpanData::default() });
    assert_eq!(span.tags().get("error").map(String::as_str), Some(""));
    assert_eq!(span.tags().get("otel.status_code").map(String::as_str), Some("ERROR"));
}

#[test]
fn the_services_name_is_the_settings_or_the_resources_or_unknown() {
    let resource = || vec![("service.name".to_owned(), "resource".to_owned())];
    for (name, resource, expected) in
        [("set", resource(), "set"), ("", resource(), "resource"), ("", Vec::new(), "unknown_service")]
    {
        let json: Value =
            serde_json::from_str(&written(&mut Writer::new(name.into(), resource), &[example()])).unwrap();
        assert_eq!(json[0]["localEndpoint"]["serviceName"], expected);
        assert_eq!(json[0]["tags"].get("service.name"), None);
    }
}

#[test]
fn a_caller_says_whom_it_called() {
    let port = |key: &'static str| (key.into(), AttributeValue::I64(6379));
    let shown = |endpoint: Option<&Endpoint>| {
        endpoint.map(|its| {
            let address = its.ipv4().map(IpAddr::from).or(its.ipv6().map(IpAddr::from));
            (its.service_name().map(str::to_owned), address.map(|its| its.to_string()), its.port())
        })
    };
    use std::net::IpAddr;
    let name = |name: &str| Some((Some(name.to_owned()), None, None));
    let socket = |address: &str, port| Some((None, Some(address.to_owned()), port));
    for (attributes, expected) in [
        (vec![("server.address".into(), text("db")), ("peer.service".into(), text("redis"))], name("redis")),
        (vec![("server.address".into(), text("db")), ("peer.address".into(), text("no"))], name("db")),
        (vec![("peer.service".into(), text("")), ("db.name".into(), text("orders"))], name("orders")),
        (
            vec![("network.peer.address".into(), text("10.0.0.1")), port("network.peer.port")],
            socket("10.0.0.1", Some(6379)),
        ),
        (vec![("net.sock.peer.addr".into(), text("::1"))], socket("::1", None)),
        (
            vec![("network.peer.address".into(), text("/var/socket")), port("network.peer.port")],
            name("/var/socket"),
        ),
        (vec![port("network.peer.port")], None),
    ] {
        for kind in [SpanKind::Client, SpanKind::Producer] {
            let span = read(SpanData { kind, attributes: attributes.clone(), ..example() });
            assert_eq!(shown(span.remote_endpoint()), expected, "{attributes:?}");
        }
        let server = read(SpanData { attributes: attributes.clone(), ..example() });
        assert!(server.remote_endpoint().is_none(), "{attributes:?}");
    }
}

#[test]
fn a_request_stops_before_its_limit() {
    let spans = (1..=100).map(|at| SpanData { span_id: SpanId(at), ..example() });
    let batch: SpanBatch = spans.collect();
    let spans: Vec<_> = batch.iter().collect();
    let mut writer = writer(&[]);
    let alone = writer.request(&spans[..1], 0).0.len();
    for limit in [0, 1, alone, 2 * alone - 2, 2 * alone - 1, 5000, usize::MAX] {
        let (mut rest, mut ids) = (&spans[..], Vec::new());
        while !rest.is_empty() {
            let (json, taken) = writer.request(rest, limit);
            assert!(taken == 1 || (taken > 1 && json.len() <= limit), "{taken} spans, limit {limit}");
            assert!(taken == rest.len() || json.len() + alone - 1 > limit, "more would fit into {limit}");
            let read: Vec<zipkin_types::Span> = serde_json::from_str(json).unwrap();
            ids.extend(read.iter().map(|span| span.id().to_string()));
            rest = &rest[taken..];
        }
        assert_eq!(ids, spans.iter().map(|span| span.span_id().to_string()).collect::<Vec<_>>(), "{limit}");
    }
    assert_eq!(writer.request(&[], 0), ("[]", 0));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\é☃\u{2028}]{0,20}"]
}

fn any_attributes() -> impl Strategy<Value = Vec<(String, AttributeValue)>> {
    let value = prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::I64),
        any::<f64>().prop_map(AttributeValue::F64),
        any_text().prop_map(|text| AttributeValue::Str(text.into())),
    ];
    let key = prop_oneof![any_text(), Just("error".to_owned()), Just("otel.status_code".to_owned())];
    vec((key, value), 0..6)
}

prop_compose! {
    fn any_event()(nanos: u64, name in any_text(), attributes in any_attributes()) -> EventData {
        let attributes = attributes.into_iter().map(|(key, value)| (key.into(), value)).collect();
        EventData { unix_nanos: nanos, name: name.into(), attributes, ..EventData::default() }
    }
}

prop_compose! {
    fn any_span()(
        ids: (u64, u64, u64, u64),
        texts in (any_text(), any_text(), proptest::option::of(any_text())),
        kind in prop_oneof![
            Just(SpanKind::Internal), Just(SpanKind::Server), Just(SpanKind::Client), Just(SpanKind::Consumer)
        ],
        times: (u64, u64),
        attributes in any_attributes(),
        events in vec(any_event(), 0..3),
        dropped: (u32, u32, u32),
    ) -> SpanData {
        SpanData {
            trace_id: TraceId { high: ids.0, low: ids.1 },
            span_id: SpanId(ids.2),
            parent: SpanId(ids.3 % 3),
            name: texts.0.into(),
            target: texts.1.into(),
            error: texts.2,
            kind,
            start_unix_nanos: times.0.min(times.1),
            end_unix_nanos: times.0.max(times.1),
            attributes: attributes.into_iter().map(|(key, value)| (key.into(), value)).collect(),
            events,
            dropped_attributes: dropped.0 % 2,
            dropped_events: dropped.1 % 2,
            dropped_links: dropped.2 % 2,
            ..SpanData::default()
        }
    }
}

fn expected_tags(span: &SpanData) -> HashMap<String, String> {
    let mut tags: HashMap<_, _> = span
        .attributes
        .iter()
        .map(|(key, value)| {
            let value = match value {
                AttributeValue::Bool(value) => value.to_string(),
                AttributeValue::I64(value) => value.to_string(),
                AttributeValue::F64(value) => format!("{value:?}"),
                AttributeValue::Str(value) => value.to_string(),
            };
            (key.to_string(), value)
        })
        .collect();
    for own in ["error", "otel.status_code"] {
        tags.remove(own);
    }
    let dropped = |count: u32| Some(count.to_string()).filter(|_| count > 0);
    let own = [
        ("otel.status_code", span.error.as_ref().map(|_| "ERROR".to_owned())),
        ("error", span.error.clone()),
        ("otel.scope.name", Some(span.target.to_string()).filter(|target| !target.is_empty())),
        ("otel.dropped_attributes_count", dropped(span.dropped_attributes)),
        ("otel.dropped_events_count", dropped(span.dropped_events)),
        ("otel.dropped_links_count", dropped(span.dropped_links)),
    ];
    tags.extend(own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    tags
}

proptest! {
    #[test]
    fn an_independent_reader_finds_every_field(span in any_span()) {
        let micros = |nanos: u64| SystemTime::UNIX_EPOCH + Duration::from_micros(nanos / 1000);
        let read = read(span.clone());
        prop_assert_eq!(read.trace_id().to_string(), span.trace_id.to_string());
        prop_assert_eq!(read.id().to_string(), span.span_id.to_string());
        let parent = Some(span.parent).filter(|parent| parent.is_some());
        prop_assert_eq!(read.parent_id().map(|id| id.to_string()), parent.map(|id| id.to_string()));
        prop_assert_eq!(read.name().unwrap_or_default(), &span.name);
        let kind = match read.kind() {
            None => SpanKind::Internal,
            Some(Kind::Server) => SpanKind::Server,
            Some(Kind::Client) => SpanKind::Client,
            Some(Kind::Consumer) => SpanKind::Consumer,
            Some(other) => panic!("{other:?}"),
        };
        prop_assert_eq!(kind, span.kind);
        prop_assert_eq!(read.timestamp(), Some(micros(span.start_unix_nanos)));
        let duration = (span.end_unix_nanos - span.start_unix_nanos) / 1000;
        prop_assert_eq!(read.duration(), Some(Duration::from_micros(duration.max(1))));
        prop_assert_eq!(read.local_endpoint().and_then(Endpoint::service_name), Some("shop"));
        prop_assert_eq!(read.tags(), &expected_tags(&span));
        prop_assert_eq!(read.annotations().len(), span.events.len());
        for (annotation, event) in read.annotations().iter().zip(&span.events) {
            prop_assert_eq!(annotation.timestamp(), micros(event.unix_nanos));
            let value: HashMap<String, HashMap<String, Value>> =
                serde_json::from_str(&format!("{{{}}}", annotation.value())).unwrap();
            let attributes = event.attributes.iter().map(|(key, value)| {
                let value = match value {
                    AttributeValue::Bool(value) => json!(value),
                    AttributeValue::I64(value) => json!(value),
                    AttributeValue::F64(value) if value.is_nan() => json!("NaN"),
                    AttributeValue::F64(f64::INFINITY) => json!("Infinity"),
                    AttributeValue::F64(f64::NEG_INFINITY) => json!("-Infinity"),
                    AttributeValue::F64(value) => json!(value),
                    AttributeValue::Str(value) => json!(value),
                };
                (key.to_string(), value)
            });
            let expected = HashMap::from([(event.name.to_string(), attributes.collect())]);
            prop_assert_eq!(value, expected);
        }
    }
}
