//! Streams of the console among other connections.

use std::io::{BufRead, BufReader};

use super::*;
use crate::console::{Console, Records};

/// A server with a console that records nothing, and these limits.
fn start_console(connections: Limits) -> Server {
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    let records = Records { traces: false, logs: false };
    let console = Arc::new(Console::new(Arc::clone(&health), Vec::new(), None, records));
    let admin = Admin { console: Some(console), ..admin(&health) };
    let bounds = Bounds { connections, ..Bounds::default() };
    Server::start_with((Ipv4Addr::LOCALHOST, 0).into(), None, admin, bounds).unwrap()
}

/// The lines of a stream.
fn look(server: &Server) -> impl Iterator<Item = String> + use<> {
    let mut stream = connect(server);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /console/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    BufReader::new(stream).lines().map_while(Result::ok)
}

#[test]
fn a_stream_is_neither_idle_nor_too_long() {
    let short = Duration::from_millis(500);
    let server = start_console(Limits { idle: short, head: short, ..Limits::default() });
    let mut lines = look(&server);
    assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
    let started = Instant::now();
    let ticks = lines.by_ref().filter(|line| line == "event: runtime").take(4).count();
    assert_eq!(ticks, 4, "one comes each second");
    assert!(started.elapsed() > short * 2);
    drop(server);
    // Else this would not return.
    lines.for_each(drop);
}

#[test]
fn where_streams_have_all_places_probes_are_answered_and_nobody_is_closed() {
    let server = start_console(Limits { connections: 3, probes: 2, ..Limits::default() });
    let mut streams: Vec<_> = (0..3).map(|_| look(&server)).collect();
    for lines in &mut streams {
        assert!(lines.any(|line| line == "event: hello"));
    }
    for path in ["/live", "/ready", "/live"] {
        assert_eq!(get(&server, path).status, 200, "{path}");
    }
    let refused = get(&server, "/metrics");
    assert!(refused.status == 503 && refused.body.contains("too many ask at once"), "{refused:?}");
    for lines in &mut streams {
        assert!(lines.any(|line| line == "event: runtime"), "it goes on");
    }
    drop(streams);
    let started = Instant::now();
    while get(&server, "/metrics").status != 200 {
        assert!(started.elapsed() < Duration::from_secs(60), "their places are free again");
    }
}

#[test]
fn a_stream_takes_no_place_of_probes() {
    let server = start_console(Limits { connections: 2, probes: 1, ..Limits::default() });
    let mut streams: Vec<_> = (0..2).map(|_| look(&server)).collect();
    for lines in &mut streams {
        assert!(lines.any(|line| line == "event: hello"));
    }
    // This connection has the place for probes, and keeps it when another one becomes free.
    let mut waits = connect(&server);
    waits.write_all(LIVE).unwrap();
    read_answer(&mut waits);
    drop(streams.pop());
    let ticks = streams[0].by_ref().filter(|line| line == "event: runtime").take(3).count();
    assert_eq!(ticks, 3, "by now it is free");
    waits.write_all(b"GET /console/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let refused = rest(waits);
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("too many ask at once"), "{refused}");
    assert_eq!(get(&server, "/live").status, 200);
}
