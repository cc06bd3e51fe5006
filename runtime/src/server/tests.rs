use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::health::Check;
use crate::registry::{self, Family, Kind, Source};

fn start(checks: Vec<Check>) -> (Server, Arc<Health>) {
    let health = Arc::new(Health::new("shop".to_owned(), Some("1.2.3".to_owned()), checks));
    let admin = Admin { health: Arc::clone(&health), registries: vec![Registry::new()] };
    (Server::start((Ipv4Addr::LOCALHOST, 0).into(), admin).unwrap(), health)
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

#[test]
fn health_is_one_object_with_every_check() {
    let bad = Check::new("queue", async || Err::<(), _>("17 waiting"));
    let (server, _) = start(vec![good("db")]);
    let answer = get(&server, "/health");
    let mut body = answer.json();
    assert!(body["checks"]["db"]["duration_ms"].take().as_f64().is_some_and(|time| time >= 0.0));
    assert!(body["uptime_seconds"].take().is_u64());
    let check = json!({"status": "healthy", "duration_ms": null});
    let expected = json!({
        "status": "healthy", "checks": {"db": check}, "service": "shop", "version": "1.2.3", "uptime_seconds": null,
    });
    assert_eq!((answer.status, body), (200, expected));

    let (server, _) = start(vec![good("db"), bad]);
    let (answer, ready) = (get(&server, "/health"), get(&server, "/ready"));
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["status"], &body["checks"]["db"]["status"]), (&json!("unhealthy"), &json!("healthy")));
    assert_eq!(body["checks"]["queue"]["error"], "17 waiting");
    assert_eq!((ready.status, &ready.json()["reason"]), (503, &json!("unhealthy")));
    assert_eq!(get(&server, "/live").status, 200, "an unhealthy program is alive");
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
    assert_eq!(get(&server, "/health").status, 200);
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
    ];
    let (server, _) = start(checks);
    let started = Instant::now();
    let body = get(&server, "/health").json();
    assert!(started.elapsed() < limit * 5, "side by side, not one after the other");
    let error = |body: &Value, name: &str| body["checks"][name]["error"].as_str().unwrap_or("").to_owned();
    assert_eq!(error(&body, "good"), "");
    assert_eq!(error(&body, "panics"), "the check panicked");
    assert_eq!(error(&body, "hangs"), "no answer within 200ms");
    assert_eq!(error(&body, "blocks"), "no answer within 200ms");
    let again = get(&server, "/health").json();
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
    let admin = Admin { health, registries: vec![registry] };
    (Server::start((Ipv4Addr::LOCALHOST, 0).into(), admin).unwrap(), source)
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
    let health = Arc::new(Health::new("shop".to_owned(), None, vec![good("db")]));
    let admin = Admin { health, registries: vec![registry] };
    let limit = Duration::from_millis(200);
    let server = Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), admin, limit).unwrap();
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
    let admin =
        Admin { health: Arc::new(Health::new(String::new(), None, Vec::new())), registries: vec![registry] };
    let limit = Duration::from_millis(50);
    let server = Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), admin, limit).unwrap();
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
    let admin = || Admin { health: Arc::clone(&health), registries: Vec::new() };
    assert_eq!(Server::start(address, admin()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    // A client that keeps its connection open doesn't keep the server.
    let _idle = TcpStream::connect(address).unwrap();
    get(&server, "/live");
    let started = Instant::now();
    drop(server);
    assert!(started.elapsed() < GRACE * 3);
    Server::start(address, admin()).unwrap();
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

#[test]
fn idle_connections_are_closed_and_the_number_has_a_bound() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let admin =
            Admin { health: Arc::new(Health::new(String::new(), None, Vec::new())), registries: Vec::new() };
        let listener = Bounded::with_bounds(listener, 2, Duration::from_millis(300));
        tokio::spawn(axum::serve(listener, routes::router(admin, metrics::LIMIT)).into_future());
        address
    });
    let mut idle: Vec<_> = (0..2).map(|_| TcpStream::connect(address).unwrap()).collect();
    idle[0].write_all(b"GET /live HT").unwrap();
    // The third waits until one of the others is closed.
    let mut third = TcpStream::connect(address).unwrap();
    third.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    third.write_all(b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let started = Instant::now();
    let mut answer = String::new();
    third.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(started.elapsed() >= Duration::from_millis(150), "there were more than two connections");
    idle[0].set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // Closed, be it with an answer about the timeout: reading comes to an end.
    let mut rest = Vec::new();
    let _ = idle[0].read_to_end(&mut rest);
}
