//! `spanwright otlp`, as a receiver of OTLP sees it that others wrote.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::Value;
use spanwright_recording::event::{Span, SpanId, TraceId};

use super::backends::{OtlpReceiver, free_port};
use super::*;

const SPANS: [&str; 3] = ["resource_spans", "scope_spans", "spans"];
const LOGS: [&str; 3] = ["resource_logs", "scope_logs", "log_records"];

/// What is told, in its order.
fn told(folder: &Path, args: &[&str]) -> Vec<Value> {
    said(folder, args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The digits of bytes that are written in base64.
fn hex(base64: &Value) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = base64.as_str().unwrap_or_default().trim_end_matches('=');
    let bits: String = digits.chars().map(|digit| format!("{:06b}", DIGITS.find(digit).unwrap())).collect();
    let bytes = bits.as_bytes().chunks_exact(8).map(|byte| std::str::from_utf8(byte).unwrap());
    bytes.map(|byte| format!("{:02x}", u8::from_str_radix(byte, 2).unwrap())).collect()
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn spans_and_log_events_arrive_with_the_ids_that_they_were_recorded_with() {
    let folder = shops("otlp");
    let Some(receiver) = OtlpReceiver::start(&folder) else { return };
    std::fs::copy(every_kind("zstd"), folder.join("every-kind.spwr")).unwrap();
    let recordings = ["north", "south", "every-kind.spwr"];
    let to = ["otlp", "--endpoint", &receiver.endpoint, "--header", "authorization=Bearer 1", "--gzip"];
    let said = said(&folder, &[&to[..], &recordings].concat());
    assert_eq!(said, "22 spans and 1 log event are delivered\n");

    let mut expected: Vec<_> = told(&folder, &[&["jsonl", "--kind", "span"], &recordings[..]].concat())
        .into_iter()
        // The first span of the shop in the north has no ids.
        .filter(|span| span["span"] != "0000000000000000")
        .map(|span| {
            let at = span["at"].as_u64().unwrap();
            let fields =
                ["trace", "span", "parent", "name", "error", "recording"].map(|field| text(&span[field]));
            (fields, at - span["duration"].as_u64().unwrap(), at)
        })
        .collect();
    let mut got = receiver.items("traces", SPANS);
    assert!(got.iter().all(|span| span["resource"]["service.name"] == "shop"));
    let died = got.iter().position(|span| span["name"] == "never ended").expect("it was open");
    let died = got.remove(died);
    assert_eq!(died["status"]["message"], "the process died meanwhile");
    assert_eq!(hex(&died["trace_id"]), "01".repeat(16));
    let charged = got.iter().find(|span| span["name"] == "charge" && span["links"].is_array()).unwrap();
    assert_eq!((&charged["kind"], &charged["scope"]), (&"SPAN_KIND_CLIENT".into(), &"shop::payments".into()));
    let attributes = &charged["attributes"];
    assert_eq!((&attributes["busy_ns"], &attributes["tokio.task.id"]), (&"20000".into(), &"1003".into()));
    assert_eq!(attributes["code.file.path"], "src/payments.rs");
    assert_eq!(hex(&charged["links"][0]["span_id"]), "fefefefefefefefe");
    let mut got: Vec<_> = got
        .iter()
        .map(|span| {
            let ids = ["trace_id", "span_id", "parent_span_id"].map(|id| hex(&span[id]));
            let [trace, id, parent] = ids;
            let error = text(&span["status"]["message"]);
            let of = text(&span["resource"]["service.instance.id"]);
            let fields = [trace, id, parent, text(&span["name"]), error, of];
            (fields, number(&span["start_time_unix_nano"]), number(&span["end_time_unix_nano"]))
        })
        .collect();
    expected.sort();
    got.sort();
    assert_eq!(got, expected);

    let [log] = &receiver.items("logs", LOGS)[..] else { panic!("one log event") };
    let [expected] = &told(&folder, &["jsonl", "--kind", "log", "every-kind.spwr"])[..] else {
        panic!("one")
    };
    assert_eq!(
        (hex(&log["trace_id"]), hex(&log["span_id"])),
        (text(&expected["trace"]), text(&expected["span"]))
    );
    assert_eq!(log["body"]["string_value"], expected["message"]);
    assert_eq!((&log["severity_text"], &log["attributes"]["attempt"]), (&"WARN".into(), &"2".into()));
}

/// More than are sent together.
fn many_spans(folder: &Path) {
    let mut files = scenario::encoder(&folder.join("many/trace.spwr"), 9);
    scenario::begin(&mut files, 1, "north");
    for number in 1..=1300u64 {
        let id = SpanId(number.to_be_bytes());
        let span = Span { trace: TraceId([1; 16]), span: id, name: "one".into(), ..Span::default() };
        files.event(0, scenario::START + number, &span).unwrap();
    }
    files.finish().unwrap();
}

#[test]
fn more_than_is_sent_together_arrives_and_what_did_is_said_where_the_rest_does_not() {
    let folder = folder("otlp-many");
    many_spans(&folder);
    let (half, thread) = answering(&["200 OK", "404 Not Found"]);
    let output = spanwright(&folder, &["otlp", "--endpoint", &half, "many"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).ends_with("; 512 spans and 0 log events are delivered\n"), "{}", stderr(&output));
    thread.join().unwrap();
    let Some(receiver) = OtlpReceiver::start(&folder) else { return };
    let said = said(&folder, &["otlp", "--endpoint", &receiver.endpoint, "many"]);
    assert_eq!(said, "1300 spans and 0 log events are delivered\n");
    let ids: std::collections::BTreeSet<_> =
        receiver.items("traces", SPANS).iter().map(|span| hex(&span["span_id"])).collect();
    assert_eq!(ids.len(), 1300);
}

#[test]
fn what_is_sent_is_chosen() {
    let folder = shops("otlp-chosen");
    let Some(receiver) = OtlpReceiver::start(&folder) else { return };
    let file = every_kind("zstd").display().to_string();
    let to = ["otlp", "--endpoint", &receiver.endpoint, &file];
    for (args, expected) in [
        (&["--kind", "span"][..], "2 spans and 0 log events are delivered\n"),
        (&["--kind", "log"], "0 spans and 1 log event are delivered\n"),
        (&["--kind", "span", "--unsampled"], "1 span and 0 log events are delivered\n"),
        (&["--to", "0.0001s"], "0 spans and 0 log events are delivered\n"),
    ] {
        assert_eq!(said(&folder, &[&to[..], args].concat()), expected);
    }
    assert_eq!(receiver.items("logs", LOGS).len(), 1);
}

/// Answers one request after the other, and ends.
fn answering(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        }
    });
    (endpoint, thread)
}

fn read_request(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut request = Vec::new();
    loop {
        let head = request.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let said = String::from_utf8_lossy(&request[..head]).to_lowercase();
            let length = said.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if request.len() >= head + 4 + length.unwrap_or(0) {
                return;
            }
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).unwrap();
        assert!(read > 0, "the request is whole");
        request.extend_from_slice(&more[..read]);
    }
}

#[test]
fn a_busy_collector_is_asked_again() {
    let folder = shops("otlp-busy");
    let (endpoint, thread) = answering(&["503 Service Unavailable", "200 OK"]);
    let said = said(&folder, &["otlp", "--endpoint", &endpoint, "north"]);
    assert_eq!(said, "19 spans and 0 log events are delivered\n");
    thread.join().unwrap();
}

#[test]
fn what_can_t_be_sent_is_an_error_that_says_what_was() {
    let folder = shops("otlp-errors");
    let (refusing, thread) = answering(&["404 Not Found"]);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let (half, other) = answering(&["200 OK", "404 Not Found"]);
    let file = every_kind("zstd").display().to_string();
    for (endpoint, recording, words) in [
        (&*refusing, "north", "404 Not Found"),
        (&*nobody, "north", "(tried "),
        (&*half, &*file, "with `--kind span` no log events are sent; 3 spans and 0 log events are delivered"),
        ("collector:4318", "north", "it is not a URL; write one like `http://localhost:4318"),
    ] {
        let args = ["otlp", "--timeout", "1s", "--endpoint", endpoint, recording];
        let output = spanwright(&folder, &args);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{endpoint}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    thread.join().unwrap();
    other.join().unwrap();
}
