//! A struct's own tracer: spans around blocks, named at run time.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use spanwright::span::{AttributeValue, Outcome, SpanData};
use spanwright::{Attribute, Context, Traced, Tracer, component, components, instrument};

use crate::collected::{telemetry, traced};
use crate::function::{block_on, pause, poll_once};

const ATTR_TOPIC: Attribute<str> = Attribute::new("shop.topic");
const ATTR_KEY: Attribute<str> = Attribute::new("shop.key").dropped();

struct Bus {
    tracer: Tracer,
}

impl Traced for Bus {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

fn bus() -> Bus {
    Bus { tracer: Tracer::new("tracers_bus") }
}

fn attribute<'s>(span: &'s SpanData, key: &str) -> Option<&'s AttributeValue> {
    span.attributes.iter().find(|(its, _)| its == key).map(|(_, value)| value)
}

#[instrument]
fn inside() {
    tracing::info_span!("theirs").in_scope(|| {
        bus().tracer.span("innermost").in_scope(|_| ());
    });
}

#[test]
fn a_block_has_a_span_with_what_is_known_at_run_time() {
    let bus = bus();
    let (sum, trace) = traced(|| {
        let topic = "orders".to_owned();
        let span = bus.tracer.span(format_args!("publish {topic}"));
        span.with(&ATTR_TOPIC, topic.as_str()).with(&ATTR_KEY, "hidden").with("count", 2).in_scope(|span| {
            inside();
            span.record("sent", true);
            span.record_debug("debug", Some(1));
            1 + 1
        })
    });
    assert_eq!(sum, 2);
    let path = ["innermost", "theirs", "inside", "publish orders", "root"];
    assert_eq!(trace.path("innermost"), path);
    let span = trace.one("publish orders");
    assert_eq!((span.outcome, &*span.target), (Outcome::Ok, "tracers_bus"));
    assert_eq!(attribute(span, "shop.topic"), Some(&AttributeValue::Str("orders".into())));
    assert_eq!(attribute(span, "count"), Some(&AttributeValue::I64(2)));
    assert_eq!(attribute(span, "sent"), Some(&AttributeValue::Bool(true)));
    assert_eq!(attribute(span, "debug"), Some(&AttributeValue::Str("Some(1)".into())));
    assert_eq!(attribute(span, "shop.key"), None);
}

#[test]
fn a_future_has_one_too_across_threads() {
    let bus = bus();
    let (sent, trace) = traced(|| {
        let root = Context::current().span_id;
        let future = bus.tracer.span("send").follow(|span| async move {
            pause().await;
            inside();
            span.record("sent", 3);
            3
        });
        let mut future = Box::pin(future);
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(Context::current().span_id, root);
        std::thread::scope(|scope| scope.spawn(|| block_on(future)).join().unwrap())
    });
    assert_eq!(sent, 3);
    assert_eq!(trace.path("inside"), ["inside", "send", "root"]);
    assert_eq!(attribute(trace.one("send"), "sent"), Some(&AttributeValue::I64(3)));
}

#[test]
fn a_block_ends_as_annotated_functions_do() {
    let bus = bus();
    let ((), trace) = traced(|| {
        let error = bus.tracer.span("fails").try_in_scope(|_| "x".parse::<u8>());
        assert!(error.is_err());
        let future = bus.tracer.span("fails async").try_follow(|_| async { "x".parse::<u8>() });
        assert!(block_on(future).is_err());
        let panicking = || bus.tracer.span("panics").in_scope(|_| panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        let mut dropped = Box::pin(bus.tracer.span("dropped").follow(|_| pause()));
        assert!(poll_once(dropped.as_mut()).is_pending());
        drop(dropped);
        drop(bus.tracer.span("never run"));
        assert_eq!(bus.tracer.span("works").try_in_scope(|_| "1".parse::<u8>()), Ok(1));
    });
    let outcome = |name: &str| trace.one(name).outcome;
    for name in ["fails", "fails async"] {
        assert_eq!(outcome(name), Outcome::Error);
        let error_type = attribute(trace.one(name), "error.type");
        assert_eq!(error_type, Some(&AttributeValue::Str("core::num::error::ParseIntError".into())));
    }
    assert_eq!(outcome("panics"), Outcome::Panicked);
    assert_eq!(outcome("dropped"), Outcome::Cancelled);
    assert_eq!(outcome("never run"), Outcome::Cancelled);
    assert_eq!(outcome("works"), Outcome::Ok);
    assert_eq!(trace.path("works"), ["works", "root"]);
}

#[derive(Debug, spanwright::ErrorType)]
enum Failed {
    Timeout,
    #[error_type(expected)]
    NotFound,
}

#[test]
fn an_error_that_says_what_it_is_may_be_asked() {
    let bus = bus();
    let ((), trace) = traced(|| {
        let failed = |error| Err::<(), _>(error);
        let span = |name: &str| bus.tracer.span(format_args!("{name}"));
        assert!(span("timeout").try_in_scope_classified(|_| failed(Failed::Timeout)).is_err());
        assert!(span("not found").try_in_scope_classified(|_| failed(Failed::NotFound)).is_err());
        let future = span("not found async").try_follow_classified(|_| async { failed(Failed::NotFound) });
        assert!(block_on(future).is_err());
        assert!(span("found").try_in_scope_classified(|_| Ok::<_, Failed>(())).is_ok());
        assert!(span("by type").try_in_scope(|_| failed(Failed::NotFound)).is_err());
    });
    let ended = |name: &str| {
        let span = trace.one(name);
        let error_type = attribute(span, "error.type").map(|value| match value {
            AttributeValue::Str(name) => name.to_string(),
            other => format!("{other:?}"),
        });
        (span.outcome, error_type)
    };
    assert_eq!(ended("timeout"), (Outcome::Error, Some("timeout".to_owned())));
    for name in ["not found", "not found async"] {
        assert_eq!(ended(name), (Outcome::Ok, Some("not_found".to_owned())));
    }
    assert_eq!(ended("found"), (Outcome::Ok, None));
    let (outcome, error_type) = ended("by type");
    assert_eq!(outcome, Outcome::Error);
    assert!(error_type.is_some_and(|name| name.ends_with("Failed")));
}

struct Told<'a>(&'a Cell<u32>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        f.write_str("told")
    }
}

#[test]
fn nothing_happens_while_it_is_off() {
    let asked = Cell::new(0);
    let bus = bus();
    let run = || {
        let span = bus.tracer.span(Told(&asked)).with_display("display", Told(&asked));
        let span = span.with_fn("later", || {
            asked.set(asked.get() + 1);
            1
        });
        span.in_scope(|span| {
            span.record_display("more", Told(&asked));
            (span.is_recording(), Context::current().span_id)
        })
    };
    bus.tracer.switch(false);
    assert!(!bus.tracing_enabled());
    let ((is_recording, current), trace) = traced(run);
    assert!(!is_recording);
    assert_eq!((current, asked.get()), (trace.root.span_id, 0));
    bus.tracer.switch(true);
    assert!(bus.tracing_enabled());
    let ((is_recording, current), trace) = traced(run);
    assert!(is_recording);
    assert_eq!((current, asked.get()), (trace.one("told").span_id, 4));
}

#[test]
fn its_name_is_a_component_and_a_trace_that_is_dropped_has_no_spans_of_it() {
    telemetry();
    let part = Tracer::from("tracers_part.inner".to_owned());
    component("tracers_part").set(false);
    assert!(!part.is_enabled() && !part.is_on());
    let named = |name: &str| components().into_iter().find(|state| state.name == name);
    assert_eq!(named("tracers_part.inner").map(|state| state.functions), Some(0));
    assert!(spanwright::callsites().all(|callsite| !callsite.function().is_empty()));
    component("tracers_part").reset();
    assert!(part.is_enabled());
    let dropped = Context { flags: 2, ..Context::current() };
    let trace_id = spanwright::span::TraceId::random();
    let _attached = Context { trace_id, span_id: spanwright::span::SpanId::random(), ..dropped }.attach();
    part.span("unsampled").in_scope(|span| assert!(!span.is_recording()));
}

#[test]
fn it_can_be_shown_after_it_was_used() {
    telemetry();
    let bus = bus();
    bus.tracer.span("publish").in_scope(|_| ());
    assert!(bus.tracing_enabled());
    let shown = format!("{:?}", bus.tracer);
    assert!(shown.contains("tracers_bus") && shown.contains("on: true"), "{shown}");
}
