//! A server asked over connections of its own.

mod checks;
mod connections;
#[cfg(feature = "console")]
mod console;
mod inside;
mod pages;
#[cfg(unix)]
mod socket;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::health::{Check, HealthCheck, HealthStatus};
use crate::registry::{self, Family, Kind, Source};

fn start(checks: Vec<Check>) -> (Server, Arc<Health>) {
    let health = Arc::new(Health::new("shop".to_owned(), Some("1.2.3".to_owned()), checks));
    let admin = Admin { registries: vec![Registry::new()], ..admin(&health) };
    (Server::start((Ipv4Addr::LOCALHOST, 0).into(), None, admin).unwrap(), health)
}

/// A server's, on loopback, where the program can be changed.
fn admin(health: &Arc<Health>) -> Admin {
    let access = Access { is_local: true, token: None, changes: true, prefix: "APP".to_owned() };
    Admin {
        health: Arc::clone(health),
        registries: Vec::new(),
        access,
        #[cfg(feature = "console")]
        console: None,
    }
}

/// A server whose pages of metrics may take so long.
fn start_with_limit(registry: Registry, health: Health, page: Duration) -> Server {
    let admin = Admin { registries: vec![registry], ..admin(&Arc::new(health)) };
    let bounds = Bounds { page, ..Bounds::default() };
    Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin, bounds).unwrap()
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request over a connection of its own, whose answer is text.
fn request(server: &Server, method: &str, path: &str, headers: &str) -> Answer {
    let (head, body) = request_bytes(server, method, path, headers);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: String::from_utf8(body).unwrap() }
}

/// The head of the answer, in lower case, and its body.
fn request_bytes(server: &Server, method: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().to_ascii_lowercase(), body)
}

fn get(server: &Server, path: &str) -> Answer {
    request(server, "GET", path, "")
}

fn good(name: &str) -> Check {
    Check::new(name, async || Ok::<(), String>(()))
}

/// A part that says what it is told.
struct Part(HealthStatus);

impl HealthCheck for Part {
    async fn check(&self) -> HealthStatus {
        self.0.clone()
    }
}

/// An answer to somebody on this machine. It has another `host` than requests without it.
fn detail_of(server: &Server, path: &str) -> Value {
    let mut stream = connect(server);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let answer = rest(stream);
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// A server with these limits.
fn start_bounded(connections: Limits) -> Server {
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    let bounds = Bounds { connections, ..Bounds::default() };
    Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin(&health), bounds).unwrap()
}

const LIVE: &[u8] = b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n";

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// What comes until the connection is closed.
fn rest(mut stream: TcpStream) -> String {
    let mut rest = Vec::new();
    // Closed, be it by a reset: reading comes to an end.
    let result = stream.read_to_end(&mut rest);
    let late = result
        .is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
    assert!(!late, "the connection stays open");
    String::from_utf8_lossy(&rest).into_owned()
}

/// Reads an answer of which nothing follows.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let mut buffer = [0; 4096];
    while !answer.contains("alive") {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "{answer}");
        answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    answer
}

/// The answer to a body that is sent there from this machine.
fn put(server: &Server, path: &str, body: &str) -> String {
    let mut stream = connect(server);
    let length = body.len();
    let head = format!("PUT {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close");
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    rest(stream)
}

/// A source of so many series, which takes its time.
struct Many(usize, Duration);

impl Source for Many {
    fn collect(&self, families: &mut Vec<Family>) {
        thread::sleep(self.1);
        let family = Family::new("many", Kind::Gauge);
        let with = |family: Family, at| family.with([("at", format!("{at}"))], registry::Value::Gauge(1.0));
        families.push((0..self.0).fold(family, with));
    }
}

/// A server with such a source, and the source.
fn start_with(source: Many) -> (Server, Arc<Many>) {
    let (registry, source) = (Registry::new(), Arc::new(source));
    registry.add_source(&source);
    let health = Arc::new(Health::new("shop".to_owned(), None, Vec::new()));
    let admin = Admin { registries: vec![registry], ..admin(&health) };
    (Server::start((Ipv4Addr::LOCALHOST, 0).into(), None, admin).unwrap(), source)
}

/// A source that says nothing until its sender is gone.
struct Blocked(std::sync::Mutex<mpsc::Receiver<()>>);

impl Source for Blocked {
    fn collect(&self, _: &mut Vec<Family>) {
        let _ = self.0.lock().map(|blocked| blocked.recv());
    }
}

#[test]
fn head_is_answered_without_a_body_and_others_are_refused() {
    let (server, _) = start(Vec::new());
    for path in ["/metrics", "/health", "/ready", "/live"] {
        let head = request(&server, "HEAD", path, "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        let post = request(&server, "POST", path, "content-length: 0\r\n");
        assert_eq!(post.status, 405, "{path}");
        assert!(post.head.contains("allow: get,head"), "{post:?}");
    }
    let missing = get(&server, "/metric");
    assert_eq!((missing.status, &missing.json()["pages"][0]), (404, &json!("/metrics")));
}

#[test]
fn a_taken_address_is_an_error_and_a_stopped_server_gives_its_own_back() {
    let (server, health) = start(Vec::new());
    let address = server.address();
    let start = || Server::start(address, None, admin(&health));
    assert_eq!(start().unwrap_err().kind(), io::ErrorKind::AddrInUse);
    // A client that keeps its connection open doesn't keep the server.
    let _idle = TcpStream::connect(address).unwrap();
    get(&server, "/live");
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < GRACE * 3);
    start().unwrap();
}
