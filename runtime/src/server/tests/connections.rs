//! Connections that are slow, idle, too many, or no good.

use super::*;

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

/// How many bytes of a large page come, and how many it has, where they are read only after `limit` for the answer; nothing where the
/// page was not made in time.
fn read_late(limit: Duration) -> Option<(usize, usize)> {
    let (registry, source) = (Registry::new(), Arc::new(Many(300_000, Duration::ZERO)));
    registry.add_source(&source);
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    let admin = Admin { registries: vec![registry], ..admin(&health) };
    let limits = Limits { answer: limit, ..Limits::default() };
    let bounds = Bounds { connections: limits, page: Duration::from_secs(60) };
    let server = Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin, bounds).unwrap();
    let mut slow = connect(&server);
    slow.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    slow.set_read_timeout(Some(limit)).unwrap();
    let mut some = [0; 1024];
    slow.read_exact(&mut some).ok()?;
    let head = String::from_utf8_lossy(&some).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let length = length.parse().unwrap();
    thread::sleep(limit + Duration::from_secs(1));
    Some((rest(slow).len() + some.len(), length))
}

#[test]
fn an_answer_that_is_read_too_slowly_is_cut() {
    // A busy machine takes longer to make the page.
    let limits = [6, 20, 45].map(Duration::from_secs);
    let (come, length) = limits.into_iter().find_map(read_late).expect("the page is made in time");
    // What the system holds of it is still there; the rest is not.
    assert!(come < length, "{length} bytes were kept for who did not read them");
}

#[test]
fn who_comes_takes_the_place_of_who_is_idle() {
    let server = start_bounded(Limits { connections: 2, probes: 0, ..Limits::default() });
    let first = connect(&server);
    let mut second = connect(&server);
    second.write_all(LIVE).unwrap();
    read_answer(&mut second);
    // Who has just come is not sent away.
    thread::sleep(Duration::from_millis(100));
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

#[test]
fn a_crowd_before_a_page_that_blocks_does_not_starve_probes() {
    let (_keep, blocked) = mpsc::channel();
    let (registry, source) = (Registry::new(), Arc::new(Blocked(blocked.into())));
    registry.add_source(&source);
    let health = Arc::new(Health::new(String::new(), None, vec![good("db")]));
    let admin = Admin { registries: vec![registry], ..admin(&health) };
    let connections = Limits { connections: 4, probes: 2, ..Limits::default() };
    let page = Duration::from_secs(600);
    let bounds = Bounds { connections, page };
    let server = Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin, bounds).unwrap();
    let asks = |_| {
        let mut one = connect(&server);
        one.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        one
    };
    let crowd: Vec<_> = (0..40).map(asks).collect();
    let started = Instant::now();
    let refused = loop {
        let answer = get(&server, "/health");
        if answer.status != 200 {
            break answer;
        }
        // Some of the crowd were closed before their request was read: it takes no place from others yet.
        assert!(started.elapsed() < Duration::from_secs(20), "four wait for the page");
    };
    assert!(refused.status == 503 && refused.head.contains("retry-after: 1"), "{refused:?}");
    assert!(refused.body.contains("too many ask at once"), "{refused:?}");
    for path in ["/live", "/ready", "/live", "/ready"] {
        assert_eq!(get(&server, path).status, 200, "{path}");
    }
    drop(crowd);
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
