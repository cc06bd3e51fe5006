//! The service of the W3C's conformance suite, beside another one: a trace goes through both, and comes back to whom they call.
//! The suite itself is run by `trace_context.sh`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::{Value as Json, json};

use crate::backends::Span;
use crate::collector::Collector;
use crate::process::{PATIENCE, Process, until};
use crate::shop::{example, http};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// The service, running.
struct Service {
    process: Process,
    url: String,
}

impl Service {
    fn start(collector: &Collector, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(example("trace-context"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("OTEL_") || text.starts_with("SPANWRIGHT_") {
                command.env_remove(&name);
            }
        }
        command.arg("0").env("SPANWRIGHT_METRICS_ENABLED", "false").env("OTEL_BSP_SCHEDULE_DELAY", "100");
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).envs(variables.iter().copied());
        let process = Process::start(&mut command);
        let url = until("the service", || {
            let said = process.stdout();
            said.lines().find_map(|line| line.strip_prefix("The service is at ").map(str::to_owned))
        });
        Self { process, url }
    }

    /// Asks it to call, with these headers.
    #[track_caller]
    fn ask(&self, headers: &[(&str, &str)], calls: &Json) -> u16 {
        let mut request = http().post(&self.url);
        if let Some(all) = request.headers_mut() {
            for (name, value) in headers {
                // As often as it is written.
                all.append(name.parse::<ureq::http::HeaderName>().unwrap(), value.parse().unwrap());
            }
        }
        request.send_json(calls).expect("it answers").status().as_u16()
    }
}

/// Takes requests, and tells their headers.
struct Called {
    url: String,
    headers: Receiver<Vec<(String, String)>>,
}

impl Called {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let url = format!("http://{}/called", listener.local_addr().expect("it is bound"));
        let (sender, headers) = channel();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || take(connection, &sender));
            }
        });
        Self { url, headers }
    }

    /// The value of a header of the next request, where it has it once.
    #[track_caller]
    fn next(&self) -> impl Fn(&str) -> Option<String> + use<> {
        let headers = self.headers.recv_timeout(PATIENCE).expect("it is called");
        move |name| {
            let mut values = headers.iter().filter(|(its, _)| its == name).map(|(_, value)| value.clone());
            let value = values.next();
            assert_eq!(values.next(), None, "`{name}` twice");
            value
        }
    }
}

fn take(connection: std::net::TcpStream, sender: &Sender<Vec<(String, String)>>) {
    let mut reader = BufReader::new(&connection);
    let mut headers = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse());
    let mut body = vec![0; length.and_then(Result::ok).unwrap_or(0)];
    if reader.read_exact(&mut body).is_ok() && sender.send(headers).is_ok() {
        let _ = (&connection).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
}

fn ids(parent: &str) -> (String, String, String) {
    let parts: Vec<_> = parent.split('-').collect();
    assert_eq!((parts.len(), parts[0]), (4, "00"), "{parent}");
    (parts[1].to_owned(), parts[2].to_owned(), parts[3].to_owned())
}

#[test]
fn a_trace_goes_through_two_processes() {
    let collector = Collector::start();
    let (first, second) = (Service::start(&collector, &[]), Service::start(&collector, &[]));
    let called = Called::start();
    let inner = json!([{"url": called.url, "arguments": []}]);
    let calls = json!([{"url": second.url, "arguments": inner}, {"url": called.url, "arguments": []}]);
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [
        ("traceparent", &*parent),
        ("tracestate", "congo=t61"),
        ("tracestate", "rojo=1"),
        ("baggage", "tenant=acme%20inc;p=1"),
    ];
    assert_eq!(first.ask(&headers, &calls), 200);
    let (through_both, through_one) = (called.next(), called.next());
    for header in [&through_both, &through_one] {
        assert_eq!(header("tracestate").as_deref(), Some("congo=t61,rojo=1"));
        assert_eq!(header("baggage").as_deref(), Some("tenant=acme%20inc;p=1"));
    }
    let spans = until("five spans", || Some(collector.spans()).filter(|spans| spans.len() >= 5));
    let of = |id: &str| spans.iter().find(|span| span.span_id == id).expect("it was exported");
    // From whom is called back to who calls.
    let up = |header: &dyn Fn(&str) -> Option<String>| -> Vec<&Span> {
        let (trace, mut id, flags) = ids(&header("traceparent").expect("it has a parent"));
        assert_eq!((&*trace, &*flags), (TRACE, "01"));
        let mut way = Vec::new();
        while id != PARENT {
            way.push(of(&id));
            id.clone_from(&of(&id).parent);
        }
        way
    };
    let names = |way: Vec<&Span>| -> Vec<_> {
        way.iter().map(|span| (span.kind.clone(), span.name.clone())).collect()
    };
    let [client, server] = ["client", "server"].map(|kind| {
        (
            format!("SPAN_KIND_{}", kind.to_uppercase()),
            if kind == "client" { "POST" } else { "POST /test" }.to_owned(),
        )
    });
    let both = names(up(&through_both));
    assert_eq!(both, [client.clone(), server.clone(), client.clone(), server.clone()]);
    assert_eq!(names(up(&through_one)), [client, server]);
    for span in &spans {
        assert_eq!((&*span.trace_id, &*span.trace_state), (TRACE, "congo=t61,rojo=1"));
        assert!(!span.is_error);
        assert_eq!(span.int("http.response.status_code"), Some(200));
        assert_eq!(span.text("http.request.method"), Some("POST"));
        assert_eq!(span.text("server.address"), Some("127.0.0.1"));
    }
    drop((first.process, second.process));
}

#[test]
fn without_a_parent_each_request_begins_a_trace_and_a_malformed_one_is_none() {
    let collector = Collector::start();
    let service = Service::start(&collector, &[]);
    let called = Called::start();
    let calls = json!([{"url": called.url, "arguments": []}, {"url": called.url, "arguments": []}]);
    let mut traces = Vec::new();
    let twice = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"); 2];
    for headers in [&[][..], &[("traceparent", "00-0AF7"), ("tracestate", "a=1")], &twice] {
        assert_eq!(service.ask(headers, &calls), 200);
        let [one, other] = [called.next(), called.next()].map(|header| {
            assert_eq!(header("tracestate"), None);
            ids(&header("traceparent").expect("it has a parent"))
        });
        assert_eq!(one.0, other.0, "one trace");
        assert_ne!(one.1, other.1, "a span for each call");
        traces.push(one.0);
    }
    traces.sort();
    traces.dedup();
    assert_eq!(traces.len(), 3);
    assert!(!traces.contains(&TRACE.to_owned()));
}

#[test]
fn an_unsampled_trace_is_handed_on_unsampled() {
    let collector = Collector::start();
    let service = Service::start(&collector, &[]);
    let called = Called::start();
    let calls = json!([{"url": called.url, "arguments": []}, {"url": called.url, "arguments": []}]);
    let parent = format!("00-{TRACE}-{PARENT}-00");
    assert_eq!(service.ask(&[("traceparent", &parent), ("tracestate", "a=1")], &calls), 200);
    let [one, other] = [called.next(), called.next()].map(|header| {
        assert_eq!(header("tracestate").as_deref(), Some("a=1"));
        ids(&header("traceparent").expect("it has a parent"))
    });
    assert_eq!((&*one.0, &*one.2, &*other.2), (TRACE, "00", "00"));
    assert!(one.1 != PARENT && other.1 != PARENT && one.1 != other.1);
    assert!(collector.spans().is_empty());
}

#[test]
fn the_formats_are_those_of_the_environment() {
    let collector = Collector::start();
    let service = Service::start(&collector, &[("OTEL_PROPAGATORS", "b3,jaeger,b3multi")]);
    let called = Called::start();
    let calls = json!([{"url": called.url, "arguments": []}]);
    assert_eq!(service.ask(&[("b3", &format!("{TRACE}-{PARENT}-1"))], &calls), 200);
    let header = called.next();
    assert_eq!(header("traceparent"), None);
    let b3 = header("b3").expect("it is spoken");
    let span = b3.strip_prefix(&format!("{TRACE}-")).and_then(|rest| rest.strip_suffix("-1")).expect(&b3);
    assert_eq!(header("uber-trace-id"), Some(format!("{TRACE}:{span}:0:1")));
    assert_eq!(header("x-b3-spanid").as_deref(), Some(span));
    assert_eq!(header("x-b3-traceid").as_deref(), Some(TRACE));
    assert_eq!(header("x-b3-sampled").as_deref(), Some("1"));
}
