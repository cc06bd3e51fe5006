//! Health and readiness.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::health;

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
    let limit = Duration::from_secs(1);
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
    assert!(started.elapsed() < limit * 2, "side by side, not one after the other");
    let error = |body: &Value, name: &str| body["checks"][name]["reason"].as_str().unwrap_or("").to_owned();
    assert_eq!(error(&body, "good"), "");
    assert_eq!(error(&body, "patient"), "");
    assert_eq!(error(&body, "panics"), "the check panicked");
    assert_eq!(error(&body, "hangs"), "no answer within 1s");
    assert_eq!(error(&body, "blocks"), "no answer within 1s");
    let again = detail_of(&server, "/health?detail");
    assert_eq!(error(&again, "hangs"), "no answer within 1s", "it was dropped at its limit, and runs anew");
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
