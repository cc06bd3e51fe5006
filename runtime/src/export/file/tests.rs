mod any;
mod files;
mod metrics;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link as SpanLink};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::span::{
    AttributeValue, EventBatch, EventData, Level, Link, Outcome, SpanBatch, SpanData, SpanId, SpanKind,
    TraceId,
};

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("spanwright-file-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("spans.jsonl")
    }

    fn former(&self) -> PathBuf {
        self.0.join("spans.jsonl.1")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone_already = fs::remove_dir_all(&self.0);
    }
}

fn settings(path: PathBuf, max_bytes: u64) -> FileSettings {
    FileSettings { path, max_bytes, resource: vec![("service.name".into(), "shop \"1\"".into())] }
}

fn export(exporter: &mut FileExporter, spans: &[SpanData]) -> Result<(), ExportError> {
    let batch: SpanBatch = spans.iter().cloned().collect();
    exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)
}

fn export_logs(exporter: &mut FileLogExporter, events: &[EventData]) -> Result<(), ExportError> {
    let batch: EventBatch = events.iter().cloned().collect();
    exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)
}

/// The lines of a file of whole lines, read.
fn read<T>(path: &Path, request: impl Fn(&str) -> serde_json::Result<T>) -> Vec<T> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let read = |line| request(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.split_terminator('\n').map(read).collect()
}

fn trace_requests(path: &Path) -> Vec<ExportTraceServiceRequest> {
    read(path, |line| serde_json::from_str(line))
}

fn logs_requests(path: &Path) -> Vec<ExportLogsServiceRequest> {
    read(path, |line| serde_json::from_str(line))
}

/// The spans of a file, by their names.
fn names(path: &Path) -> Vec<String> {
    let requests = trace_requests(path).into_iter();
    let scopes =
        requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.name).collect()
}

fn named(name: impl ToString) -> SpanData {
    SpanData { name: name.to_string().into(), ..SpanData::default() }
}

fn text(value: &'static str) -> AttributeValue {
    AttributeValue::Str(value.into())
}

fn example() -> SpanData {
    let event = EventData {
        unix_nanos: u64::MAX,
        name: "exception".into(),
        attributes: vec![("exception.type".into(), text("io"))],
        dropped_attributes: 4,
        ..EventData::default()
    };
    SpanData {
        trace_id: TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 },
        span_id: SpanId(0x11),
        parent: SpanId(0x12),
        parent_is_remote: true,
        trace_flags: 3,
        trace_state: "ot=th:c".into(),
        name: "get".into(),
        target: "shop".into(),
        kind: SpanKind::Server,
        start_unix_nanos: 5,
        end_unix_nanos: 6,
        outcome: Outcome::Error,
        error: Some("disk full".into()),
        attributes: vec![("n".into(), AttributeValue::I64(i64::MIN)), ("none".into(), text(""))],
        events: vec![event],
        links: vec![Link { trace_id: TraceId { high: 7, low: 8 }, span_id: SpanId(9) }],
        dropped_attributes: 1,
        dropped_events: 2,
        dropped_links: 3,
    }
}

#[test]
fn a_span_is_this_line() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    assert_eq!(exporter.name(), "file");
    export(&mut exporter, &[example()]).unwrap();
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop \"1\""}}]},"#,
        r#""scopeSpans":[{"scope":{"name":"shop"},"spans":[{"#,
        r#""traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000011","traceState":"ot=th:c","#,
        r#""parentSpanId":"0000000000000012","flags":771,"name":"get","kind":2,"#,
        r#""startTimeUnixNano":"5","endTimeUnixNano":"6","#,
        r#""attributes":[{"key":"n","value":{"intValue":"-9223372036854775808"}},"#,
        r#"{"key":"none","value":{"stringValue":""}}],"droppedAttributesCount":1,"#,
        r#""events":[{"timeUnixNano":"18446744073709551615","name":"exception","attributes":["#,
        r#"{"key":"exception.type","value":{"stringValue":"io"}}],"droppedAttributesCount":4}],"droppedEventsCount":2,"#,
        r#""links":[{"traceId":"00000000000000070000000000000008","spanId":"0000000000000009"}],"droppedLinksCount":3,"#,
        r#""status":{"message":"disk full","code":2}}]}]}]}"#,
        "\n"
    );
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), expected);
}

#[test]
fn an_event_is_this_line() {
    let folder = Folder::new();
    let mut exporter = FileLogExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    assert_eq!(exporter.name(), "file");
    let event = EventData {
        trace_id: TraceId { high: 0, low: 1 },
        span_id: SpanId(2),
        trace_flags: 1,
        unix_nanos: 3,
        level: Level::WARN,
        target: "shop".into(),
        name: "exception".into(),
        message: "disk full".into(),
        attributes: vec![("last".into(), AttributeValue::Bool(true))],
        dropped_attributes: 4,
    };
    export_logs(&mut exporter, &[event]).unwrap();
    let expected = concat!(
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop \"1\""}}]},"#,
        r#""scopeLogs":[{"scope":{"name":"shop"},"logRecords":[{"#,
        r#""timeUnixNano":"3","observedTimeUnixNano":"3","severityNumber":13,"severityText":"WARN","#,
        r#""body":{"stringValue":"disk full"},"attributes":[{"key":"last","value":{"boolValue":true}}],"#,
        r#""droppedAttributesCount":4,"flags":1,"#,
        r#""traceId":"00000000000000000000000000000001","spanId":"0000000000000002","eventName":"exception"}]}]}]}"#,
        "\n"
    );
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), expected);
}

#[test]
fn spans_with_the_same_target_share_a_scope() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    let spans = ["b", "a", "b", ""].into_iter().enumerate();
    let spans = spans.map(|(at, target)| SpanData { target: target.into(), ..named(at) });
    export(&mut exporter, &spans.collect::<Vec<_>>()).unwrap();
    let [request] = &trace_requests(&folder.file())[..] else { panic!("one line") };
    let scopes = request.resource_spans[0].scope_spans.iter();
    let scopes: Vec<(String, Vec<String>)> = scopes
        .map(|its| {
            let name = its.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            (name, its.spans.iter().map(|span| span.name.clone()).collect())
        })
        .collect();
    let expected = [("", vec!["3"]), ("a", vec!["1"]), ("b", vec!["0", "2"])];
    assert_eq!(
        scopes,
        expected.map(|(name, its)| (name.to_owned(), its.into_iter().map(String::from).collect()))
    );
}

#[test]
fn no_spans_are_no_line() {
    let folder = Folder::new();
    export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[]).unwrap();
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), "");
}
