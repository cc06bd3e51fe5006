//! What `enabled`, `parent` and `follows_from` are is evaluated where somebody listens, once: in a process without other
//! subscribers.

use std::cell::Cell;

use spanwright::span::{SpanId, TraceId};
use spanwright::testing::Captured;
use spanwright::{Context, Counter, Enabled, Metrics, component, instrument};

thread_local! {
    static ENABLED: Cell<u32> = const { Cell::new(0) };
    static PARENT: Cell<u32> = const { Cell::new(0) };
    static CAUSES: Cell<u32> = const { Cell::new(0) };
}

fn enabled() -> bool {
    ENABLED.set(ENABLED.get() + 1);
    true
}

fn parent() -> Context {
    PARENT.set(PARENT.get() + 1);
    Context::current()
}

fn causes() -> Option<Context> {
    CAUSES.set(CAUSES.get() + 1);
    None
}

/// How often each was evaluated since the last look.
fn asked() -> (u32, u32, u32) {
    (ENABLED.take(), PARENT.take(), CAUSES.take())
}

#[derive(Metrics)]
#[metrics(prefix = "captured_switches")]
struct Done {
    /// Calls that have ended.
    #[metric(role = calls)]
    calls_total: Counter,
}

#[instrument(component = "captured.own", enabled = enabled(), parent = parent(), follows_from = causes(), metrics)]
fn own() {}

#[instrument(component = "captured.into", enabled = enabled(), parent = parent(), follows_from = causes(), metrics = Done)]
async fn into() {
    tokio::task::yield_now().await;
}

#[spanwright::test]
fn all_is_evaluated_once_where_somebody_listens(telemetry: Captured) {
    own();
    assert_eq!(asked(), (1, 1, 1));
    component("captured.own").set(Enabled::METRICS);
    own();
    assert_eq!(asked(), (1, 0, 0), "nobody wants the span");
    component("captured.own").set(false);
    own();
    assert_eq!(asked(), (0, 0, 0));
    component("captured.own").reset();
    assert_eq!(telemetry.tree(), "own\n");
    let labels = [("module", module_path!()), ("function", "own"), ("outcome", "ok")];
    telemetry.metric("function_calls_total", &labels).is(2.0);
}

#[spanwright::test]
async fn so_it_is_for_calls_that_report_into_metrics_of_ones_own(telemetry: Captured) {
    into().await;
    assert_eq!(asked(), (1, 1, 1));
    component("captured.into").set(Enabled::METRICS);
    into().await;
    assert_eq!(asked(), (1, 0, 0));
    component("captured.into").set(false);
    into().await;
    assert_eq!(asked(), (0, 0, 0));
    component("captured.into").reset();
    telemetry.metric("captured_switches_calls_total", &[]).is(2.0);
}

#[spanwright::test]
fn what_is_not_sampled_has_no_links(telemetry: Captured) {
    let remote = Context { trace_id: TraceId::random(), span_id: SpanId::random(), ..Context::current() };
    let _unsampled = Context { flags: 2, ..remote }.attach();
    own();
    assert_eq!(asked(), (1, 1, 0));
    assert!(telemetry.spans().is_empty());
}
