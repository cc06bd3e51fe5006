//! What orchestrators and load balancers ask, and how the program ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::process::{TempDir, http, until};
use crate::program::{SEED, eventflux, lines};
use crate::system::Running;
use crate::table::rows_of;

/// A program that has little to do, which no machine is too slow for.
#[track_caller]
fn healthy() -> Running {
    let folder = TempDir::new();
    let sql = folder.path().join("queries.sql");
    let statements =
        "CREATE STREAM StockStream (symbol TEXT, price DOUBLE) FROM generator(rate = 20, batch = 5);
         CREATE SINK Kept TO memory;
         CREATE QUERY little AS SELECT * FROM StockStream INTO Kept;";
    std::fs::write(&sql, statements).expect("the temporary directory is writable");
    let running = Running::start(eventflux(&["--sql"]).arg(&sql));
    until("all queries to run", || {
        let (_, health) = running.json("/health");
        let queries = health["queries_running"].as_u64().unwrap_or_default();
        (health["status"] == "healthy" && queries > 0).then_some(())
    });
    running
}

#[test]
fn the_endpoints_are_those_of_the_document() {
    let running = healthy();
    for row in rows_of(SEED, "endpoint") {
        let path = row.name().trim_start_matches("GET ");
        let (status, text) = running.ask(path);
        assert_eq!(status, 200, "{}", row.item);
        let json = || serde_json::from_str::<Json>(&text).expect("it is JSON");
        match path {
            "/metrics" => assert!(text.contains("# TYPE events_processed_total counter"), "{text}"),
            "/health" => assert_eq!(json()["status"], "healthy"),
            "/ready" => assert_eq!(json()["status"], "ready"),
            "/live" => {}
            other => panic!("nothing is known of {other}"),
        }
    }
    let answer = http().get(format!("{}/metrics", running.admin)).call().expect("it answers");
    let content = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    assert!(content.is_some_and(|content| content.starts_with("text/plain")), "{content:?}");
    // By default it is at the document's address, where something else may listen here.
    let mut explained = eventflux(&["--once"]);
    explained.env_remove("EVENTFLUX_METRICS_PORT").env("EVENTFLUX_EXPLAIN_CONFIG", "true");
    let output = explained.output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("metrics.addr = 127.0.0.1:9090"), "{said}");
}

#[test]
fn health_has_the_fields_of_the_document() {
    let running = healthy();
    let (_, health) = running.json("/health");
    let mut seen = 0;
    for row in rows_of(SEED, "JSON field") {
        // `/health`: `checks.event_pipeline` (`"ok"`)
        let ["/health", field, ..] = crate::table::quoted(&row.item)[..] else { continue };
        let value = field.split('.').fold(&health, |value, key| &value[key]);
        let is_good = match field {
            "status" => value == "healthy",
            "uptime_seconds" => value.as_f64().is_some_and(|seconds| seconds >= 0.0),
            "queries_running" | "streams_active" | "memory_usage_mb" => {
                value.as_f64().is_some_and(|n| n > 0.0)
            }
            check if check.starts_with("checks.") => value == "ok",
            other => panic!("nothing is known of {other}"),
        };
        assert!(is_good, "{} is {value}", row.item);
        seen += 1;
    }
    assert_eq!(seen, 8, "the document has so many");
    let page = running.page("what is sampled", |page| page.sum("eventflux_streams_active", &[]) > 0.0);
    let numbers = [("queries_running", "query_active_count"), ("streams_active", "eventflux_streams_active")];
    for (field, metric) in numbers {
        assert_eq!(health[field].as_f64(), Some(page.sum(metric, &[])), "{field}");
    }
}

#[test]
fn a_pipeline_that_is_full_is_degraded_and_stays_ready() {
    let running = Running::start(&mut eventflux(&["--load", "--stall"]));
    let (status, health) = until("a stalled pipeline to be noticed", || {
        let (status, health) = running.json("/health");
        (health["status"] == "degraded").then_some((status, health))
    });
    assert_eq!(status, 200, "who is degraded serves on: {health}");
    assert_ne!(health["checks"]["event_pipeline"], "ok", "{health}");
    assert_eq!(running.ask("/ready").0, 200);
    let page = running.page("the score", |page| page.sum("eventflux_health_score", &[]) < 0.5);
    assert!(page.with("pipeline_health_score", &[]).iter().any(|score| score.value < 0.5));
}

/// What HAProxy sends: HTTP 1.0, and no `Host`.
fn asked_by_haproxy(running: &Running) -> String {
    let mut connection = TcpStream::connect(running.admin.trim_start_matches("http://")).expect("it listens");
    connection.set_read_timeout(Some(Duration::from_secs(10))).expect("it is set");
    connection.write_all(b"GET /ready HTTP/1.0\r\n\r\n").expect("it is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it is answered, and closed");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn at_the_end_it_is_not_ready_drains_and_stops_all_queries() {
    let mut command = eventflux(&["--load"]);
    let mut running = Running::start(command.env("EVENTFLUX_DRAIN_PERIOD", "2000"));
    until("it to be ready", || (running.ask("/ready").0 == 200).then_some(()));
    assert!(asked_by_haproxy(&running).ends_with("200 OK"));
    let before = processed(&running);
    running.process.signal("TERM");
    let signalled = Instant::now();
    until("it to say that it is not ready", || (running.ask("/ready").0 == 503).then_some(()));
    let (status, health) = running.json("/health");
    assert_eq!((status, &health["status"]), (503, &Json::from("shutting_down")));
    assert!(asked_by_haproxy(&running).contains("503"));
    assert_eq!(running.ask("/live").0, 200, "it is alive");
    // It serves on meanwhile.
    until("events while it drains", || (processed(&running) > before).then_some(()));
    assert!(running.process.wait().success());
    // The drain period is the least that passes between the signal and the end.
    assert!(signalled.elapsed() >= Duration::from_millis(2000));
    let said = lines(&running.process.stdout());
    let count = |message: &str| said.iter().filter(|line| line["message"] == message).count();
    // Who reads what another writes may be at its end before it is told.
    let [started, ended, stopped] = ["Query started", "Query completed", "Query stopped"].map(count);
    assert!(stopped > 0 && ended == started, "{stopped} stopped, {ended} of {started} ended");
}

/// How many events its queries have processed.
fn processed(running: &Running) -> f64 {
    running.page("a page", |_| true).sum("events_processed_total", &[])
}

#[test]
fn the_drain_period_is_five_seconds_unless_something_else_is_said() {
    let explained = |drain: Option<&str>| {
        let mut command = eventflux(&["--once"]);
        command.env_remove("EVENTFLUX_DRAIN_PERIOD").env("EVENTFLUX_EXPLAIN_CONFIG", "true");
        drain.map(|drain| command.env("EVENTFLUX_DRAIN_PERIOD", drain));
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(explained(None).contains("drain_period = 5000"));
    assert!(explained(Some("750")).contains("drain_period = 750"));
}
