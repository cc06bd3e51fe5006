//! `#[spanwright::test]`: tests that see what they have recorded themselves, side by side in one process.

mod elsewhere;
mod http;
mod propagation;
mod room;
mod switches;

use std::process::Command;
use std::sync::Barrier;

use spanwright::span::{Level, Outcome};
use spanwright::testing::Captured;
use spanwright::{Counter, InContext, Label, Metrics, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
    Paid,
}

#[derive(Metrics)]
#[metrics(prefix = "captured")]
struct Shop {
    /// Orders that were placed.
    orders_total: Counter<Tier>,
}

#[instrument(record(order), err, metrics)]
async fn place(order: u64, tier: Tier) -> Result<u64, std::fmt::Error> {
    Shop::global().orders_total.with(tier).inc();
    check(order)
}

#[instrument(level = "trace", fields(checked = true))]
fn check(order: u64) -> Result<u64, std::fmt::Error> {
    tracing::debug!(target: "anything", stock = 3, "looked at the stock");
    order.checked_sub(1).ok_or(std::fmt::Error)
}

#[spanwright::test]
async fn a_test_sees_spans_events_and_metrics(telemetry: Captured) {
    place(0, Tier::Paid).await.unwrap_err();
    place(2, Tier::Paid).await.unwrap();
    telemetry.metric("captured_orders_total", &[("tier", "paid")]).is(2.0);
    telemetry.metric("captured_orders_total", &[("tier", "free")]).is(0.0);
    assert_eq!(telemetry.tree(), "place\n  check\nplace\n  check\n");
    let spans = telemetry.spans();
    spans[0].failed().has("order", 0).has_no("tier");
    spans[1].has("checked", true).failed().is_in("place");
    spans[2].succeeded().has("order", 2);
    assert_eq!(telemetry.events().len(), 3, "two looks, and an error that `err` reports");
    let labels = [("module", module_path!()), ("function", "place")];
    assert_eq!(telemetry.metric("function_duration_seconds", &labels).count(), Some(2));
}

#[test]
fn tests_side_by_side_do_not_see_each_other() {
    let both = Barrier::new(2);
    let one_of_them = |order| {
        // What the attribute makes of a function.
        spanwright::__private::test_sync(|telemetry: Captured| {
            both.wait();
            Shop::global().orders_total.with(Tier::Free).add(order);
            check(order).unwrap();
            both.wait();
            telemetry.span("check").succeeded();
            telemetry.metric("captured_orders_total", &[("tier", "free")]).is(order as f64);
            both.wait();
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(|| one_of_them(1));
        scope.spawn(|| one_of_them(2));
    });
}

#[spanwright::test]
fn an_event_outside_of_spans_is_the_tests(telemetry: Captured) -> Result<(), std::num::ParseIntError> {
    tracing::warn!(stock = 3, "low");
    telemetry.event("low").has("stock", "3".parse::<i64>()?).is_at(Level::WARN);
    assert!(telemetry.spans().is_empty());
    Ok(())
}

#[spanwright::test(worker_threads = 2)]
async fn what_a_test_spawns_is_part_of_it(telemetry: Captured) {
    #[instrument]
    fn leaf() {}
    #[instrument]
    async fn outer() {
        tokio::spawn(async { leaf() }.in_current_context()).await.unwrap();
    }
    outer().await;
    tokio::spawn(async { check(1) }).await.unwrap().unwrap();
    tokio::task::spawn_blocking(|| Shop::global().orders_total.with(Tier::Paid).inc()).await.unwrap();
    telemetry.span("leaf").is_in("outer");
    telemetry.span("check").succeeded();
    telemetry.metric("captured_orders_total", &[("tier", "paid")]).is(1.0);
}

#[spanwright::test]
async fn a_dropped_future_is_cancelled(telemetry: Captured) {
    #[instrument]
    async fn never() {
        std::future::pending::<()>().await;
    }
    assert!(tokio::time::timeout(std::time::Duration::from_millis(1), never()).await.is_err());
    telemetry.span("never").ended(Outcome::Cancelled);
}

#[instrument(ret)]
fn whole(result: Result<u8, String>) -> Result<u8, String> {
    result
}

#[instrument(ret(Display, level = "warn"), err, metrics)]
async fn in_the_ok(result: Result<u8, String>) -> Result<u8, String> {
    result
}

#[spanwright::test]
async fn what_is_returned_is_an_event(telemetry: Captured) {
    whole(Ok(1)).unwrap();
    whole(Err("no".to_owned())).unwrap_err();
    in_the_ok(Ok(2)).await.unwrap();
    in_the_ok(Err("never".to_owned())).await.unwrap_err();
    let events = telemetry.events();
    events[0].has("return", "Ok(1)").is_at(Level::INFO);
    events[1].has("return", "Err(\"no\")").is_at(Level::INFO);
    events[2].has("return", "2").is_at(Level::WARN);
    events[3].has("exception.message", "never").is_at(Level::ERROR);
    assert_eq!(events.len(), 4);
    let errors: Vec<_> = telemetry.spans().iter().map(|span| span.error.clone()).collect();
    assert_eq!(
        errors,
        [None, Some(String::new()), None, Some("never".to_owned())],
        "a value is no error's text"
    );
}

/// What an assertion says that fails.
fn said<T>(failing: impl FnOnce() -> T) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(failing)).err().expect("it fails");
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[spanwright::test]
fn an_assertion_that_fails_says_what_there_is(telemetry: Captured) {
    check(1).unwrap();
    check(0).unwrap_err();
    let span = telemetry.spans().remove(0);
    for (found, expected) in [
        (said(|| telemetry.span("chek")), "there is no span `chek`; there are [\"check\", \"check\"]"),
        (said(|| telemetry.span("check")), "there are 2 spans `check`; look at `spans()`"),
        (
            said(|| span.has("checked", false).clone()),
            "span `check` has `checked` = Bool(true), not Bool(false)",
        ),
        (said(|| span.has_no("checked").clone()), "span `check` has the attribute `checked`: Bool(true)"),
        (said(|| span.failed().clone()), "span `check` ended as Ok, not as Error; its error is None"),
        (
            said(|| span.is_in("place").clone()),
            "span `check` is in no span of the test that has ended, and not in `place`",
        ),
        (
            said(|| telemetry.event("?")),
            "there is no event \"?\"; there are [\"looked at the stock\", \"looked at the stock\"]",
        ),
        (
            said(|| telemetry.metric("captured_orders_total", &[("tier", "free")]).is(1.0)),
            "`captured_orders_total` is Counter(0), not 1",
        ),
    ] {
        assert_eq!(found, expected);
    }
    let missing = said(|| telemetry.metric("captured_order_total", &[]));
    assert!(missing.contains("\"captured_orders_total\""), "{missing}");
}

#[spanwright::test]
fn fails_where_it_is_asked_to() {
    check(1).unwrap();
    assert!(std::env::var_os("CAPTURED_FAILS").is_none(), "it was asked to");
}

#[test]
fn a_test_that_fails_shows_what_it_has_recorded() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["fails_where_it_is_asked_to", "--exact"])
        .env("CAPTURED_FAILS", "1")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(shown.contains("what the test has recorded:\n  check\n  DEBUG looked at the stock\n"), "{shown}");
}
