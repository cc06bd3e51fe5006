use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;

use super::super::delivery::MAX_REQUEST;
use super::super::{Compression, OtlpExporter, OtlpLogExporter, OtlpSettings};
use super::data::{LONG, SHORT, assert_lost, events, export_events, export_spans, settings, spans};
use super::receiver::{Receiver, Request, Step, answer};
use crate::export::{ExportError, SpanExporter as _};
use crate::span::{AttributeValue, EventBatch, EventData, SpanBatch, SpanData};

fn ok() -> Step {
    answer("200 OK", "content-type: application/x-protobuf\r\n", b"")
}

/// Plays the script to one export of three spans.
fn export(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
    let receiver = Receiver::start(script);
    let mut exporter = OtlpExporter::new(settings(&receiver.url)).unwrap();
    (export_spans(&mut exporter, &spans(3), timeout), receiver)
}

/// Plays the script to one export of three events.
fn export_as_logs(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
    let receiver = Receiver::start(script);
    let mut exporter = OtlpLogExporter::new(settings(&receiver.url)).unwrap();
    (export_events(&mut exporter, &events(3), timeout), receiver)
}

#[test]
fn a_batch_is_posted_with_its_headers() {
    let (result, receiver) = export(vec![ok()], LONG);
    result.unwrap();
    let [request] = &receiver.requests()[..] else { panic!("one request") };
    assert_eq!(request.spans(), 3);
    assert!(request.head.starts_with("post /v1/traces http/1.1\r\n"), "{}", request.head);
    for line in [
        "content-type: application/x-protobuf",
        "x-api-key: token secret-123",
        concat!("user-agent: spanwright/", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(request.head.lines().filter(|its| *its == line).count(), 1, "{line} in {}", request.head);
    }
}

#[test]
fn no_spans_are_no_request() {
    let mut exporter = OtlpExporter::new(settings("http://127.0.0.1:9")).unwrap();
    exporter.export(&[], LONG).unwrap();
}

#[test]
fn rejected_spans_are_lost_and_not_sent_again() {
    for (rejected_spans, lost) in [(2, 2), (i64::MAX, 3)] {
        let error_message = "no trace id; you sent Token secret-123".into();
        let partial = ExportTracePartialSuccess { rejected_spans, error_message };
        let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let (result, receiver) = export(vec![answer("200 OK", "", &body), ok()], LONG);
        assert_lost(result, lost, &[&format!("rejected {lost} of 3 spans: no trace id")]);
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[test]
fn a_remark_without_rejected_spans_is_success() {
    let partial = ExportTracePartialSuccess { rejected_spans: 0, error_message: "be brief".into() };
    let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    export(vec![answer("200 OK", "", &body)], LONG).0.unwrap();
}

#[test]
fn a_busy_receiver_is_asked_again() {
    for status in
        ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
    {
        let (result, receiver) = export(vec![answer(status, "", b"later"), ok()], LONG);
        result.unwrap();
        assert_eq!(receiver.requests().len(), 2, "{status}");
    }
}

#[test]
fn retry_after_is_waited_for() {
    let before = Instant::now();
    let (result, receiver) = export(vec![answer("429 Slow Down", "retry-after: 1\r\n", b""), ok()], LONG);
    result.unwrap();
    assert_eq!(receiver.requests().len(), 2);
    assert!(before.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_retry_after_beyond_the_timeout_gives_up_at_once() {
    let script = vec![answer("503 Service Unavailable", "retry-after: 3600\r\n", b"maintenance"), ok()];
    let (result, receiver) = export(script, LONG);
    assert_lost(result, 3, &["answered 503 Service Unavailable: maintenance (tried 1×)", &receiver.url]);
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn other_statuses_are_final_and_quoted() {
    let long = format!("bad {}é{}", "x".repeat(195), "y".repeat(100_000));
    for (status, body, said) in [
        ("400 Bad Request", long.as_str(), format!("bad {}", "x".repeat(195))),
        ("401 Unauthorized", "unknown key Token secret-123\r\n", "unknown key …".into()),
        ("403 Forbidden", "key \"secret-123\"", "key \"…\"".into()),
        ("500 Internal Server Error", "\n\u{1b}[31mpanic\n", "[31mpanic".into()),
        ("404 Not Found", "", String::new()),
        ("307 Temporary Redirect", "moved", "moved".into()),
    ] {
        let (result, receiver) =
            export(vec![answer(status, "location: /elsewhere\r\n", body.as_bytes()), ok()], LONG);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let url = &receiver.url;
        let reason = result.as_ref().unwrap_err().reason.clone();
        assert_lost(result, 3, &[]);
        assert_eq!(reason, format!("{url} answered {status}{said}"));
        assert_eq!(receiver.requests().len(), 1, "{status}");
    }
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    for broken in [Step::Close, Step::Answer(Vec::new()), Step::Answer(b"HTTP/1.1 200 O".to_vec())] {
        let (result, receiver) = export(vec![broken.clone(), ok()], LONG);
        result.unwrap_or_else(|error| panic!("{broken:?}: {error}"));
        assert_eq!(receiver.requests().last().map(|request| request.spans()), Some(3), "{broken:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_after_its_status_counts() {
    let cut = Step::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\x0a".to_vec());
    let (result, receiver) = export(vec![cut, ok()], LONG);
    result.unwrap();
    assert_eq!(receiver.requests().len(), 1);
    let cut = Step::Answer(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\nno".to_vec());
    assert_lost(export(vec![cut], LONG).0, 3, &["answered 400 Bad Request: no"]);
}

#[test]
fn what_is_no_http_is_named_so() {
    let grpc = Step::Answer(b"\0\0\x18\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec());
    assert_lost(export(vec![grpc], LONG).0, 3, &["is that an OTLP receiver over HTTP?"]);
}

#[test]
fn nobody_listening_is_lost_after_the_timeout() {
    // A port that nothing is given by chance.
    let refused = "127.0.0.1:1";
    let mut exporter =
        OtlpExporter::new(settings(&format!("http://{refused}/v1/traces?key=secret-123"))).unwrap();
    let result = export_spans(&mut exporter, &spans(3), Duration::from_secs(2));
    assert_lost(result, 3, &[&format!("http://{refused}/v1/traces?…: "), "refused", "tried"]);
}

#[test]
fn a_receiver_that_comes_up_late_gets_the_spans() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let late = thread::spawn(move || {
        thread::sleep(SHORT);
        let listener = std::net::TcpListener::bind(address).unwrap();
        let (mut connection, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut connection, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        let _request = connection.read_to_end(&mut Vec::new());
    });
    let mut exporter = OtlpExporter::new(settings(&format!("http://{address}/"))).unwrap();
    export_spans(&mut exporter, &spans(3), LONG).unwrap();
    drop(exporter);
    late.join().unwrap();
}

#[test]
fn a_receiver_that_hangs_is_left_after_either_timeout() {
    assert_lost(export(vec![Step::Hang], SHORT).0, 3, &["timeout"]);
    let receiver = Receiver::start(vec![Step::Hang]);
    let mut exporter = OtlpExporter::new(OtlpSettings { timeout: SHORT, ..settings(&receiver.url) }).unwrap();
    assert_lost(export_spans(&mut exporter, &spans(3), Duration::MAX), 3, &["timeout"]);
    assert_lost(export_spans(&mut exporter, &spans(3), Duration::ZERO), 3, &["no time was left"]);
}

/// Ten spans of 300 kB each.
fn great_batch() -> SpanBatch {
    let text = AttributeValue::Str("x".repeat(300_000).into());
    let great = |span| SpanData { attributes: vec![("text".into(), text.clone())], ..SpanData::from(span) };
    spans(10).iter().map(great).collect()
}

fn spans_of(requests: &[Request]) -> Vec<usize> {
    requests.iter().map(Request::spans).collect()
}

#[test]
fn a_great_batch_goes_in_several_requests_and_each_counts() {
    let refused = |said: &str| answer("400 Bad Request", "", said.as_bytes());
    let receiver = Receiver::start(vec![ok(), refused("first"), refused("second"), ok()]);
    let mut exporter = OtlpExporter::new(settings(&receiver.url)).unwrap();
    let result = export_spans(&mut exporter, &great_batch(), LONG);
    assert_lost(result, 6, &["answered 400 Bad Request: first"]);
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.body.len() <= MAX_REQUEST));
    assert_eq!(spans_of(&requests), [3, 3, 3, 1]);
}

#[test]
fn what_is_too_large_is_sent_in_halves_down_to_single_ones() {
    let large = || answer("413 Payload Too Large", "", b"at most 1 kB");
    // Of three: one and two; the two: one that is too large in itself, and one more.
    let script = || vec![large(), ok(), large(), large(), ok()];
    let (result, receiver) = export(script(), LONG);
    assert_lost(result, 1, &["answered 413 Payload Too Large: at most 1 kB"]);
    assert_eq!(spans_of(&receiver.requests()), [3, 1, 2, 1, 1]);
    let (result, receiver) = export_as_logs(script(), LONG);
    assert_lost(result, 1, &["answered 413 Payload Too Large: at most 1 kB"]);
    let records: Vec<_> = receiver.requests().iter().map(Request::records).collect();
    assert_eq!(records, [3, 1, 2, 1, 1]);
}

#[test]
fn a_long_request_under_which_the_connection_breaks_twice_is_sent_in_halves() {
    let receiver = Receiver::start(vec![Step::Close, Step::Close, ok(), ok(), ok(), ok(), ok()]);
    let mut exporter = OtlpExporter::new(settings(&receiver.url)).unwrap();
    export_spans(&mut exporter, &great_batch(), LONG).unwrap();
    assert_eq!(spans_of(&receiver.requests()), [1, 2, 3, 3, 1]);
    // A short one stays whole.
    let (result, receiver) = export(vec![Step::Close, Step::Close, Step::Close, ok()], LONG);
    result.unwrap();
    assert_eq!(spans_of(&receiver.requests()), [3]);
}

#[test]
fn a_compressed_batch_is_smaller_and_the_same() {
    let receiver = Receiver::start(vec![answer("503 Service Unavailable", "", b""), ok(), ok(), ok(), ok()]);
    let settings = OtlpSettings { compression: Compression::Gzip, ..settings(&receiver.url) };
    let mut exporter = OtlpExporter::new(settings).unwrap();
    export_spans(&mut exporter, &great_batch(), LONG).unwrap();
    let requests = receiver.requests();
    assert_eq!(spans_of(&requests), [3, 3, 3, 3, 1]);
    assert!(requests.iter().all(|request| request.body.len() < 50_000));
}

#[test]
fn log_records_are_posted_like_spans() {
    let (result, receiver) = export_as_logs(vec![ok()], LONG);
    result.unwrap();
    assert_eq!(receiver.requests().iter().map(Request::records).collect::<Vec<_>>(), [3]);
}

#[test]
fn log_records_meet_the_same_receivers() {
    let partial = ExportLogsPartialSuccess { rejected_log_records: 2, error_message: "too old".into() };
    let body = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let garbage = Step::Answer(b"\0\0\x18\x04".repeat(8));
    for (step, lost, reason) in [
        (answer("200 OK", "", &body), 2, "rejected 2 of 3 log records: too old"),
        (answer("500 Internal Server Error", "", b"broken"), 3, "answered 500 Internal Server Error: broken"),
        (
            answer("429 Slow Down", "retry-after: 3600\r\n", b""),
            3,
            "answered 429 Too Many Requests (tried 1×)",
        ),
        (garbage, 3, "is that an OTLP receiver over HTTP?"),
    ] {
        let (result, receiver) = export_as_logs(vec![step, ok()], LONG);
        assert_lost(result, lost, &[reason]);
        assert_eq!(receiver.requests().len(), 1, "{reason}");
    }
    assert_lost(export_as_logs(vec![Step::Hang], SHORT).0, 3, &["timeout"]);
    let (result, receiver) = export_as_logs(vec![Step::Close, ok()], LONG);
    result.unwrap();
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_receiver_that_takes_no_logs_is_left_alone_for_a_while() {
    let receiver = Receiver::start(vec![answer("404 Not Found", "", b""), ok()]);
    let mut exporter = OtlpLogExporter::new(settings(&receiver.url)).unwrap();
    let remedy = "answered 404 Not Found; if it takes no logs, set `OTEL_LOGS_EXPORTER=none`";
    assert_lost(export_events(&mut exporter, &great_events(), LONG), 10, &[remedy]);
    assert_lost(export_events(&mut exporter, &events(5), LONG), 5, &[remedy]);
    export_events(&mut exporter, &events(0), LONG).unwrap();
    assert_eq!(receiver.requests().len(), 1);
    let until = exporter.silence.until();
    let left = until.saturating_duration_since(Instant::now());
    assert!((Duration::from_secs(290)..=Duration::from_secs(300)).contains(&left), "{left:?}");
    *until = Instant::now();
    export_events(&mut exporter, &events(5), LONG).unwrap();
    assert_eq!(receiver.requests().iter().map(Request::records).collect::<Vec<_>>(), [5]);
}

/// Ten events of 300 kB each.
fn great_events() -> EventBatch {
    let great = |event| EventData { message: "x".repeat(300_000).into(), ..EventData::from(event) };
    events(10).iter().map(great).collect()
}
