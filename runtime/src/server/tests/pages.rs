//! Pages of metrics.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::metrics::LIMIT;
use super::*;

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

#[test]
fn who_waits_for_a_page_shares_the_next_and_gets_none_from_before() {
    /// Tells how often it was asked.
    struct Counted(AtomicUsize);
    impl Source for Counted {
        fn collect(&self, families: &mut Vec<Family>) {
            let times = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            thread::sleep(Duration::from_millis(300));
            let value = registry::Value::Gauge(times as f64);
            families.push(Family::new("times", Kind::Gauge).with([("a", "b")], value));
        }
    }
    let (registry, source) = (Registry::new(), Arc::new(Counted(AtomicUsize::new(0))));
    registry.add_source(&source);
    let server = start_with_limit(registry, Health::new(String::new(), None, Vec::new()), LIMIT);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(get(&server, "/metrics").status, 200));
        }
    });
    let shared = source.0.load(Ordering::Relaxed);
    assert!(shared < 10, "{shared} pages for 20 who asked at once");
    let later = get(&server, "/metrics").body;
    assert!(later.contains(&format!("times{{a=\"b\"}} {}", shared + 1)), "{later}");
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
