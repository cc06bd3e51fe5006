//! Ours beside `tracing`: other crates' spans through our layer, ours through other layers, in any nesting, and with
//! subscribers of the user's own.

use std::fmt;
use std::sync::{Arc, Mutex};

use spanwright::span::{AttributeValue, Outcome, SpanId};
use spanwright::{Context, instrument};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context as LayerContext, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::collected::{telemetry, traced};

#[instrument(record(n, text))]
fn ours(n: i64, text: &str) {
    let _ = (n, text);
    tracing::info_span!("theirs_inside", answer = 42).in_scope(|| ours_inside(true));
}

#[instrument(record(flag))]
fn ours_inside(flag: bool) {
    let _ = flag;
    tracing::info!("something happened");
}

#[test]
fn ours_in_theirs_in_ours_nest() {
    let ((), trace) = traced(|| tracing::info_span!("theirs_outside").in_scope(|| ours(1, "a")));
    assert_eq!(trace.path("ours_inside"), ["ours_inside", "theirs_inside", "ours", "theirs_outside", "root"]);
    let theirs = trace.one("theirs_inside");
    assert!(theirs.attributes.contains(&("answer".into(), AttributeValue::I64(42))));
    assert_eq!(theirs.outcome, Outcome::Ok);
    assert_eq!(theirs.target, module_path!());
}

#[test]
fn a_foreign_root_is_a_trace_of_its_own() {
    let (context, trace) =
        traced(|| tracing::info_span!(parent: None, "forced_root").in_scope(Context::current));
    assert_ne!(context.trace_id, trace.root.trace_id);
    assert!(context.span_id.is_some());
    assert_eq!(trace.names(), [""; 0]);
}

#[test]
fn an_explicit_foreign_parent_is_kept() {
    let ((), trace) = traced(|| {
        let parent = tracing::info_span!("explicit_parent");
        tracing::info_span!("between").in_scope(|| {
            tracing::info_span!(parent: &parent, "child").in_scope(|| ours_inside(true));
        });
    });
    assert_eq!(trace.path("ours_inside"), ["ours_inside", "child", "explicit_parent", "root"]);
}

#[test]
fn foreign_spans_left_out_of_order_leave_the_right_one_current() {
    let ((), trace) = traced(|| {
        let (one, other) = (tracing::info_span!("one").entered(), tracing::info_span!("other").entered());
        drop(one);
        ours_inside(true);
        drop(other);
        assert_eq!(Context::current().span_id, Context::current().span_id);
        tracing::info_span!("after").in_scope(|| {});
    });
    assert_eq!(trace.path("ours_inside"), ["ours_inside", "other", "one", "root"]);
    assert_eq!(trace.path("after"), ["after", "root"]);
}

#[test]
fn what_is_recorded_into_a_foreign_span_later_is_kept() {
    let ((), trace) = traced(|| {
        let span = tracing::info_span!("later", result = tracing::field::Empty, first = "x");
        span.record("result", 3_u64);
        span.record("first", "y");
    });
    let attributes = &trace.one("later").attributes;
    assert!(attributes.contains(&("result".into(), AttributeValue::I64(3))));
    assert!(attributes.contains(&("first".into(), AttributeValue::Str("y".into()))));
    assert_eq!(attributes.iter().filter(|(key, _)| key == "first").count(), 1);
}

/// What a user's own layer sees, a line each.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        let parent = context.span(id).and_then(|span| span.parent()).map_or("none", |parent| parent.name());
        self.note(format!("new {} in {parent}{}", attributes.metadata().name(), fields.0));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.note(format!("record{}", fields.0));
    }

    fn on_event(&self, event: &Event<'_>, context: LayerContext<'_, S>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let span = context.event_span(event).map_or("none", |span| span.name());
        self.note(format!("{} in {span}{}", event.metadata().level(), fields.0));
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        self.note(format!("close {}", context.span(&id).map_or("?", |span| span.name())));
    }
}

const BOTH_ROUTES: [&str; 7] = [
    "new ours in none n=1 text=\"a\"",
    "new theirs_inside in ours answer=42",
    "new ours_inside in theirs_inside flag=true",
    "INFO in ours_inside message=something happened",
    "close ours_inside",
    "close theirs_inside",
    "close ours",
];

/// Runs `ours` under `subscriber`, and checks that our own route records what it always does.
fn under(subscriber: impl Subscriber + Send + Sync + 'static, ours_too: bool) {
    let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, || ours(1, "a")));
    let inside = if ours_too {
        vec!["ours_inside", "theirs_inside", "ours", "root"]
    } else {
        vec!["ours_inside", "ours", "root"]
    };
    assert_eq!(trace.path("ours_inside"), inside, "each span once, with its parent");
    assert_eq!(trace.names().len(), inside.len() - 1);
}

#[test]
fn any_subscriber_of_the_users_keeps_working() {
    telemetry();
    // Without our layer, theirs are not recorded by us; ours always are. Their layer sees all.
    let seen = Seen::default();
    under(tracing_subscriber::registry().with(seen.clone()), false);
    assert_eq!(seen.lines(), BOTH_ROUTES);

    // Beside our layer.
    let seen = Seen::default();
    under(tracing_subscriber::registry().with(seen.clone()).with(spanwright::layer()), true);
    assert_eq!(seen.lines(), BOTH_ROUTES);
    let seen = Seen::default();
    under(tracing_subscriber::registry().with(spanwright::layer()).with(seen.clone()), true);
    assert_eq!(seen.lines(), BOTH_ROUTES);

    // A global filter that refuses ours: only our own route.
    let seen = Seen::default();
    let filter = Targets::new().with_default(LevelFilter::OFF);
    under(tracing_subscriber::registry().with(seen.clone()).with(filter), false);
    assert_eq!(seen.lines(), [""; 0]);

    // Filters of single layers, which answer differently.
    let (all, none) = (Seen::default(), Seen::default());
    let off = Targets::new().with_default(LevelFilter::OFF);
    let subscriber = tracing_subscriber::registry()
        .with(all.clone().with_filter(LevelFilter::TRACE))
        .with(none.clone().with_filter(off))
        .with(spanwright::layer());
    under(subscriber, true);
    assert_eq!((all.lines().join("\n"), none.lines()), (BOTH_ROUTES.join("\n"), vec![]));

    // A formatting layer beside ours.
    under(
        tracing_subscriber::registry()
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink))
            .with(spanwright::layer()),
        true,
    );
}

#[test]
fn an_error_is_an_event_within_the_span_with_the_functions_target() {
    #[instrument(target = "shop::payments", err(level = "warn"), fields(late = Empty))]
    fn fails() -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry()
        .with(seen.clone())
        .with(Targets::new().with_target("shop::payments", LevelFilter::INFO));
    tracing::subscriber::with_default(subscriber, || fails().unwrap_err());
    assert_eq!(
        seen.lines(),
        [
            "new fails in none",
            "WARN in fails error=an error occurred when formatting an argument",
            "close fails"
        ]
    );
}

#[test]
fn futures_enter_and_leave_their_shadow_at_each_poll() {
    #[instrument]
    async fn waits() {
        tracing::info!("before");
        tokio::task::yield_now().await;
        tracing::info!("after");
    }
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let waiting = waits();
            tokio::join!(waiting, async { tracing::info!("between") });
        });
    });
    let expected = [
        "new waits in none",
        "INFO in waits message=before",
        "INFO in none message=between",
        "INFO in waits message=after",
        "close waits",
    ];
    assert_eq!(seen.lines(), expected);
}

#[test]
fn nothing_is_recorded_of_what_is_suppressed() {
    let (span_id, trace) = traced(|| {
        let _suppressed = Context::current().suppressed().attach();
        ours(1, "a");
        Context::current().span_id
    });
    assert_eq!(trace.names(), [""; 0]);
    assert_ne!(span_id, SpanId::NONE);
}

#[test]
fn a_guard_that_outlives_the_call_it_was_made_in_changes_nothing() {
    #[instrument]
    fn begins() -> tracing::span::EnteredSpan {
        tracing::info_span!("escapes").entered()
    }
    let (context, trace) = traced(|| {
        let before = Context::current();
        drop(begins());
        assert_eq!(Context::current(), before);
        ours_inside(true);
        before
    });
    assert_eq!(trace.one("ours_inside").parent, context.span_id);
    assert_eq!(trace.path("escapes"), ["escapes", "begins", "root"]);
}

#[test]
fn a_layer_that_is_there_twice_records_once() {
    let subscriber = tracing_subscriber::registry().with(spanwright::layer()).with(spanwright::layer());
    under(subscriber, true);
}

#[test]
fn fields_are_evaluated_once_for_both_routes() {
    #[instrument(fields(times = evaluated(times)))]
    fn recorded(times: &std::cell::Cell<u32>) {
        let _ = times;
    }
    fn evaluated(times: &std::cell::Cell<u32>) -> u32 {
        times.set(times.get() + 1);
        times.get()
    }
    let (times, seen) = (std::cell::Cell::new(0), Seen::default());
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, || recorded(&times)));
    assert_eq!(times.get(), 1);
    assert_eq!(seen.lines(), ["new recorded in none times=1", "close recorded"]);
    assert!(trace.one("recorded").attributes.contains(&("times".into(), AttributeValue::I64(1))));
}

#[test]
fn what_is_recorded_into_a_call_that_only_others_want_stays_out_of_the_span_around_it() {
    #[instrument(fields(a = 1))]
    fn outer() {
        inner();
    }
    #[instrument(level = "debug", fields(b = Empty))]
    fn inner() {
        tracing::Span::current().record("b", 2).follows_from(tracing::info_span!("cause").id());
    }
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry()
        .with(spanwright::layer())
        .with(seen.clone().with_filter(LevelFilter::DEBUG));
    let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, outer));
    assert!(seen.lines().contains(&"record b=2".to_owned()), "{:?}", seen.lines());
    let outer = trace.one("outer");
    let fields = outer.attributes.iter().filter(|(key, _)| !key.starts_with("code."));
    assert_eq!(fields.collect::<Vec<_>>(), [&("a".into(), AttributeValue::I64(1))]);
    assert!(outer.links.is_empty());
}

#[instrument]
fn leaf() {}

#[instrument]
fn eats<R>(guard: tracing::span::EnteredSpan, then: impl FnOnce() -> R) -> R {
    drop(guard);
    leaf();
    then()
}

#[instrument]
fn gives() -> tracing::span::EnteredSpan {
    tracing::info_span!("given").entered()
}

#[instrument]
fn after() {}

#[test]
fn a_guard_that_is_dropped_within_a_call_leaves_its_span() {
    let ((), trace) = traced(|| {
        let before = Context::current();
        eats(tracing::info_span!("a").entered(), || ());
        assert_eq!(Context::current(), before);
        after();
    });
    assert_eq!(trace.path("leaf"), ["leaf", "eats", "a", "root"]);
    assert_eq!(trace.path("after"), ["after", "root"]);
}

#[test]
fn a_guard_that_is_dropped_two_calls_deeper_leaves_its_span() {
    #[instrument]
    fn passes_on(guard: tracing::span::EnteredSpan) {
        let inner = tracing::info_span!("inner").entered();
        eats(guard, || ());
        ours_inside(true);
        drop(inner);
        after();
    }
    let ((), trace) = traced(|| {
        let before = Context::current();
        passes_on(tracing::info_span!("a").entered());
        assert_eq!(Context::current(), before);
    });
    assert_eq!(trace.path("ours_inside"), ["ours_inside", "inner", "passes_on", "a", "root"]);
    assert_eq!(trace.path("after"), ["after", "passes_on", "a", "root"]);
}

#[test]
fn a_guard_that_a_call_returns_keeps_its_span_current() {
    let ((), trace) = traced(|| {
        let before = Context::current();
        let given = gives();
        leaf();
        drop(given);
        assert_eq!(Context::current(), before);
        after();
    });
    assert_eq!(trace.path("leaf"), ["leaf", "given", "gives", "root"]);
    assert_eq!(trace.path("after"), ["after", "root"]);
}

#[test]
fn a_call_may_take_one_guard_and_return_another() {
    let ((), trace) = traced(|| {
        let before = Context::current();
        let given = eats(tracing::info_span!("a").entered(), gives);
        ours_inside(true);
        drop(given);
        assert_eq!(Context::current(), before);
    });
    assert_eq!(trace.path("ours_inside"), ["ours_inside", "given", "gives", "eats", "a", "root"]);
}
