//! A receiver over HTTP: plays a script, one step a connection, and keeps what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Channel, Sender};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

/// What to do with one connection.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Reads the request and writes this, then closes.
    Answer(Vec<u8>),
    /// Reads nothing and closes.
    Close,
    /// Reads the request and never answers.
    Hang,
}

/// Status line, headers and body.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Step {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    Step::Answer([head.as_bytes(), body].concat())
}

/// A request as it came.
#[derive(Debug)]
pub(super) struct Request {
    /// Request line and headers, in lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The body as it was before compression.
    fn plain(&self) -> Vec<u8> {
        if !self.head.contains("\r\ncontent-encoding: gzip\r\n") {
            return self.body.clone();
        }
        let mut plain = Vec::new();
        GzDecoder::new(&*self.body).read_to_end(&mut plain).expect("the body is in gzip");
        plain
    }

    pub(super) fn spans(&self) -> usize {
        let request = ExportTraceServiceRequest::decode(&*self.plain()).expect("the body is a request");
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }

    pub(super) fn records(&self) -> usize {
        let request = ExportLogsServiceRequest::decode(&*self.plain()).expect("the body is a request");
        let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        scopes.map(|scope| scope.log_records.len()).sum()
    }

    pub(super) fn metrics(&self) -> ExportMetricsServiceRequest {
        ExportMetricsServiceRequest::decode(&*self.plain()).expect("the body is a request")
    }
}

pub(super) struct Receiver {
    pub(super) url: String,
    requests: Channel<Request>,
}

impl Receiver {
    /// Listens until the script is over, then refuses connections.
    pub(super) fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/v1/traces", listener.local_addr().expect("a bound address"));
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for step in script {
                let (connection, _) = listener.accept().expect("a connection");
                play(step, connection, &sender);
            }
        });
        Self { url, requests }
    }

    /// What came so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn play(step: Step, mut connection: TcpStream, sender: &Sender<Request>) {
    if matches!(step, Step::Close) {
        return;
    }
    let request = read(&connection);
    // The test may be over already.
    let _no_listener = sender.send(request);
    match step {
        Step::Answer(answer) => {
            let _client_gone = connection.write_all(&answer);
            let _client_gone = connection.shutdown(Shutdown::Write);
        }
        Step::Hang => thread::sleep(Duration::from_secs(600)),
        Step::Close => {}
    }
}

fn read(connection: &TcpStream) -> Request {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("a line"), 0, "the request ends in its head: {head}");
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    reader.read_exact(&mut body).expect("the whole body");
    Request { head, body }
}
