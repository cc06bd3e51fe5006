//! A collector within the test: takes OTLP and Zipkin's JSON over HTTP, decodes it strictly, and misbehaves as it is told.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, metric::Data, number_data_point::Value as Number,
};
use opentelemetry_proto::tonic::trace::v1::{Span as ProtoSpan, span::SpanKind, status::StatusCode};
use prost::Message;
use serde_json::json;

use crate::backends::{Attributes, Log, Span};

/// What is done with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Takes it.
    Take,
    /// Answers with this status line's end and these headers, and takes nothing.
    Refuse(&'static str, &'static str),
    /// The same, and closes without having read the body.
    RefuseUnread(&'static str),
    /// Takes it, and says that it has rejected so many of its items.
    Reject(u8),
    /// Writes what is not HTTP, and closes.
    Garbage,
    /// Reads half of the body, and closes.
    CloseWithinRequest,
    /// Takes it, writes half of a status line, and closes.
    CloseWithinAnswer,
}

/// A request, before its body is read.
#[derive(Debug)]
pub(crate) struct Head {
    /// How many came before it.
    pub(crate) number: usize,
    /// The length of the body.
    pub(crate) length: usize,
}

/// A request that was taken.
struct Taken {
    path: String,
    #[allow(dead_code, reason = "not all targets ask")]
    head: String,
    body: Vec<u8>,
}

/// A collector on loopback.
pub(crate) struct Collector {
    /// Its base URL.
    pub(crate) endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    behave: Box<dyn Fn(&Head) -> Reply + Send + Sync>,
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    requests: usize,
    taken: Vec<Taken>,
    /// Whether answers are held back.
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        let collector = Self::holding(|_| Reply::Take);
        collector.release();
        collector
    }

    /// One that behaves like this, once it is [released](Self::release): until then it accepts connections, reads, and
    /// holds each reply back.
    pub(crate) fn holding(behave: impl Fn(&Head) -> Reply + Send + Sync + 'static) -> Self {
        Self::holding_at(TcpListener::bind("127.0.0.1:0").expect("loopback has free ports"), behave)
    }

    /// The same, at this place.
    pub(crate) fn holding_at(
        listener: TcpListener,
        behave: impl Fn(&Head) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let state = Mutex::new(State { closed: true, ..State::default() });
        let shared = Arc::new(Shared { behave: Box::new(behave), state, opened: Condvar::new() });
        let its = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let its = Arc::clone(&its);
                // Who sends may be gone, or may have been told to be.
                thread::spawn(move || its.serve(connection));
            }
        });
        Self { endpoint, shared }
    }

    /// Lets all replies go.
    pub(crate) fn release(&self) {
        self.shared.state().closed = false;
        self.shared.opened.notify_all();
    }

    /// How many requests came, taken or not.
    pub(crate) fn requests(&self) -> usize {
        self.shared.state().requests
    }

    /// The spans of the OTLP requests that were taken.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for body in self.bodies("/v1/traces") {
            let request = ExportTraceServiceRequest::decode(&*body).expect("it is a request with spans");
            for resource in request.resource_spans {
                let service = service(&resource.resource.unwrap_or_default().attributes);
                for scope in resource.scope_spans {
                    let name = scope.scope.unwrap_or_default().name;
                    spans.extend(scope.spans.into_iter().map(|span| read_span(span, &name, &service)));
                }
            }
        }
        spans
    }

    /// What the spans of the first request are of.
    #[allow(dead_code, reason = "not all targets ask")]
    pub(crate) fn resource(&self) -> Attributes {
        let bodies = self.bodies("/v1/traces");
        let body = bodies.first().expect("spans came");
        let request = ExportTraceServiceRequest::decode(&**body).expect("it is a request with spans");
        let resource = request.resource_spans.into_iter().find_map(|spans| spans.resource);
        read_attributes(&resource.expect("spans are of a resource").attributes)
    }

    /// The log records of the OTLP requests that were taken.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let mut logs = Vec::new();
        for body in self.bodies("/v1/logs") {
            let request = ExportLogsServiceRequest::decode(&*body).expect("it is a request with log records");
            for resource in request.resource_logs {
                let service = service(&resource.resource.unwrap_or_default().attributes);
                for scope in resource.scope_logs {
                    let name = scope.scope.unwrap_or_default().name;
                    logs.extend(scope.log_records.into_iter().map(|log| read_log(log, &name, &service)));
                }
            }
        }
        logs
    }

    /// The numbers of the sum of this name, of all requests with metrics that were taken, by the value of its first
    /// attribute, in the order in which they came.
    pub(crate) fn sums(&self, name: &str) -> BTreeMap<String, Vec<f64>> {
        let mut sums = BTreeMap::<String, Vec<f64>>::new();
        for metric in self.metrics().into_iter().filter(|metric| metric.name == name) {
            let Some(Data::Sum(sum)) = metric.data else { panic!("`{name}` is no sum") };
            for point in sum.data_points {
                let labels = read_attributes(&point.attributes);
                let label = labels
                    .into_values()
                    .next()
                    .and_then(|value| value["string_value"].as_str().map(str::to_owned));
                sums.entry(label.unwrap_or_default()).or_default().push(number(&point));
            }
        }
        sums
    }

    /// All metrics of the requests that were taken, in the order in which they came.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let bodies = self.bodies("/v1/metrics").into_iter();
        bodies
            .map(|body| ExportMetricsServiceRequest::decode(&*body).expect("it is a request with metrics"))
            .flat_map(|request| request.resource_metrics)
            .flat_map(|resource| resource.scope_metrics)
            .flat_map(|scope| scope.metrics)
            .collect()
    }

    /// What a header, by its name in lower case, said in each request to a path that was taken, in lower case.
    #[allow(dead_code, reason = "not all targets ask")]
    pub(crate) fn headers(&self, path: &str, name: &str) -> Vec<String> {
        let state = self.shared.state();
        let heads = state.taken.iter().filter(|taken| taken.path == path).map(|taken| &taken.head);
        heads.filter_map(|head| field(head, name)).map(str::to_owned).collect()
    }

    /// The spans of the Zipkin requests that were taken.
    pub(crate) fn zipkin_spans(&self) -> Vec<zipkin_types::Span> {
        let bodies = self.bodies("/api/v2/spans");
        let read = |body: Vec<u8>| -> Vec<zipkin_types::Span> {
            let wrong = |error| panic!("{error} in {}", String::from_utf8_lossy(&body));
            serde_json::from_slice(&body).unwrap_or_else(wrong)
        };
        bodies.into_iter().flat_map(read).collect()
    }

    /// The requests to a path that were taken.
    pub(crate) fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let state = self.shared.state();
        state.taken.iter().filter(|taken| taken.path == path).map(|taken| taken.body.clone()).collect()
    }
}

impl Drop for Collector {
    /// Its threads end with the connections.
    fn drop(&mut self) {
        self.release();
    }
}

impl Shared {
    /// Answers the requests of a connection.
    fn serve(&self, connection: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(&connection);
        while let Some(head) = read_head(&mut reader)? {
            let length = field(&head, "content-length").and_then(|length| length.parse().ok());
            let length = length.ok_or(io::ErrorKind::InvalidData)?;
            let number = {
                let mut state = self.state();
                state.requests += 1;
                state.requests - 1
            };
            let reply = (self.behave)(&Head { number, length });
            let all = !matches!(reply, Reply::CloseWithinRequest | Reply::RefuseUnread(_));
            let read = match reply {
                Reply::CloseWithinRequest => length / 2,
                Reply::RefuseUnread(_) => 0,
                _ => length,
            };
            let mut body = vec![0; read];
            reader.read_exact(&mut body)?;
            if field(&head, "content-encoding") == Some("gzip") && all {
                let mut plain = Vec::new();
                GzDecoder::new(&*body).read_to_end(&mut plain)?;
                body = plain;
            }
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let closed = |state: &mut State| state.closed;
            let mut state =
                self.opened.wait_while(self.state(), closed).unwrap_or_else(PoisonError::into_inner);
            if matches!(reply, Reply::Take | Reply::Reject(_) | Reply::CloseWithinAnswer) {
                state.taken.push(Taken { path, head, body });
            }
            drop(state);
            let answer = match reply {
                Reply::Take => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
                Reply::Refuse(status, headers) => {
                    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
                }
                Reply::RefuseUnread(status) => format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"),
                // `partial_success { rejected_spans: … }`, which is at the same place in the response for log records.
                Reply::Reject(items) => {
                    assert!(items < 0x80, "it is one byte");
                    let partial = String::from_utf8_lossy(&[0x0a, 2, 0x08, items]).into_owned();
                    format!("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n{partial}")
                }
                Reply::Garbage => "\u{1}\u{2}no HTTP\n\n\r\n\r\n".to_owned(),
                Reply::CloseWithinRequest => String::new(),
                Reply::CloseWithinAnswer => "HTTP/1.1 20".to_owned(),
            };
            (&connection).write_all(answer.as_bytes())?;
            if !matches!(reply, Reply::Take | Reply::Refuse(..) | Reply::Reject(_)) {
                return connection.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }
}

/// What a header says.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let named = |line: &'h str| line.strip_prefix(name)?.strip_prefix(':');
    head.lines().find_map(named).map(str::trim)
}

/// The request line and headers, in lower case; nothing at the connection's end.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head.to_ascii_lowercase()))
}

/// What a point says.
pub(crate) fn number(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(Number::AsInt(value)) => value as f64,
        Some(Number::AsDouble(value)) => value,
        None => panic!("a point has a value"),
    }
}

fn service(attributes: &[KeyValue]) -> String {
    crate::backends::text(&read_attributes(attributes), "service.name").unwrap_or_default().to_owned()
}

fn read_span(span: ProtoSpan, scope: &str, service: &str) -> Span {
    assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8), "{span:?}");
    let status = span.status.clone().unwrap_or_default();
    Span {
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: SpanKind::try_from(span.kind).expect("a kind").as_str_name().to_owned(),
        name: span.name,
        trace_state: span.trace_state,
        scope: scope.to_owned(),
        service: service.to_owned(),
        start: span.start_time_unix_nano,
        end: span.end_time_unix_nano,
        is_error: status.code == i32::from(StatusCode::Error),
        status_message: status.message,
        attributes: read_attributes(&span.attributes),
        events: span
            .events
            .iter()
            .map(|event| (event.name.clone(), read_attributes(&event.attributes)))
            .collect(),
        links: span.links.iter().map(|link| hex(&link.span_id)).collect(),
    }
}

fn read_log(log: LogRecord, scope: &str, service: &str) -> Log {
    let body = match log.body.and_then(|body| body.value) {
        Some(Value::StringValue(text)) => text,
        other => panic!("the body is {other:?}"),
    };
    Log {
        trace_id: hex(&log.trace_id),
        span_id: hex(&log.span_id),
        body,
        severity: log.severity_text,
        scope: scope.to_owned(),
        service: service.to_owned(),
        attributes: read_attributes(&log.attributes),
    }
}

/// Attributes as protobuf's JSON has them, as far as they are of a simple type.
fn read_attributes(attributes: &[KeyValue]) -> Attributes {
    let value = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => json!({ "string_value": text }),
        Some(Value::IntValue(number)) => json!({ "int_value": number.to_string() }),
        Some(Value::DoubleValue(number)) => json!({ "double_value": number }),
        Some(Value::BoolValue(is)) => json!({ "bool_value": is }),
        other => json!({ "other": format!("{other:?}") }),
    };
    attributes.iter().map(|pair| (pair.key.clone(), value(&pair.value))).collect::<BTreeMap<_, _>>()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
