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

#[test]
fn a_file_that_is_there_is_appended_to_and_a_line_that_was_cut_off_is_ended() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named(name)]).unwrap();
    }
    assert_eq!(names(&folder.file()), ["one", "two"]);
    let whole = fs::read_to_string(folder.file()).unwrap();
    fs::write(folder.file(), format!("{whole}{{\"resourceSp")).unwrap();
    export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named("three")]).unwrap();
    let lines = fs::read_to_string(folder.file()).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2], "{\"resourceSp");
    assert!(lines[3].contains("three") && lines[3].ends_with("]}]}]}"), "{}", lines[3]);
}

#[cfg(unix)]
#[test]
fn new_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 400)).unwrap();
    for name in ["one", "two"] {
        export(&mut exporter, &[named(name)]).unwrap();
    }
    for file in [folder.file(), folder.former()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_full_file_is_renamed_and_both_keep_to_the_bound() {
    const MAX: u64 = 2000;
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), MAX)).unwrap();
    let mut written = Vec::new();
    for at in 0..100 {
        export(&mut exporter, &[named(at)]).unwrap();
        written.push(at.to_string());
        for file in [folder.file(), folder.former()] {
            assert!(fs::metadata(file).map_or(0, |file| file.len()) <= MAX);
        }
        let former = if folder.former().exists() { names(&folder.former()) } else { Vec::new() };
        let kept = [former, names(&folder.file())].concat();
        assert!(written.ends_with(&kept) && kept.last() == written.last(), "{kept:?}");
    }
    let line = fs::metadata(folder.file()).unwrap().len() / names(&folder.file()).len() as u64;
    assert!(fs::metadata(folder.former()).unwrap().len() + line > MAX, "it was renamed before it was full");
}

#[test]
fn a_file_from_before_counts_and_is_filled_to_the_last_byte() {
    for (room, former, file) in [(2, vec![], vec!["1", "2"]), (1, vec!["1"], vec!["2"])] {
        let folder = Folder::new();
        export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named(1)]).unwrap();
        let size = fs::metadata(folder.file()).unwrap().len();
        export(&mut FileExporter::new(settings(folder.file(), room * size)).unwrap(), &[named(2)]).unwrap();
        assert_eq!(names(&folder.file()), file);
        assert_eq!(if room == 1 { names(&folder.former()) } else { Vec::new() }, former);
        assert_eq!(folder.former().exists(), room == 1);
    }
}

#[test]
fn a_line_stops_before_its_limit() {
    let spans = (0..30).map(|at| SpanData { target: ["a", "b", "c"][at / 10].into(), ..named(10 + at) });
    let batch: SpanBatch = spans.collect();
    let spans: Vec<_> = batch.iter().collect();
    let mut out = "what was there before".to_owned();
    for limit in (0..3000).step_by(7) {
        let (mut rest, mut names) = (&spans[..], Vec::new());
        while !rest.is_empty() {
            let taken = request::line(&mut out, &[], rest, limit);
            assert!(taken == 1 || (taken > 1 && out.len() <= limit), "{taken} spans, limit {limit}");
            let request: ExportTraceServiceRequest = serde_json::from_str(&out).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            names.extend(scopes.flat_map(|scope| scope.spans).map(|span| span.name));
            rest = &rest[taken..];
        }
        assert_eq!(names, spans.iter().map(|span| span.name().to_owned()).collect::<Vec<_>>(), "{limit}");
    }
}

#[test]
fn a_great_batch_goes_in_several_lines() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    let long = "x".repeat(300_000);
    let spans: Vec<_> = (0..10).map(|at| SpanData { error: Some(long.clone()), ..named(at) }).collect();
    export(&mut exporter, &spans).unwrap();
    let lines = fs::read_to_string(folder.file()).unwrap();
    assert!(lines.lines().all(|line| line.len() < MAX_LINE));
    assert_eq!(lines.lines().count(), 4);
    assert_eq!(names(&folder.file()), (0..10).map(|at| at.to_string()).collect::<Vec<_>>());
}

#[test]
fn lines_fit_a_small_file_and_a_span_that_does_not_is_lost_alone() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 700)).unwrap();
    let long = SpanData { error: Some("x".repeat(700)), ..named("long") };
    let error = export(&mut exporter, &[named(1), long, named(2), named(3)]).unwrap_err();
    assert_eq!(error.lost, 1, "{error}");
    let file = folder.file();
    assert!(error.reason.starts_with(&format!("`{}` may have 700 bytes, and", file.display())), "{error}");
    let former = if folder.former().exists() { names(&folder.former()) } else { Vec::new() };
    assert_eq!([former, names(&folder.file())].concat(), ["1", "2", "3"]);
    assert!(fs::metadata(folder.file()).unwrap().len() <= 700);
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").unwrap();
    for path in [folder.0.join("no/such/spans.jsonl"), folder.0.join("file/spans.jsonl"), folder.0.clone()] {
        let expected = format!("`{}` can't be opened: ", path.display());
        let spans = FileExporter::new(settings(path.clone(), u64::MAX)).unwrap_err().to_string();
        let logs = FileLogExporter::new(settings(path, u64::MAX)).unwrap_err().to_string();
        assert!(spans.starts_with(&expected) && spans.len() > expected.len(), "{spans}");
        assert_eq!(spans, logs);
    }
}

#[test]
fn what_cannot_be_renamed_loses_the_batch_until_it_can() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 400)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    let in_the_way = folder.former().join("folder");
    fs::create_dir_all(&in_the_way).unwrap();
    for _ in 0..2 {
        let long = SpanData { error: Some("x".repeat(400)), ..named("long") };
        let error = export(&mut exporter, &[long, named("two"), named("three")]).unwrap_err();
        assert_eq!(error.lost, 3);
        let expected = format!("is full and can't be renamed to `{}`: ", folder.former().display());
        assert!(error.reason.contains(&expected), "{error}");
    }
    fs::remove_dir_all(folder.former()).unwrap();
    export(&mut exporter, &[named("five")]).unwrap();
    assert_eq!((names(&folder.former()), names(&folder.file())), (vec!["one".into()], vec!["five".into()]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_the_batch_and_is_tried_again() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    fs::remove_file(folder.file()).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.file()).unwrap();
    let mut full = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    let error = export(&mut full, &[named(1), named(2)]).unwrap_err();
    assert_eq!(error.lost, 2);
    assert!(error.reason.contains("can't be written to: No space left on device"), "{error}");
    // The disk has room again, under the same name.
    fs::remove_file(folder.file()).unwrap();
    export(&mut full, &[named(3)]).unwrap();
    assert_eq!(names(&folder.file()), ["3"]);
    // And who has lost nothing keeps its file, wherever that is by now.
    export(&mut exporter, &[named(4)]).unwrap();
    assert_eq!(names(&folder.file()), ["3"]);
}

/// Run by the test below, in a process that may write no more than 1,024 bytes to a file.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by `a_line_that_is_written_in_part_is_taken_back`"]
fn writes_in_part() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    let long = SpanData { error: Some("x".repeat(2000)), ..named("long") };
    // Without that bound there is nothing to see.
    if let Err(error) = export(&mut exporter, &[long]) {
        assert_eq!(error.lost, 1);
        export(&mut exporter, &[named("two")]).unwrap();
        assert_eq!(names(&folder.file()), ["one", "two"]);
        io::Write::write_all(&mut io::stdout(), b"taken back\n").unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_that_is_written_in_part_is_taken_back() {
    let test = "export::file::tests::writes_in_part";
    // In units of 512 bytes; what goes beyond is an error rather than a signal.
    let script = format!("trap '' XFSZ; ulimit -f 2; exec \"$0\" {test} --exact --ignored --nocapture");
    let output =
        Command::new("sh").arg("-c").arg(script).arg(std::env::current_exe().unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("taken back"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Run by the test below, in a process whose standard output is not that of the tests.
#[test]
#[ignore = "run by `a_dash_is_standard_output_without_a_bound`"]
fn writes_to_standard_output() {
    let mut exporter = FileExporter::new(settings("-".into(), 1)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    export(&mut exporter, &[named("two")]).unwrap();
}

#[test]
fn a_dash_is_standard_output_without_a_bound() {
    let test = "export::file::tests::writes_to_standard_output";
    let arguments = [test, "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    assert!(output.status.success());
    let folder = Folder::new();
    // The test's name stands before the first line.
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines =
        lines.lines().filter_map(|line| line.find("{\"resource").map(|at| format!("{}\n", &line[at..])));
    fs::write(folder.file(), lines.collect::<String>()).unwrap();
    assert_eq!(names(&folder.file()), ["one", "two"]);
    assert!(!Path::new("-").exists());
}

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

mod metrics {
    use super::*;
    #[cfg(feature = "otlp")]
    use crate::export::points::any::any_snapshot;
    use crate::export::{MetricExporter as _, Temporality};
    use crate::registry::{Family, Kind, Snapshot, Value};

    fn requests(path: &Path) -> Vec<ExportMetricsServiceRequest> {
        read(path, |line| serde_json::from_str(line))
    }

    fn visits(value: u64) -> Snapshot {
        let pages = Family::new("visits_total", Kind::Counter)
            .with([("page", "home")], Value::Counter(value))
            .with([("page", "about")], Value::Counter(0));
        Snapshot::from(vec![Family::new("level", Kind::Gauge).with([("l", "v")], Value::Gauge(0.5)), pages])
    }

    #[test]
    fn a_snapshot_is_this_line() {
        let folder = Folder::new();
        let mut exporter = FileMetricExporter::new(settings(folder.file(), 1 << 20)).unwrap();
        exporter.export(&visits(3), Duration::MAX).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            fs::read_to_string(folder.file()).unwrap(),
            [
                r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop \"1\""}}]},"#,
                r#""scopeMetrics":[{"scope":{"name":"spanwright","version":""#,
                version,
                r#""},"metrics":[{"name":"level","gauge":{"dataPoints":["#,
                r#"{"attributes":[{"key":"l","value":{"stringValue":"v"}}],"timeUnixNano":"0","asDouble":0.5}]}},"#,
                r#"{"name":"visits_total","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":["#,
                r#"{"attributes":[{"key":"page","value":{"stringValue":"home"}}],"timeUnixNano":"0","asInt":"3"},"#,
                r#"{"attributes":[{"key":"page","value":{"stringValue":"about"}}],"timeUnixNano":"0","asInt":"0"}"#,
                "]}}]}]}]}\n",
            ]
            .concat()
        );
    }

    #[test]
    fn with_deltas_a_line_has_what_came_since_the_last() {
        let folder = Folder::new();
        let exporter = FileMetricExporter::new(settings(folder.file(), 1 << 20)).unwrap();
        let mut exporter = exporter.temporality(Temporality::Delta);
        exporter.export(&visits(3), Duration::MAX).unwrap();
        exporter.export(&visits(5), Duration::MAX).unwrap();
        let text = fs::read_to_string(folder.file()).unwrap();
        let [first, second] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert!(first.contains(r#""aggregationTemporality":1"#), "{first}");
        assert!(first.contains(r#""asInt":"3""#) && first.contains(r#""asInt":"0""#), "{first}");
        assert!(second.contains(r#""asInt":"2""#) && !second.contains("about"), "{second}");
        assert!(second.contains(r#""gauge":{"dataPoints":[{"#), "{second}");
    }

    #[test]
    fn a_great_family_is_split_over_lines() {
        let folder = Folder::new();
        let mut exporter = FileMetricExporter::new(settings(folder.file(), 1 << 30)).unwrap();
        let family = (0..20_000).fold(Family::new("great_total", Kind::Counter), |family, at| {
            family.with([("tenant", format!("{at:060}"))], Value::Counter(at))
        });
        exporter.export(&Snapshot::from(vec![family]), Duration::MAX).unwrap();
        let text = fs::read_to_string(folder.file()).unwrap();
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() < MAX_LINE));
        assert_eq!(text.matches("\"asInt\"").count(), 20_000);
        assert_eq!(requests(&folder.file()).len(), text.lines().count());
    }

    #[cfg(feature = "otlp")]
    proptest! {
        /// The other format has been judged by a reader of its own.
        #[test]
        fn a_line_says_what_the_request_over_http_says(snapshot in any_snapshot(), delta: bool) {
            let temporality = if delta { Temporality::Delta } else { Temporality::Cumulative };
            let points: Vec<_> = crate::export::points::all(&snapshot).map(|mut point| {
                point.temporality = temporality;
                point
            }).collect();
            prop_assume!(!points.is_empty());
            let attributes = vec![("service.name".to_owned(), "shop".to_owned())];
            let mut line = String::new();
            prop_assert_eq!(request::line(&mut line, &attributes, &points, usize::MAX), points.len());
            let json: ExportMetricsServiceRequest = serde_json::from_str(&line).unwrap();
            let binary = crate::export::otlp::whole_request(&attributes, &points);
            let binary = <ExportMetricsServiceRequest as prost::Message>::decode(&*binary).unwrap();
            prop_assert_eq!(json, binary);
        }
    }
}
