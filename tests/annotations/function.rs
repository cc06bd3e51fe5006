//! `#[instrument]` on functions: what is recorded, how it ends, what is counted.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use spanwright::registry::Value;
use spanwright::span::{AttributeValue, Outcome, SpanData, SpanId, TraceId};
use spanwright::{Context, Label, Registry, Secret, StoreId, instrument};

use crate::collected::{telemetry, traced};

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("it failed with {0}")]
struct Failed(u32);

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
    Paid,
}

fn attribute(span: &SpanData, key: &str) -> Option<AttributeValue> {
    span.attributes.iter().find(|(its_key, _)| its_key == key).map(|(_, value)| value.clone())
}

fn text(value: &str) -> Option<AttributeValue> {
    Some(AttributeValue::Str(value.to_owned().into()))
}

/// The value of a series in the default registry.
fn series(name: &str, labels: &[(&str, &str)]) -> Option<Value> {
    let snapshot = Registry::global().snapshot();
    snapshot.family(name)?.series(labels).map(|series| series.value.clone())
}

/// Calls of `function` in this module by outcome: ok, error, cancelled, panicked.
fn calls(function: &str) -> [u64; 4] {
    Outcome::VALUES
        .iter()
        .map(|outcome| of_outcome(function, outcome))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

fn of_outcome(function: &str, outcome: &str) -> u64 {
    let labels = [("module", module_path!()), ("function", function), ("outcome", outcome)];
    match series("function_calls_total", &labels) {
        Some(Value::Counter(count)) => count,
        other => panic!("{function}: {other:?}"),
    }
}

fn in_flight(function: &str) -> f64 {
    match series("function_calls_in_flight", &[("module", module_path!()), ("function", function)]) {
        Some(Value::Gauge(now)) => now,
        other => panic!("{function}: {other:?}"),
    }
}

pub(crate) fn poll_once<F: Future + ?Sized>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll_once(future.as_mut()) {
            return output;
        }
    }
}

/// Pending once.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(
        |_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending },
    )
    .await;
}

#[test]
fn fields_are_typed_and_in_the_order_of_their_writing() {
    struct User {
        name: &'static str,
    }
    #[instrument(
        name = "shop.order",
        target = "shop::orders",
        record(id, ratio, ?debug, %user.name, note),
        fields(http.route = "/orders", late = Empty, doubled = id * 2)
    )]
    fn order(id: i64, ratio: f64, debug: &[u8], user: &User, note: Option<&str>, unrecorded: &str) {
        let _ = (id, ratio, debug, user, note, unrecorded);
    }
    let ((), trace) = traced(|| order(-3, 0.5, &[1, 2], &User { name: "Ada" }, None, "hidden"));
    let span = trace.one("shop.order");
    assert_eq!(span.target, "shop::orders");
    assert_eq!(attribute(span, "id"), Some(AttributeValue::I64(-3)));
    assert_eq!(attribute(span, "ratio"), Some(AttributeValue::F64(0.5)));
    assert_eq!(attribute(span, "debug"), text("[1, 2]"));
    assert_eq!(attribute(span, "user.name"), text("Ada"));
    assert_eq!(attribute(span, "http.route"), text("/orders"));
    assert_eq!(attribute(span, "doubled"), Some(AttributeValue::I64(-6)));
    assert_eq!(attribute(span, "note"), None, "nothing is recorded of nothing");
    assert_eq!(attribute(span, "late"), None);
    assert!(
        !span.attributes.iter().any(|(_, value)| *value == text("hidden").unwrap()),
        "recording is opt-in"
    );
}

#[test]
fn a_name_made_of_parameters_is_each_calls_own() {
    struct Bus {
        topic: &'static str,
    }
    impl Bus {
        #[instrument(name = "{{bus}} {self.topic} publish {event:?}", metrics)]
        async fn publish(&self, event: &str) -> usize {
            event.len()
        }
    }
    let (_, trace) = traced(|| block_on(Bus { topic: "orders" }.publish("created")));
    let span = trace.one("{bus} orders publish \"created\"");
    assert_eq!(attribute(span, "otel.name"), None, "it is no attribute");
    assert_eq!(calls("publish")[0], 1, "metrics know the function");
}

#[test]
fn values_that_conventions_give_a_type_are_recorded_like_any_other() {
    struct User {
        id: String,
    }
    #[instrument(
        name = "conventional",
        record(user.id),
        fields(
            http.response.status_code = Empty,
            http.response.body.size = Some(size()),
            messaging.destination.temporary = !lasts,
            geo.location.lat = size() as f32 / 2.0,
            geo.location.lon = size()
        )
    )]
    fn conventional(user: &User, lasts: bool) {
        spanwright::record!(http.response.status_code = size() + 197);
    }
    fn size() -> u16 {
        7
    }
    let ((), trace) = traced(|| conventional(&User { id: "u".to_owned() }, true));
    let span = trace.one("conventional");
    assert_eq!(attribute(span, "user.id"), text("u"));
    assert_eq!(attribute(span, "http.response.status_code"), Some(AttributeValue::I64(204)));
    assert_eq!(attribute(span, "http.response.body.size"), Some(AttributeValue::I64(7)));
    assert_eq!(attribute(span, "messaging.destination.temporary"), Some(AttributeValue::Bool(false)));
    assert_eq!(attribute(span, "geo.location.lat"), Some(AttributeValue::F64(3.5)));
    assert_eq!(attribute(span, "geo.location.lon"), Some(AttributeValue::I64(7)));
}

#[test]
fn spans_nest_and_come_back_to_their_parents() {
    #[instrument]
    fn leaf() {}
    #[instrument]
    fn middle() {
        leaf();
    }
    #[instrument]
    fn sibling() {}
    let ((), trace) = traced(|| {
        middle();
        sibling();
    });
    assert_eq!(trace.path("leaf"), ["leaf", "middle", "root"]);
    assert_eq!(trace.path("sibling"), ["sibling", "root"]);
    assert_eq!(trace.root.parent, SpanId::NONE);
    let (leaf, middle) = (trace.one("leaf"), trace.one("middle"));
    assert!(middle.start_unix_nanos <= leaf.start_unix_nanos && leaf.end_unix_nanos <= middle.end_unix_nanos);
}

#[test]
fn futures_keep_their_parents_while_they_take_turns() {
    #[instrument]
    async fn step() {
        pause().await;
    }
    #[instrument(record(name))]
    async fn task(name: &str) {
        pause().await;
        step().await;
    }
    let ((), trace) = traced(|| {
        let (mut one, mut other) = (pin!(task("one")), pin!(task("other")));
        let (mut one_is_done, mut other_is_done) = (false, false);
        while !(one_is_done && other_is_done) {
            one_is_done = one_is_done || poll_once(one.as_mut()).is_ready();
            other_is_done = other_is_done || poll_once(other.as_mut()).is_ready();
        }
    });
    let tasks: Vec<_> = trace.spans.iter().filter(|span| span.name == "task").collect();
    let steps: Vec<_> = trace.spans.iter().filter(|span| span.name == "step").collect();
    assert_eq!((tasks.len(), steps.len()), (2, 2));
    assert!(tasks.iter().all(|task| task.parent == trace.root.span_id));
    assert_ne!(steps[0].parent, steps[1].parent);
    assert!(steps.iter().all(|step| tasks.iter().any(|task| task.span_id == step.parent)));
}

#[test]
fn every_outcome_of_a_function_is_told() {
    #[instrument(err, metrics(in_flight))]
    fn outcomes(n: u32) -> Result<u32, Failed> {
        assert_eq!(in_flight("outcomes"), 1.0);
        match n {
            0 => Ok(0),
            1 => Err(Failed(1)),
            _ => panic!("on purpose"),
        }
    }
    telemetry();
    assert_eq!(calls("outcomes"), [0; 4], "series exist before the first call");
    let (_, trace) = traced(|| {
        assert_eq!(outcomes(0), Ok(0));
        assert_eq!(outcomes(1), Err(Failed(1)));
        assert!(catch_unwind(|| outcomes(2)).is_err());
    });
    assert_eq!(calls("outcomes"), [1, 1, 0, 1]);
    assert_eq!(in_flight("outcomes"), 0.0);
    let outcomes: Vec<_> = trace.spans.iter().map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Error, Outcome::Panicked]);
    assert_eq!(trace.spans[1].error.as_deref(), Some("it failed with 1"));
    assert!(
        matches!(attribute(&trace.spans[1], "error.type"), Some(AttributeValue::Str(name)) if name.ends_with("Failed"))
    );
    assert_eq!(attribute(&trace.spans[2], "error.type"), text("panicked"));
    assert!(
        trace.spans.iter().all(|span| span.parent == trace.root.span_id),
        "a panic leaves no span current"
    );
}

#[test]
fn every_outcome_of_a_future_is_told() {
    #[instrument(err(Debug), metrics(in_flight))]
    async fn future_outcomes(n: u32) -> Result<u32, Failed> {
        pause().await;
        match n {
            0 => Ok(0),
            1 => Err(Failed(1))?,
            _ => panic!("on purpose"),
        }
    }
    let (_, trace) = traced(|| {
        assert_eq!(block_on(future_outcomes(0)), Ok(0));
        assert_eq!(block_on(future_outcomes(1)), Err(Failed(1)));
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(future_outcomes(2)))).is_err());
        {
            let mut dropped = Box::pin(future_outcomes(3));
            assert!(poll_once(dropped.as_mut()).is_pending());
            assert_eq!(in_flight("future_outcomes"), 1.0);
        }
        assert_eq!(in_flight("future_outcomes"), 0.0);
        // Never polled: never called.
        drop(future_outcomes(4));
    });
    assert_eq!(calls("future_outcomes"), [1, 1, 1, 1]);
    let outcomes: Vec<_> = trace.spans.iter().map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled]);
    assert_eq!(trace.spans[1].error.as_deref(), Some("Failed(1)"));
}

#[test]
fn what_a_dropped_future_drops_belongs_to_its_span() {
    struct Noisy;
    impl Drop for Noisy {
        fn drop(&mut self) {
            #[instrument]
            fn cleaned_up() {}
            cleaned_up();
        }
    }
    #[instrument]
    async fn holder() {
        let _noisy = Noisy;
        std::future::pending::<()>().await;
    }
    let ((), trace) = traced(|| {
        let mut dropped = Box::pin(holder());
        assert!(poll_once(dropped.as_mut()).is_pending());
    });
    assert_eq!(trace.path("cleaned_up"), ["cleaned_up", "holder", "root"]);
}

#[test]
fn typed_labels_are_taken_at_entry() {
    #[instrument(metrics(prefix = "typed", labels(operation = "buy", tier, big: bool = amount > 10)))]
    fn buy(tier: Tier, mut amount: u32) -> u32 {
        amount += 100;
        let _ = tier;
        amount
    }
    let calls = |tier, big| {
        series("typed_calls_total", &[("operation", "buy"), ("tier", tier), ("big", big), ("outcome", "ok")])
    };
    telemetry();
    assert_eq!(calls("free", "true"), Some(Value::Counter(0)));
    assert_eq!(buy(Tier::Paid, 1), 101);
    assert_eq!(buy(Tier::Free, 11), 111);
    assert_eq!(buy(Tier::Free, 12), 112);
    assert_eq!(calls("paid", "false"), Some(Value::Counter(1)));
    assert_eq!(calls("free", "true"), Some(Value::Counter(2)));
    let labels = [("operation", "buy"), ("tier", "free"), ("big", "true")];
    let Some(Value::Histogram(durations)) = series("typed_duration_seconds", &labels) else {
        panic!("no histogram")
    };
    assert_eq!(durations.count(), 2);
}

#[test]
fn fields_are_evaluated_only_where_somebody_listens() {
    fn evaluated(times: &std::cell::Cell<u32>) -> u32 {
        times.set(times.get() + 1);
        times.get()
    }
    #[instrument(level = "trace", fields(times = evaluated(times)))]
    fn filtered(times: &std::cell::Cell<u32>) {
        let _ = times;
    }
    #[instrument(fields(times = evaluated(times)))]
    fn recorded(times: &std::cell::Cell<u32>) {
        let _ = times;
    }
    let times = std::cell::Cell::new(0);
    let ((), trace) = traced(|| {
        filtered(&times);
        recorded(&times);
    });
    assert_eq!(times.get(), 1);
    assert_eq!(trace.names(), ["recorded"]);
}

#[test]
fn a_secret_passes_through_unrecorded() {
    #[instrument(record(amount))]
    fn charge(card: &Secret<String>, amount: u32) -> usize {
        card.expose().len() + amount as usize
    }
    let (length, trace) = traced(|| charge(&Secret::new("4111-1111".into()), 1));
    assert_eq!(length, 10);
    assert!(!format!("{:?}", trace.spans).contains("4111-1111"));
}

#[test]
fn users_code_that_panics_in_ours_leaves_nothing_behind() {
    struct Panics;
    impl std::fmt::Display for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("on purpose")
        }
    }
    #[instrument(err)]
    fn bad_error() -> Result<(), Panics> {
        Err(Panics)
    }
    #[instrument(fields(bad = %Panics), metrics(in_flight))]
    fn bad_field() {}
    #[instrument(metrics(prefix = "bad_label", labels(tier: Tier = tier_of(0)), in_flight))]
    fn bad_label() {}
    fn tier_of(n: u32) -> Tier {
        assert_ne!(n, 0, "on purpose");
        Tier::Paid
    }
    let ((), trace) = traced(|| {
        assert!(catch_unwind(|| bad_error().is_err()).is_err());
        assert!(catch_unwind(bad_field).is_err());
        assert!(catch_unwind(bad_label).is_err());
    });
    assert_eq!(trace.one("bad_error").outcome, Outcome::Error);
    assert_eq!(trace.one("bad_field").outcome, Outcome::Panicked);
    assert!(trace.spans.iter().all(|span| span.parent == trace.root.span_id), "no context is left behind");
    assert_eq!(in_flight("bad_field"), 0.0);
    assert_eq!(series("bad_label_calls_in_flight", &[("tier", "free")]), Some(Value::Gauge(0.0)));
    let labels = [("tier", "free"), ("outcome", "cancelled")];
    assert_eq!(series("bad_label_calls_total", &labels), Some(Value::Counter(0)), "it never began");
}

#[test]
fn a_call_in_a_destructor_of_an_unwinding_thread_is_no_panic() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            in_place();
            wrapped();
            let mut pending = Box::pin(pending_then_dropped());
            assert!(poll_once(pending.as_mut()).is_pending());
        }
    }
    #[instrument]
    #[track_caller]
    fn in_place() {}
    #[instrument]
    fn wrapped() {}
    #[instrument]
    async fn pending_then_dropped() {
        std::future::pending::<()>().await;
    }
    let ((), trace) = traced(|| {
        let unwinding = || {
            let _last = Last;
            panic!("on purpose");
        };
        assert!(catch_unwind(unwinding).is_err());
    });
    assert_eq!(trace.one("in_place").outcome, Outcome::Ok);
    assert_eq!(trace.one("wrapped").outcome, Outcome::Ok);
    assert_eq!(trace.one("pending_then_dropped").outcome, Outcome::Cancelled);
}

#[test]
fn a_future_whose_destructor_panics_has_panicked_within_its_span() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            in_the_destructor();
            panic!("on purpose");
        }
    }
    #[instrument]
    fn in_the_destructor() {}
    #[instrument]
    async fn holds(last: Last) {
        let _last = last;
        std::future::pending::<()>().await;
    }
    let ((), trace) = traced(|| {
        let mut pending = Box::pin(holds(Last));
        assert!(poll_once(pending.as_mut()).is_pending());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(pending))).is_err());
    });
    let holds = trace.one("holds");
    assert_eq!(holds.outcome, Outcome::Panicked);
    assert_eq!(trace.one("in_the_destructor").parent, holds.span_id);
}

#[test]
fn a_call_is_counted_in_the_store_that_it_began_in() {
    #[instrument(metrics(in_flight))]
    async fn elsewhere() {
        std::future::pending::<()>().await;
    }
    telemetry();
    let store = Context { store: StoreId::create(), ..Context::NONE };
    let mut future = Box::pin(elsewhere());
    {
        let _theirs = store.attach();
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(in_flight("elsewhere"), 1.0);
    }
    drop(future);
    assert_eq!((in_flight("elsewhere"), calls("elsewhere")), (0.0, [0; 4]));
    let _theirs = store.attach();
    assert_eq!((in_flight("elsewhere"), calls("elsewhere")), (0.0, [0, 0, 1, 0]));
}

#[test]
fn children_of_a_dropped_root_are_dropped_wherever_they_run() {
    #[instrument]
    async fn unsampled() -> Context {
        pause().await;
        Context::current()
    }
    let id = SpanId::random();
    let dropped = Context { trace_id: TraceId::random(), span_id: id, ..Context::NONE };
    let mut future = Box::pin(unsampled());
    {
        let _root = dropped.attach();
        assert!(poll_once(future.as_mut()).is_pending());
    }
    let Poll::Ready(seen) = poll_once(future.as_mut()) else { panic!("ready at the second poll") };
    assert_eq!((seen.span_id, seen.is_sampled()), (id, false));
}

#[test]
fn the_trace_of_a_call_is_the_exemplar_of_its_duration_and_of_its_failure() {
    #[instrument(metrics)]
    fn fails_now_and_then(fail: bool) -> Result<(), Failed> {
        if fail { Err(Failed(1)) } else { Ok(()) }
    }
    let (_, trace) = traced(|| (fails_now_and_then(false), fails_now_and_then(true)));
    let [ok, failed] = &trace.spans[..] else { panic!("{:?}", trace.names()) };
    let exemplars = |name: &str, outcome: Option<&str>| {
        let mut labels = vec![("module", module_path!()), ("function", "fails_now_and_then")];
        labels.extend(outcome.map(|outcome| ("outcome", outcome)));
        let family = Registry::global().get_metric(name).unwrap();
        family.series(&labels).unwrap().exemplars.clone()
    };
    let durations = exemplars("function_duration_seconds", None);
    assert_eq!((durations[0].trace_id, durations[0].span_id), (ok.trace_id, ok.span_id));
    assert!(durations[0].value > 0.0 && durations[0].value < 1.0, "seconds: {durations:?}");
    let failures = exemplars("function_calls_total", Some("error"));
    assert_eq!((failures.len(), failures[0].span_id, failures[0].value), (1, failed.span_id, 1.0));
    let age = failures[0].time.elapsed().unwrap();
    assert!(age.as_secs() < 60, "{age:?}");
}

mod all;
mod errors;
mod followed;
mod forms;
mod record;

mod returned_futures;
mod shapes;
