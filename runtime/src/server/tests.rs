use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::Secret;
use crate::config::Token;
use crate::health::{self, Check, HealthCheck, HealthStatus};
use crate::registry::{self, Family, Kind, Source};

fn start(checks: Vec<Check>) -> (Server, Arc<Health>) {
    let health = Arc::new(Health::new("shop".to_owned(), Some("1.2.3".to_owned()), checks));
    let admin = Admin { registries: vec![Registry::new()], ..admin(&health) };
    (Server::start((Ipv4Addr::LOCALHOST, 0).into(), None, admin).unwrap(), health)
}

/// A server's, on loopback, where the program can be changed.
fn admin(health: &Arc<Health>) -> Admin {
    let access = Access { is_local: true, token: None, changes: true, prefix: "APP".to_owned() };
    Admin { health: Arc::clone(health), registries: Vec::new(), access }
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

#[test]
fn health_is_one_object_with_every_check() {
    let (server, _) = start(vec![good("db"), Check::of("part", Part(HealthStatus::Healthy))]);
    let answer = get(&server, "/health");
    let mut body = answer.json();
    assert!(body["uptime_seconds"].take().is_u64());
    let expected = json!({
        "status": "healthy", "checks": {"db": "ok", "part": "ok"}, "service": "shop", "version": "1.2.3",
        "uptime_seconds": null,
    });
    // Tests beside this one add fields.
    body.as_object_mut().unwrap().retain(|name, _| expected.get(name).is_some());
    assert_eq!((answer.status, body), (200, expected));
}

#[test]
fn what_is_unhealthy_is_neither_ready_nor_healthy_and_says_why_where_asked() {
    let bad = Check::new("queue", async || Err::<(), _>("17 waiting"));
    let (server, _) = start(vec![good("db"), bad]);
    let (answer, ready) = (get(&server, "/health"), get(&server, "/ready"));
    let body = answer.json();
    assert_eq!((answer.status, &body["status"]), (503, &json!("unhealthy")));
    assert_eq!(body["checks"], json!({"db": "ok", "queue": "unhealthy"}));
    assert_eq!((ready.status, &ready.json()["reason"]), (503, &json!("unhealthy")));
    let mut detail = request(&server, "GET", "/health?detail", "").json();
    assert_eq!(detail["checks"], json!({"db": "ok", "queue": "unhealthy"}), "the host is not this machine's");
    detail = detail_of(&server, "/health?detail");
    assert!(detail["checks"]["queue"]["duration_ms"].take().as_f64().is_some_and(|time| time >= 0.0));
    let expected = json!({"status": "unhealthy", "reason": "17 waiting", "duration_ms": null});
    assert_eq!(detail["checks"]["queue"], expected);
    assert_eq!(detail["checks"]["db"]["status"], "ok");
    assert_eq!(detail_of(&server, "/ready?verbose")["checks"]["queue"]["reason"], "17 waiting");
    assert_eq!(get(&server, "/live").status, 200, "an unhealthy program is alive");
}

/// An answer to somebody on this machine. It has another `host` than requests without it.
fn detail_of(server: &Server, path: &str) -> Value {
    let mut stream = connect(server);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let answer = rest(stream);
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn what_is_degraded_is_ready_and_its_health_is_a_good_answer() {
    let slow = HealthStatus::degraded("the replica lags 7 s behind");
    let (server, _) = start(vec![good("db"), Check::of("replica", Arc::new(Part(slow)))]);
    let health = get(&server, "/health");
    let body = health.json();
    assert_eq!((health.status, &body["status"]), (200, &json!("degraded")));
    assert_eq!(body["checks"], json!({"db": "ok", "replica": "degraded"}));
    assert_eq!(get(&server, "/ready").status, 200);
    let detail = detail_of(&server, "/health?detail");
    assert_eq!(detail["checks"]["replica"]["reason"], "the replica lags 7 s behind");
}

#[test]
fn services_show_fields_of_their_own_and_none_takes_the_place_of_ours() {
    let (server, _) = start(Vec::new());
    health::show("own_region", "eu");
    health::show("own_whole", 5.0);
    health::show_with("own_share", || 0.25);
    health::show_with("own_nothing", || None::<u32>);
    health::show_with("own_panic", || -> bool { panic!("on purpose") });
    health::show_metric("own_metric", "there_is_no_such_metric", 1.0);
    health::show("status", "splendid");
    let body = get(&server, "/health").json();
    let shown = ["own_region", "own_whole", "own_share", "own_nothing", "own_panic", "own_metric", "status"];
    let shown = shown.map(|name| body.get(name).cloned().unwrap_or(json!("missing")));
    assert_eq!(
        shown,
        [json!("eu"), json!(5), json!(0.25), Value::Null, Value::Null, Value::Null, json!("healthy")]
    );
    health::show("own_region", "us");
    assert_eq!(get(&server, "/health").json()["own_region"], "us");
}

#[test]
fn ready_goes_off_before_the_end_and_live_does_not() {
    let (server, health) = start(vec![good("db")]);
    assert_eq!(
        (get(&server, "/ready").status, get(&server, "/ready").json()),
        (200, json!({"status": "ready"}))
    );
    health.shut_down();
    let ready = get(&server, "/ready");
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json(), json!({"status": "not ready", "reason": "shutting down"}));
    let answer = get(&server, "/health");
    assert_eq!((answer.status, &answer.json()["status"]), (503, &json!("shutting_down")));
    assert_eq!(get(&server, "/live").json(), json!({"status": "alive"}));
}

#[test]
fn a_check_that_panics_hangs_or_blocks_is_unhealthy_and_holds_up_nobody() {
    let limit = Duration::from_millis(200);
    let (unblock, blocked) = mpsc::channel::<()>();
    let blocked = std::sync::Mutex::new(blocked);
    let blocks = Check::new("blocks", move || {
        let _ = blocked.lock().map(|blocked| blocked.recv());
        async { Ok::<(), String>(()) }
    });
    let checks = vec![
        good("good"),
        Check::new("panics", async || -> Result<(), String> { panic!("on purpose") }),
        Check::new("hangs", std::future::pending::<Result<(), String>>).limit(limit),
        blocks.limit(limit),
        good("patient").limit(Duration::MAX),
    ];
    let (server, _) = start(checks);
    let started = Instant::now();
    let body = detail_of(&server, "/health?detail");
    assert!(started.elapsed() < limit * 5, "side by side, not one after the other");
    let error = |body: &Value, name: &str| body["checks"][name]["reason"].as_str().unwrap_or("").to_owned();
    assert_eq!(error(&body, "good"), "");
    assert_eq!(error(&body, "patient"), "");
    assert_eq!(error(&body, "panics"), "the check panicked");
    assert_eq!(error(&body, "hangs"), "no answer within 200ms");
    assert_eq!(error(&body, "blocks"), "no answer within 200ms");
    let again = detail_of(&server, "/health?detail");
    assert_eq!(
        error(&again, "hangs"),
        "no answer within 200ms",
        "it was dropped at its limit, and runs anew"
    );
    assert!(error(&again, "blocks").contains("has not ended yet"), "{again}");
    assert_eq!(get(&server, "/live").status, 200);
    drop(unblock);
}

#[test]
fn many_questions_at_once_are_few_runs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let slow = Check::new("slow", move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<(), String>(())
        }
    });
    let (server, _) = start(vec![slow]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(get(&server, "/health").status, 200));
        }
    });
    assert!(runs.load(Ordering::Relaxed) <= 3, "{runs:?} runs for 8 questions");
    get(&server, "/health");
    assert!(runs.load(Ordering::Relaxed) >= 2, "a later question is not answered by an earlier run");
}

#[test]
fn a_question_given_up_does_not_make_its_check_a_hanging_one() {
    let slow = Check::new("slow", async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok::<(), String>(())
    });
    let (server, _) = start(vec![slow]);
    let mut gone = TcpStream::connect(server.address()).unwrap();
    gone.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    drop(gone);
    assert_eq!(get(&server, "/health").status, 200);
}

#[test]
fn of_two_checks_with_one_name_the_later_is_kept() {
    let (server, _) = start(vec![Check::new("db", async || Err::<(), _>("first")), good("db")]);
    assert_eq!(get(&server, "/health").status, 200);
}

#[test]
fn metrics_come_in_the_format_that_is_asked_for() {
    let (server, _) = start(Vec::new());
    let plain = get(&server, "/metrics");
    assert!(
        plain.status == 200 && plain.head.contains("content-type: text/plain; version=0.0.4"),
        "{plain:?}"
    );
    let open = request(
        &server,
        "GET",
        "/metrics",
        "accept: text/plain;q=0.5\r\naccept: application/openmetrics-text\r\n",
    );
    assert!(open.head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{open:?}");
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

#[test]
fn metrics_are_compressed_where_that_is_asked_for_and_worth_it() {
    let (server, _source) = start_with(Many(500, Duration::ZERO));
    let plain = request(&server, "GET", "/metrics", "accept-encoding: gzip;q=0\r\n");
    assert!(!plain.head.contains("content-encoding"), "{}", plain.head);
    assert!(plain.head.contains("vary: accept, accept-encoding"), "caches keep both apart: {}", plain.head);
    let (head, body) = request_bytes(&server, "GET", "/metrics", "accept-encoding: gzip\r\n");
    assert!(
        head.contains("content-encoding: gzip") && head.contains("vary: accept, accept-encoding"),
        "{head}"
    );
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert!(body.len() < plain.body.len() / 4, "{} of {} bytes", body.len(), plain.body.len());
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);

    let (server, _source) = start_with(Many(1, Duration::ZERO));
    let small = request(&server, "GET", "/metrics", "accept-encoding: gzip\r\n");
    assert!(!small.head.contains("content-encoding"), "{}", small.head);
}

#[test]
fn protobuf_is_there_for_those_who_ask_for_it() {
    let (server, _source) = start_with(Many(1, Duration::ZERO));
    let accept = "accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*;q=0.1\r\n";
    let (head, body) = request_bytes(&server, "GET", "/metrics", accept);
    let content_type = "content-type: application/vnd.google.protobuf; proto=io.prometheus.client.metricfamily; encoding=delimited";
    assert!(head.contains(content_type), "{head}");
    assert!(body.windows(4).any(|four| four == b"many"), "{body:?}");
}

#[test]
fn a_page_that_takes_long_holds_up_nobody_else() {
    let (server, _source) = start_with(Many(1, Duration::from_millis(600)));
    thread::scope(|scope| {
        let scrape = scope.spawn(|| (get(&server, "/metrics").status, Instant::now()));
        thread::sleep(Duration::from_millis(100));
        assert_eq!(get(&server, "/live").status, 200);
        let live = Instant::now();
        let (status, scraped) = scrape.join().unwrap();
        assert_eq!(status, 200);
        assert!(live < scraped, "it had to wait for the page");
    });
}

/// A source that says nothing until its sender is gone.
struct Blocked(std::sync::Mutex<mpsc::Receiver<()>>);

impl Source for Blocked {
    fn collect(&self, _: &mut Vec<Family>) {
        let _ = self.0.lock().map(|blocked| blocked.recv());
    }
}

#[test]
fn a_source_that_blocks_is_an_answer_in_time_and_holds_up_nothing_else() {
    let (unblock, blocked) = mpsc::channel();
    let (registry, source) = (Registry::new(), Arc::new(Blocked(blocked.into())));
    registry.add_source(&source);
    let health = Health::new("shop".to_owned(), None, vec![good("db")]);
    let server = start_with_limit(registry, health, Duration::from_millis(200));
    let expected = "`/metrics` was not ready within 200ms: a callback or a source of metrics blocks, or takes too long; \
                    let it return what is known, and find out elsewhere what takes time";
    // The second waits for the turn that the first has.
    for _ in 0..2 {
        let late = get(&server, "/metrics");
        assert_eq!((late.status, &late.json()["error"]), (503, &json!(expected)));
        assert_eq!(get(&server, "/health").status, 200);
    }
    drop(unblock);
    let started = Instant::now();
    while get(&server, "/metrics").status != 200 {
        assert!(started.elapsed() < Duration::from_secs(60), "what is free again is read again");
    }
}

#[test]
fn a_source_that_blocks_does_not_block_the_end() {
    let (_keep, blocked) = mpsc::channel();
    let (registry, source) = (Registry::new(), Arc::new(Blocked(blocked.into())));
    registry.add_source(&source);
    let health = Health::new(String::new(), None, Vec::new());
    let server = start_with_limit(registry, health, Duration::from_millis(50));
    assert_eq!(get(&server, "/metrics").status, 503);
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < GRACE * 3);
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

#[test]
fn a_check_that_blocks_does_not_block_the_end() {
    let (_keep, blocked) = mpsc::channel::<()>();
    let blocked = std::sync::Mutex::new(blocked);
    let blocks = Check::new("blocks", move || {
        let _ = blocked.lock().map(|blocked| blocked.recv());
        async { Ok::<(), String>(()) }
    });
    let (server, _) = start(vec![blocks.limit(Duration::from_millis(50))]);
    assert_eq!(get(&server, "/health").status, 503);
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < GRACE * 3);
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

#[test]
fn a_connection_that_is_idle_for_too_long_is_closed() {
    let idle = Duration::from_millis(200);
    let server = start_bounded(Limits { idle, ..Limits::default() });
    let silent = connect(&server);
    let mut kept = connect(&server);
    kept.write_all(LIVE).unwrap();
    read_answer(&mut kept);
    assert_eq!((rest(silent), rest(kept)), (String::new(), String::new()));
}

#[test]
fn a_head_that_comes_too_slowly_is_not_waited_for() {
    let head = Duration::from_millis(300);
    let server = start_bounded(Limits { head, ..Limits::default() });
    let mut slow = connect(&server);
    let started = Instant::now();
    // Each byte in time, and all of them never: closed at the limit, not after the last byte.
    while slow.write_all(b"x").is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20), "a byte at a time is taken for ever");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(started.elapsed() >= head);
    // Between two requests the longer limit holds.
    let mut kept = connect(&server);
    kept.write_all(LIVE).unwrap();
    read_answer(&mut kept);
    thread::sleep(head * 2);
    kept.write_all(LIVE).unwrap();
    read_answer(&mut kept);
}

#[test]
fn an_answer_that_is_read_too_slowly_is_cut() {
    let (registry, source) = (Registry::new(), Arc::new(Many(300_000, Duration::ZERO)));
    registry.add_source(&source);
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    let admin = Admin { registries: vec![registry], ..admin(&health) };
    let limits = Limits { answer: Duration::from_secs(6), ..Limits::default() };
    let bounds = Bounds { connections: limits, page: Duration::from_secs(60) };
    let server = Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin, bounds).unwrap();
    let mut slow = connect(&server);
    slow.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut some = [0; 1024];
    slow.read_exact(&mut some).unwrap();
    let head = String::from_utf8_lossy(&some).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let length: usize = length.parse().unwrap();
    thread::sleep(limits.answer + Duration::from_secs(1));
    // What the system holds of it is still there; the rest is not.
    assert!(rest(slow).len() + some.len() < length, "{length} bytes were kept for who did not read them");
}

#[test]
fn who_comes_takes_the_place_of_who_is_idle() {
    let server = start_bounded(Limits { connections: 2, ..Limits::default() });
    let first = connect(&server);
    let mut second = connect(&server);
    second.write_all(LIVE).unwrap();
    read_answer(&mut second);
    let started = Instant::now();
    assert_eq!(get(&server, "/live").status, 200);
    assert!(started.elapsed() < Duration::from_secs(10), "nobody waits for the idle ones' time");
    assert_eq!(rest(first), "", "it was idle for the longest time");
    second.write_all(LIVE).unwrap();
    read_answer(&mut second);
}

#[test]
fn bodies_that_do_not_come_keep_nobody_out_and_are_not_waited_for() {
    let head = Duration::from_secs(3);
    let server = start_bounded(Limits { connections: 2, head, ..Limits::default() });
    let slow = [(); 4].map(|()| {
        let mut slow = connect(&server);
        slow.write_all(b"PUT /telemetry HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\no").unwrap();
        slow
    });
    let asked = Instant::now();
    assert_eq!(get(&server, "/live").status, 200);
    assert!(asked.elapsed() < head, "{:?}", asked.elapsed());
    for slow in slow {
        assert_eq!(rest(slow), "");
    }
    assert!(asked.elapsed() < Limits::default().answer, "{:?}", asked.elapsed());
}

#[test]
fn thousands_of_idle_connections_keep_nobody_out() {
    let server = start_bounded(Limits { connections: 16, ..Limits::default() });
    let idle: Vec<_> = (0..1_000).filter_map(|_| TcpStream::connect(server.address()).ok()).collect();
    for path in ["/live", "/ready", "/metrics", "/health"] {
        assert_eq!(get(&server, path).status, 200, "{path}");
    }
    drop(idle);
}

/// What a request gets that is no good.
fn raw(server: &Server, request: &[u8]) -> String {
    let mut stream = connect(server);
    // It may be refused before it is whole.
    let _ = stream.write_all(request);
    rest(stream)
}

#[test]
fn what_is_malformed_or_too_large_is_refused_and_harms_nobody() {
    let server = start_bounded(Limits { head: Duration::from_millis(500), ..Limits::default() });
    let long = "x".repeat(64 << 10);
    let many: String = (0..500).map(|at| format!("h{at}: x\r\n")).collect();
    let both = "GET /live HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n";
    for (request, status) in [
        (&*format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "HTTP/1.1 431"),
        (&*format!("GET /live HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n"), "HTTP/1.1 431"),
        (&*format!("GET /live HTTP/1.1\r\n{many}\r\n"), "HTTP/1.1 431"),
        ("GET / live HTTP/1.1\r\n\r\n", "HTTP/1.1 400"),
        ("\0\u{1}\u{2}\r\n\r\n", "HTTP/1.1 400"),
        ("GET /live HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", "HTTP/1.1 400"),
        // The connection is closed, with or without an answer.
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
        (both, ""),
        ("GET /live", ""),
    ] {
        let (shown, answer) = (&request[..request.len().min(40)], raw(&server, request.as_bytes()));
        assert!(answer.starts_with(status), "{shown:?}: {answer}");
        assert_eq!(get(&server, "/live").status, 200, "after {shown:?}");
    }
}

#[test]
fn a_body_that_nobody_asked_for_is_not_read() {
    let server = start_bounded(Limits::default());
    let mut stream = connect(&server);
    stream.write_all(b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n").unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 405");
    let started = Instant::now();
    while stream.write_all(&[b'x'; 65536]).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20), "it is read on and on");
    }
}

#[test]
fn components_are_shown_and_switched() {
    let server = start_bounded(Limits::default());
    let bad = put(&server, "/components", "server_tests.a=off,server_tests.b=maybe");
    assert!(bad.starts_with("HTTP/1.1 400") && bad.contains("`server_tests.b=maybe` has no value"), "{bad}");
    assert!(put(&server, "/components", " ").starts_with("HTTP/1.1 400"));
    let part = crate::component("server_tests.a.part");
    assert_eq!(part.enabled(), crate::Enabled::ALL, "a bad list changes nothing");
    let good = put(&server, "/components", "server_tests.a=off,server_tests.b=spans");
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
    let json: Value = serde_json::from_str(good.split_once("\r\n\r\n").unwrap().1).unwrap();
    let mut shown = json["components"].as_array().unwrap().iter();
    let expected = json!({"name": "server_tests.a", "enabled": "off", "decider": "program", "functions": 0});
    assert!(shown.any(|state| *state == expected), "{json}");
    let both = (part.enabled(), crate::component("server_tests.b").enabled());
    assert_eq!(both, (crate::Enabled::NONE, crate::Enabled::SPANS));
    for name in ["server_tests.a", "server_tests.b"] {
        crate::component(name).reset();
    }
}

/// The answer to a body that is sent there from this machine.
fn put(server: &Server, path: &str, body: &str) -> String {
    let mut stream = connect(server);
    let length = body.len();
    let head = format!("PUT {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close");
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    rest(stream)
}

#[test]
fn a_body_is_read_up_to_a_bound_and_nothing_is_changed_by_a_bad_one() {
    let server = start_bounded(Limits::default());
    let put = |body: &str| put(&server, "/telemetry", body);
    assert!(put("maybe").contains("write `on` or `off`"));
    assert!(put(&"x".repeat(5_000)).starts_with("HTTP/1.1 413"));
    let answer = put("on");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"enabled":true}"#), "{answer}");
}

#[test]
fn the_inside_is_for_those_who_may_see_it_and_metrics_and_probes_for_all() {
    let health = Arc::new(Health::new(String::new(), None, vec![good("db")]));
    let token = Token(Some(Secret::new("a token of some length".to_owned())));
    let access = Access { token: Some(token), changes: false, ..admin(&health).access };
    let admin = Admin { access, ..admin(&health) };
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), None, admin).unwrap();
    for path in ["/metrics", "/health", "/ready", "/live"] {
        assert_eq!(get(&server, path).status, 200, "{path}");
    }
    let refused = get(&server, "/telemetry");
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("www-authenticate: bearer"), "{refused:?}");
    let shown = "authorization: Bearer a token of some length\r\n";
    assert_eq!(request(&server, "GET", "/telemetry", shown).status, 200);
    let put = request(&server, "PUT", "/telemetry", shown);
    assert_eq!(put.status, 403, "nothing can be changed unless it is switched on");
    assert!(put.body.contains("`APP_ADMIN_CHANGES`"), "{put:?}");
    let post = request(&server, "POST", "/telemetry", shown);
    assert!(post.status == 405 && post.head.contains("allow: get, head, put"), "{post:?}");
    // Details are shown to who may see them; others get the short answer.
    assert_eq!(get(&server, "/health?detail").json()["checks"]["db"], "ok");
    let detail = request(&server, "GET", "/health?detail", shown).json();
    assert_eq!(detail["checks"]["db"]["status"], "ok");
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_its_owners_and_what_a_dead_program_left_is_replaced() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};

    let folder = std::env::temp_dir().join(format!("spanwright-socket-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("admin.sock");
    drop(UnixListener::bind(&path).unwrap());
    let socket = Socket::bind(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Socket::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    // Listening for other machines, without a token.
    let access = Access { is_local: false, changes: false, ..admin(&health).access };
    let admin = Admin { access, ..admin(&health) };
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Some(socket), admin).unwrap();
    assert_eq!(request(&server, "GET", "/telemetry", "").status, 403);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /telemetry HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(server);
    assert!(!path.exists(), "it goes with the server");
    std::fs::write(&path, "a file").unwrap();
    assert!(Socket::bind(&path).is_err() && path.exists(), "a file is not ours to remove");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_unix_socket_that_a_successor_has_bound_stays() {
    let path = std::env::temp_dir().join(format!("spanwright-successor-{}", std::process::id()));
    let slow = Check::new("slow", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok::<(), String>(())
    });
    let health = Arc::new(Health::new(String::new(), None, vec![slow]));
    let socket = Socket::bind(&path).unwrap();
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Some(socket), admin(&health)).unwrap();
    // What it still has to answer holds its end up.
    let mut waiting = connect(&server);
    waiting.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let end = thread::spawn(move || drop(server));
    let begun = Instant::now();
    let successor = loop {
        match Socket::bind(&path) {
            Ok(successor) => break successor,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{error}"),
        }
        thread::sleep(Duration::from_millis(1));
    };
    end.join().unwrap();
    assert!(path.exists(), "it is the successor's");
    drop(successor);
    assert!(!path.exists());
}
