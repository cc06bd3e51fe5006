//! `record!`: fields that are filled in while the function runs.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex};

use spanwright::record;
use spanwright::span::SpanKind;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::layer::{Context as LayerContext, Layer};
use tracing_subscriber::prelude::*;

use super::*;

fn number(value: i64) -> Option<AttributeValue> {
    Some(AttributeValue::I64(value))
}

/// What the span has of what was recorded.
fn recorded(span: &SpanData) -> Vec<&(Cow<'static, str>, AttributeValue)> {
    span.attributes.iter().filter(|(key, _)| !key.starts_with("code.")).collect()
}

fn evaluated(times: &Cell<u32>) -> u32 {
    times.set(times.get() + 1);
    times.get()
}

#[test]
fn values_are_attributes_of_the_functions_span() {
    #[instrument(record(id), fields(result = Empty, shop.city = "Oslo", "odd-name" = Empty, never = Empty))]
    fn charge(id: u32) -> usize {
        let result = format!("order {id}");
        record!(result = result);
        record!(shop.city = %fmt::from_fn(|f| f.write_str("Bergen")), "odd-name" = ?Some(id), id = true,);
        result.len()
    }
    let (length, trace) = traced(|| charge(7));
    let span = trace.one("charge");
    assert_eq!(length, 7);
    assert_eq!(attribute(span, "result"), text("order 7"));
    assert_eq!(attribute(span, "shop.city"), text("Bergen"), "the last value counts");
    assert_eq!(attribute(span, "odd-name"), text("Some(7)"));
    assert_eq!(attribute(span, "id"), Some(AttributeValue::Bool(true)));
    assert_eq!(recorded(span).len(), 4);
}

#[test]
fn it_is_the_span_of_the_function_wherever_it_is_written() {
    #[instrument(fields(closure = Empty, theirs = Empty, thread = Empty, count = Empty))]
    fn outer() {
        within(&|| record!(closure = 1));
        tracing::info_span!("foreign").in_scope(|| record!(theirs = 2));
        std::thread::scope(|scope| {
            scope.spawn(|| record!(thread = 3));
        });
        for count in 0..3 {
            record!(count = count);
        }
    }
    #[instrument(fields(closure = Empty))]
    fn within(called: &dyn Fn()) {
        called();
        record!(closure = "mine");
    }
    let ((), trace) = traced(outer);
    let span = trace.one("outer");
    for (key, value) in [("closure", 1), ("theirs", 2), ("thread", 3), ("count", 2)] {
        assert_eq!(attribute(span, key), number(value), "{key}");
    }
    assert_eq!(attribute(trace.one("within"), "closure"), text("mine"));
    assert!(recorded(trace.one("foreign")).is_empty());
}

#[test]
fn each_of_recursive_calls_has_its_own() {
    #[instrument(name = "recursive", fields(depth = Empty))]
    fn recursive(depth: u32) {
        if depth > 0 {
            recursive(depth - 1);
        }
        record!(depth = depth);
    }
    let ((), trace) = traced(|| recursive(2));
    let depths: Vec<_> = trace.spans.iter().map(|span| attribute(span, "depth")).collect();
    assert_eq!(depths, [number(0), number(1), number(2)]);
}

#[test]
fn futures_that_take_turns_have_their_own() {
    #[instrument(record(id), fields(before = Empty, between = Empty, after = Empty))]
    async fn waits(id: u32) {
        record!(before = id);
        let inner = async move {
            pause().await;
            record!(between = id);
        };
        inner.await;
        pause().await;
        record!(after = id);
    }
    let ((), trace) = traced(|| {
        let (mut one, mut other) = (Box::pin(waits(1)), Box::pin(waits(2)));
        for _ in 0..2 {
            assert!(poll_once(one.as_mut()).is_pending() && poll_once(other.as_mut()).is_pending());
        }
        assert!(poll_once(other.as_mut()).is_ready() && poll_once(one.as_mut()).is_ready());
    });
    assert_eq!(trace.names(), ["waits", "waits"]);
    for span in &trace.spans {
        let id = attribute(span, "id");
        for key in ["before", "between", "after"] {
            assert_eq!(attribute(span, key), id, "{key}");
        }
    }
}

#[test]
fn every_form_of_function_can_record() {
    #[async_trait::async_trait]
    trait Shop {
        async fn order(&mut self, order: u32) -> Result<u32, Failed>;
    }
    struct Corner(u32);
    #[async_trait::async_trait]
    impl Shop for Corner {
        #[instrument(fields(total = Empty), err)]
        async fn order(&mut self, order: u32) -> Result<u32, Failed> {
            pause().await;
            self.0 += order;
            record!(total = self.0);
            if order == 0 { Err(Failed(self.0)) } else { Ok(self.0) }
        }
    }
    #[instrument(fields(total = Empty))]
    #[track_caller]
    fn in_place<T: Into<u32>>(total: T) {
        record!(total = total.into());
    }
    #[instrument(fields(total = Empty))]
    fn boxed(total: u32) -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            pause().await;
            record!(total = total);
        })
    }
    #[instrument(fields(total = Empty))]
    fn opaque(total: u32) -> impl Fn(&str) -> &str {
        record!(total = total);
        |text| text
    }
    let ((), trace) = traced(|| {
        block_on(Corner(6).order(0)).unwrap_err();
        in_place(6_u8);
        block_on(boxed(6));
        opaque(6)("text");
    });
    for name in ["order", "in_place", "boxed", "opaque"] {
        assert_eq!(attribute(trace.one(name), "total"), number(6), "{name}");
    }
    assert_eq!(trace.one("order").outcome, Outcome::Error);
}

#[test]
fn a_value_is_evaluated_only_where_somebody_listens() {
    #[instrument(level = "trace", fields(times = Empty))]
    fn filtered(times: &Cell<u32>) {
        record!(times = evaluated(times));
    }
    #[instrument(level = "trace", metrics, fields(times = Empty))]
    fn only_counted(times: &Cell<u32>) {
        record!(times = evaluated(times));
    }
    #[instrument(fields(times = Empty))]
    fn recorded(times: &Cell<u32>) {
        record!(times = evaluated(times));
        filtered(times);
        only_counted(times);
    }
    #[instrument(fields(times = Empty))]
    async fn unsampled(times: &Cell<u32>) {
        pause().await;
        record!(times = evaluated(times));
    }
    let times = Cell::new(0);
    // The subscribers of other tests are asked about every callsite of the process.
    let _nobody = tracing::subscriber::set_default(NoSubscriber::default());
    let ((), trace) = traced(|| recorded(&times));
    assert_eq!((times.get(), trace.names()), (1, vec!["recorded"]));
    let dropped = Context { trace_id: TraceId::random(), span_id: SpanId::random(), ..Context::NONE };
    let _root = dropped.attach();
    recorded(&times);
    block_on(unsampled(&times));
    assert_eq!(times.get(), 1);
}

#[test]
fn what_is_suppressed_does_not_record_into_the_call_around_it() {
    #[instrument(name = "once", fields(depth = Empty))]
    fn once(depth: u32) {
        if depth == 0 {
            let _suppressed = Context::current().suppressed().attach();
            once(1);
        } else {
            record!(depth = depth);
        }
    }
    let ((), trace) = traced(|| once(0));
    assert!(recorded(trace.one("once")).is_empty());
}

#[test]
fn nothing_is_recorded_after_the_call() {
    #[instrument(fields(late = Empty))]
    fn ends() -> impl Fn() {
        move || record!(late = 7)
    }
    #[instrument(fields(late = Empty))]
    fn later(late: &dyn Fn()) {
        late();
    }
    let ((), trace) = traced(|| {
        let late = ends();
        telemetry().flush();
        // Its slot may be the one that the other had.
        later(&late);
    });
    assert!(recorded(trace.one("ends")).is_empty());
    assert!(recorded(trace.one("later")).is_empty());
}

#[test]
fn a_value_may_record_too_or_panic() {
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Display")
        }
    }
    #[instrument(fields(inner = Empty, outer = Empty, after = Empty))]
    fn nested() {
        record!(
            outer = {
                record!(inner = 1);
                2
            }
        );
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let caught = catch_unwind(|| record!(inner = %Panics));
        std::panic::set_hook(quiet);
        assert!(caught.is_err());
        record!(after = 3);
    }
    let ((), trace) = traced(nested);
    let span = trace.one("nested");
    for (key, value) in [("outer", 2), ("after", 3)] {
        assert_eq!(attribute(span, key), number(value), "{key}");
    }
    assert_eq!(span.outcome, Outcome::Ok);
}

/// What a layer of the user's own sees, a line each.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl<S> Layer<S> for Seen
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: LayerContext<'_, S>) {
        let mut line = Line(format!("new {}", attributes.metadata().name()));
        attributes.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        let mut line = Line(format!("record in {}", context.span(id).unwrap().name()));
        values.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        self.0.lock().unwrap().push(format!("close {}", context.span(&id).unwrap().name()));
    }
}

impl Seen {
    /// Runs `body` under a subscriber with this layer alone.
    fn of<R>(body: impl FnOnce() -> R) -> (R, Vec<String>) {
        let seen = Self::default();
        let returned =
            tracing::subscriber::with_default(tracing_subscriber::registry().with(seen.clone()), body);
        let lines = seen.0.lock().unwrap().clone();
        (returned, lines)
    }
}

#[test]
fn a_layer_of_the_users_sees_what_is_recorded_once() {
    #[instrument(record(id), fields(times = Empty, text = Empty, shop.size = Empty))]
    fn both(id: u32, times: &Cell<u32>) {
        tracing::info_span!("theirs").in_scope(|| record!(times = evaluated(times)));
        std::thread::scope(|scope| {
            // There the default subscriber is another one.
            scope.spawn(|| record!(text = %id, shop.size = 0.5));
        });
    }
    let times = Cell::new(0);
    let (((), lines), trace) = traced(|| Seen::of(|| both(7, &times)));
    assert_eq!(
        lines,
        [
            "new both id=7",
            "new theirs",
            "record in both times=1",
            "close theirs",
            "record in both text=7 shop.size=0.5",
            "close both"
        ]
    );
    assert_eq!(times.get(), 1);
    let span = trace.one("both");
    assert_eq!(attribute(span, "times"), number(1));
    assert_eq!(attribute(span, "text"), text("7"));
}

#[test]
fn a_layer_alone_is_listened_to() {
    #[instrument(level = "trace", fields(at = Empty))]
    async fn only_theirs(id: u32) {
        pause().await;
        record!(at = id);
        let late = move || record!(at = id);
        drop(pause());
        late();
    }
    #[instrument(level = "trace", fields(at = Empty))]
    fn late() -> impl Fn() {
        move || record!(at = 7)
    }
    let ((), lines) = Seen::of(|| {
        block_on(only_theirs(1));
        late()();
    });
    assert_eq!(
        lines,
        [
            "new only_theirs",
            "record in only_theirs at=1",
            "record in only_theirs at=1",
            "close only_theirs",
            "new late",
            "close late"
        ]
    );
}

#[test]
fn a_layer_sees_each_of_recursive_calls() {
    #[instrument(name = "call", record(depth), fields(at = Empty))]
    fn recursive(depth: u32) {
        if depth > 0 {
            recursive(depth - 1);
        }
        record!(at = depth);
    }
    let ((), lines) = Seen::of(|| recursive(1));
    assert_eq!(
        lines,
        [
            "new call depth=1",
            "new call depth=0",
            "record in call at=0",
            "close call",
            "record in call at=1",
            "close call"
        ]
    );
}

#[test]
fn a_span_has_the_kind_that_is_said() {
    #[instrument(kind = server, component = "http")]
    fn serves() {
        sends();
    }
    #[instrument(kind = "producer")]
    fn sends() {
        plain();
    }
    #[instrument]
    fn plain() {}
    let ((), trace) = traced(serves);
    for (name, kind) in
        [("serves", SpanKind::Server), ("sends", SpanKind::Producer), ("plain", SpanKind::Internal)]
    {
        assert_eq!(trace.one(name).kind, kind);
    }
}
