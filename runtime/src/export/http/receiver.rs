//! A receiver for the exporters' tests: plays a script, one step a connection, and keeps what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Channel, Sender};
use std::thread;
use std::time::Duration;

/// What to do with one connection.
#[derive(Clone, Debug)]
pub(in crate::export) enum Step {
    /// Reads the request and writes this, then closes.
    Answer(Vec<u8>),
    /// Reads nothing and closes.
    Close,
    /// Reads the request and never answers.
    Hang,
}

/// Status line, headers and body.
pub(in crate::export) fn answer(status: &str, headers: &str, body: &[u8]) -> Step {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
    Step::Answer([head.as_bytes(), body].concat())
}

/// A request as it came.
#[derive(Debug)]
pub(in crate::export) struct Request {
    /// Request line and headers, in lower case.
    pub(in crate::export) head: String,
    pub(in crate::export) body: Vec<u8>,
}

pub(in crate::export) struct Receiver {
    pub(in crate::export) url: String,
    requests: Channel<Request>,
}

impl Receiver {
    /// Listens until the script is over, then refuses connections.
    pub(in crate::export) fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/here", listener.local_addr().expect("a bound address"));
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
    pub(in crate::export) fn requests(&self) -> Vec<Request> {
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
