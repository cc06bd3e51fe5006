//! Starts and ends.

use std::time::{Duration, Instant};

use crate::backends::{OtlpReceiver, or_skip};
use crate::process::{TempDir, free_port};
use crate::shop::{GOOD_CARD, Shop};

#[test]
fn a_signal_flushes_what_was_just_recorded() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    for signal in ["TERM", "INT"] {
        let start = Shop::start().export_to(&receiver.endpoint);
        // Nothing would be sent for an hour.
        let mut shop = start.env("OTEL_BSP_SCHEDULE_DELAY", "3600000").serve();
        let item = if signal == "TERM" { "cup" } else { "teapot" };
        assert_eq!(shop.order(item, 1, GOOD_CARD).0, 201);
        assert!(receiver.spans().iter().all(|span| span.text("body.item") != Some(item)));
        shop.process.signal(signal);
        let status = shop.process.wait();
        assert!(status.success(), "SIG{signal}: {status}");
        let spans = receiver.spans();
        assert!(spans.iter().any(|span| span.text("body.item") == Some(item)), "SIG{signal} flushed nothing");
        // What was still to do is done, and recorded too.
        let root = spans.iter().find(|span| span.text("body.item") == Some(item)).expect("found above");
        assert!(spans.iter().any(|span| span.name == "ship" && span.trace_id == root.trace_id));
    }
}

#[test]
fn a_receiver_that_is_away_stops_nobody() {
    let shop = Shop::start().export_to(&format!("http://127.0.0.1:{}", free_port())).serve();
    assert_eq!(shop.order("cup", 1, GOOD_CARD).0, 201);
    let start = Instant::now();
    let ended = shop.terminate();
    assert!(ended.status.success(), "{}", ended.status);
    // The limit of the end is 5 seconds unless another is stated.
    assert!(start.elapsed() < Duration::from_secs(15), "it took {:?}", start.elapsed());
    // What is lost is said, be it that the exporter has given up or that the end did not wait for it.
    let said = ["spans were not delivered", "spans are not delivered"];
    assert!(said.iter().any(|said| ended.stderr.contains(said)), "{}", ended.stderr);
}

#[test]
fn a_queue_that_is_full_is_said_with_its_remedy_and_counted() {
    let away = format!("http://127.0.0.1:{}", free_port());
    let shop = Shop::start().export_to(&away).env("OTEL_BSP_MAX_QUEUE_SIZE", "1").serve();
    for _ in 0..5 {
        assert_eq!(shop.order("cup", 1, GOOD_CARD).0, 201);
    }
    let (_, metrics) = shop.metrics("text/plain");
    let dropped = |line: &&str| line.starts_with("spanwright_spans_dropped_total{reason=\"queue_full\"}");
    let dropped = metrics.lines().find(dropped).expect("the series exists");
    assert!(!dropped.ends_with(" 0"), "{dropped}");
    let stderr = shop.terminate().stderr;
    assert!(stderr.contains("`OTEL_BSP_MAX_QUEUE_SIZE`"), "{stderr}");
}

#[test]
fn a_program_that_fails_has_its_own_message_and_code() {
    // A directory is no database.
    let ended = Shop::start().arg("--database").arg("/").run();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("shop: the database failed"), "{}", ended.stderr);
}

#[test]
fn orders_outlive_the_shop_and_are_shipped_by_the_next() {
    let folder = TempDir::new();
    let database = folder.path().join("shop.db").display().to_string();
    let shop = Shop::start().arg("--database").arg(&database).serve();
    let (_, order) = shop.order("teapot", 1, GOOD_CARD);
    assert!(shop.terminate().status.success());
    let shop = Shop::start().arg("--database").arg(&database).serve();
    shop.wait_for_shipping(&order);
}
