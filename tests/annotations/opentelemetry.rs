//! The `opentelemetry` API and ours as one, in a process of its own: the tracer provider is global.

mod collected;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Polled, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::global::{BoxedTracer, tracer};
use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::trace::{
    FutureExt, Link, Span, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer,
};
use opentelemetry::{Array, Context as TheirContext, KeyValue, SpanId, TraceFlags, TraceId, Value};
use opentelemetry_sdk::propagation::BaggagePropagator;
use spanwright::span::{AttributeValue, Outcome, SpanData};
use spanwright::telemetry::{Builder, SampleRate};
use spanwright::{Attribute, Context, instrument};

use crate::collected::{spans_of, telemetry, traced};

/// The telemetry of this process.
fn configured(builder: Builder) -> Builder {
    let builder = builder.log_filter("heard=info").opentelemetry(true);
    builder.sample_rule("unsampled", SampleRate::Off).sample_rule("name:unsampled_ours", SampleRate::Off)
}

fn theirs() -> BoxedTracer {
    tracer("library")
}

/// The ids of the span that is current for theirs.
fn current() -> (String, String) {
    let current = TheirContext::current();
    let span = current.span().span_context().clone();
    (span.trace_id().to_string(), span.span_id().to_string())
}

fn ids(of: Context) -> (String, String) {
    (of.trace_id.to_string(), of.span_id.to_string())
}

fn in_theirs<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
    theirs().in_span(name, |_| body())
}

#[instrument]
fn ours<R>(body: impl FnOnce() -> R) -> R {
    assert_eq!(current(), ids(Context::current()));
    let returned = body();
    assert_eq!(current(), ids(Context::current()));
    returned
}

#[instrument]
fn ours_within<R>(body: impl FnOnce() -> R) -> R {
    assert_eq!(current(), ids(Context::current()));
    body()
}

fn in_tracing<R>(body: impl FnOnce() -> R) -> R {
    tracing::info_span!("tracing").in_scope(|| {
        assert_eq!(current(), ids(Context::current()));
        body()
    })
}

/// Lets others run, once.
#[derive(Default)]
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Polled<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts").block_on(future)
}

#[test]
fn all_kinds_of_spans_nest_in_any_order() {
    type Body<'a> = &'a dyn Fn();
    let a: &dyn Fn(Body<'_>) = &|body| in_theirs("theirs", body);
    let b: &dyn Fn(Body<'_>) = &|body| ours(body);
    let c: &dyn Fn(Body<'_>) = &|body| in_tracing(body);
    let all = [("theirs", a), ("ours", b), ("tracing", c)];
    for (first, outer) in all {
        for (second, middle) in all {
            for (third, inner) in all {
                let ((), trace) = traced(|| {
                    outer(&|| middle(&|| inner(&|| in_theirs("leaf", || ours_within(|| ())))));
                });
                let mut path = Vec::new();
                let mut span = trace.one("ours_within");
                while let Some(parent) = trace.spans.iter().find(|other| other.span_id == span.parent) {
                    path.push(parent.name.as_ref());
                    span = parent;
                }
                assert_eq!(path, ["leaf", third, second, first]);
                assert_eq!(span.parent, trace.root.span_id);
            }
        }
    }
    assert!(!TheirContext::current().has_active_span(), "nothing is left behind");
    assert_eq!(Context::current(), Context::NONE);
}

#[instrument]
async fn ours_async(name: &'static str) {
    let own = ids(Context::current());
    for _ in 0..3 {
        assert_eq!(current(), own);
        Yield::default().await;
    }
    let span = theirs().start(name);
    let within = TheirContext::current().with_span(span);
    async {
        let their_own = current();
        assert_ne!(their_own, own);
        Yield::default().await;
        assert_eq!(current(), their_own);
        ours_within(|| ());
    }
    .with_context(within)
    .await;
    assert_eq!(current(), own);
}

#[test]
fn futures_have_their_own_span_at_each_poll() {
    let ((), trace) = traced(|| {
        block_on(async {
            let outer = TheirContext::current().with_span(theirs().start("outer"));
            tokio::join!(ours_async("one"), ours_async("two").with_context(outer), async {
                for _ in 0..5 {
                    Yield::default().await;
                    in_theirs("beside", || ());
                }
            });
        });
    });
    let of = |id| trace.spans.iter().chain([&trace.root]).find(|span| span.span_id == id).expect("recorded");
    let above = |span: &SpanData| of(span.parent).name.to_string();
    let mut within: Vec<_> =
        trace.spans.iter().filter(|span| span.name == "ours_within").map(above).collect();
    within.sort();
    assert_eq!(within, ["one", "two"]);
    for (name, parent) in [("one", "root"), ("two", "outer")] {
        let ours = of(trace.one(name).parent);
        assert_eq!((ours.name.as_ref(), above(ours)), ("ours_async", parent.to_owned()));
    }
    for beside in trace.spans.iter().filter(|span| span.name == "beside") {
        assert_eq!(above(beside), "root");
    }
    assert!(!TheirContext::current().has_active_span());
}

#[test]
fn a_future_may_be_dropped_or_moved_between_its_polls() {
    let ((), trace) = traced(|| {
        let mut future = Box::pin(ours_async("moved"));
        let mut dropped = Box::pin(ours_async("never"));
        let waker = std::task::Waker::noop();
        let before = current();
        assert!(future.as_mut().poll(&mut Polled::from_waker(waker)).is_pending());
        assert!(dropped.as_mut().poll(&mut Polled::from_waker(waker)).is_pending());
        drop(dropped);
        assert_eq!(current(), before);
        std::thread::spawn(move || {
            block_on(future);
            assert!(!TheirContext::current().has_active_span());
        })
        .join()
        .expect("it does not panic");
    });
    let moved = trace.spans.iter().find(|span| span.span_id == trace.one("moved").parent).expect("recorded");
    assert_eq!((moved.name.as_ref(), moved.parent), ("ours_async", trace.root.span_id));
}

#[test]
fn a_context_of_theirs_carries_ours_to_another_thread() {
    let ((), trace) = traced(|| {
        let theirs = ours(TheirContext::current);
        let job = move || {
            let _attached = theirs.attach();
            in_theirs("elsewhere", || ours_within(|| ()));
            in_tracing(|| tracing::info!(target: "heard", "by their context"));
        };
        std::thread::spawn(job).join().expect("it does not panic");
    });
    assert_eq!(trace.path("ours_within"), ["ours_within", "elsewhere", "ours", "root"]);
    assert_eq!(trace.path("tracing"), ["tracing", "ours", "root"]);
}

#[test]
fn a_panic_leaves_nothing_behind() {
    let ((), trace) = traced(|| {
        let before = current();
        let unwound = std::panic::catch_unwind(|| in_theirs("theirs", || ours(|| panic!("on purpose"))));
        assert!(unwound.is_err());
        assert_eq!(current(), before);
        in_theirs("after", || ());
    });
    assert_eq!(trace.one("ours").outcome, Outcome::Panicked);
    assert_eq!(trace.path("after"), ["after", "root"]);
}

#[test]
fn spans_may_be_left_out_of_order() {
    let ((), trace) = traced(|| {
        let before = current();
        let first = tracing::info_span!("first").entered();
        let second = tracing::info_span!("second").entered();
        let third = TheirContext::current_with_span(theirs().start("third")).attach();
        drop(first);
        in_theirs("in_third", || ());
        drop(second);
        drop(third);
        assert_eq!(current(), before);
        in_theirs("in_root", || ());
    });
    assert_eq!(trace.path("in_third"), ["in_third", "third", "second", "first", "root"]);
    assert_eq!(trace.path("in_root"), ["in_root", "root"]);
}

#[test]
fn a_stated_parent_is_kept() {
    let ((), trace) = traced(|| {
        let stated = TheirContext::current_with_span(theirs().start("stated"));
        ours(|| {
            let _ended = theirs().start_with_context("child", &stated);
            // Without a span of its own the current one is meant.
            let _ended = theirs().start_with_context("no_parent", &TheirContext::new());
        });
        stated.span().end();
        let _after_the_end = stated.attach();
        ours_within(|| ());
    });
    assert_eq!(trace.path("child"), ["child", "stated", "root"]);
    assert_eq!(trace.path("no_parent"), ["no_parent", "ours", "root"]);
    assert_eq!(trace.path("ours_within"), ["ours_within", "stated", "root"]);
}

#[test]
fn a_stated_call_of_ours_is_kept_within_theirs() {
    let ((), trace) = traced(|| {
        ours(|| {
            let call = tracing::Span::current();
            in_theirs("between", || {
                tracing::info!(target: "heard", parent: &call, "an event");
                tracing::info_span!(parent: &call, "stated").in_scope(|| ours_within(|| ()));
                in_theirs("after", || ());
            });
        });
    });
    assert_eq!(trace.path("ours_within"), ["ours_within", "stated", "ours", "root"]);
    assert_eq!(trace.path("after"), ["after", "between", "ours", "root"]);
    assert_eq!(trace.one("ours").events.len(), 1);
}

#[test]
fn a_context_of_ours_that_is_attached_is_the_newer_one() {
    let ((), trace) = traced(|| {
        let other = ours(Context::current);
        let _attached = other.attach();
        in_theirs("in_other", || ours_within(|| ()));
    });
    assert_eq!(trace.path("ours_within"), ["ours_within", "in_other", "ours", "root"]);
}

#[instrument]
fn unsampled_ours() -> bool {
    assert!(!TheirContext::current().span().span_context().is_sampled());
    assert_eq!(current(), ids(Context::current()));
    let span = theirs().start("never");
    assert_eq!(span.span_context().trace_id().to_string(), Context::current().trace_id.to_string());
    span.is_recording() || span.span_context().is_sampled()
}

#[test]
fn what_the_root_drops_is_dropped_on_both_sides() {
    telemetry();
    assert!(!unsampled_ours());
    let root = tracer("unsampled").start("root");
    assert!(root.span_context().is_valid() && !root.is_recording() && !root.span_context().is_sampled());
    let trace_id = root.span_context().trace_id().to_string();
    let _attached = TheirContext::current_with_span(root).attach();
    ours(|| {
        // The one in between is not recorded, and those in it know the trace.
        assert_eq!(current().0, trace_id);
        in_tracing(|| assert!(!theirs().start("never").is_recording()));
    });
    assert_eq!(current().0, trace_id);
}

#[test]
fn a_dropped_trace_of_theirs_hides_ours_around_it() {
    let ((), trace) = traced(|| {
        let remote = remote(9, TraceFlags::NOT_SAMPLED);
        let _attached = TheirContext::current().with_remote_span_context(remote).attach();
        tracing::info!(target: "heard", "of nobody");
        ours(|| tracing::info!(target: "heard", "of nobody"));
        in_theirs("theirs", || ());
    });
    assert_eq!(trace.names(), [""; 0]);
    assert!(trace.root.events.is_empty(), "{:?}", trace.root.events);
}

fn remote(trace_id: u128, flags: TraceFlags) -> SpanContext {
    let state = TraceState::from_key_value([("vendor", "x")]).expect("it is valid");
    SpanContext::new(TraceId::from(trace_id), SpanId::from(0xabc), flags, true, state)
}

#[test]
fn a_remote_parent_is_a_parent_of_both() {
    let telemetry = telemetry();
    let trace_id = 0x00ab_0000_0000_0000_0000_0000_0000_0001;
    let parent = remote(trace_id, TraceFlags::SAMPLED);
    {
        let _attached = TheirContext::new().with_remote_span_context(parent.clone()).attach();
        ours(|| assert_eq!(TheirContext::current().span().span_context().trace_state().header(), "vendor=x"));
        in_theirs("theirs", || ours_within(|| ()));
    }
    let ours_of_it = spanwright::opentelemetry::remote_context(&parent);
    {
        let _attached = ours_of_it.attach();
        in_theirs("beneath_ours", || ());
    }
    let spans = spans_of(telemetry, ours_of_it.trace_id);
    let parents: Vec<_> = spans
        .iter()
        .map(|span| (span.name.as_ref(), span.parent.to_string(), span.parent_is_remote))
        .collect();
    let theirs = spans.iter().find(|span| span.name == "theirs").expect("recorded").span_id.to_string();
    let remote = || parent.span_id().to_string();
    let mut expected = [
        ("ours", remote(), true),
        ("ours_within", theirs, false),
        ("theirs", remote(), true),
        ("beneath_ours", remote(), true),
    ];
    expected.sort();
    let mut parents = parents;
    parents.sort();
    assert_eq!(parents, expected);
}

#[test]
fn our_propagator_is_one_of_theirs() {
    use opentelemetry::propagation::TextMapPropagator;
    use std::collections::HashMap;
    telemetry();
    let propagator = spanwright::opentelemetry::Propagator::new();
    assert_eq!(propagator.fields().collect::<Vec<_>>(), ["traceparent", "tracestate", "baggage"]);
    let parent = format!("00-{}-{}-01", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let headers = [("traceparent", &*parent), ("tracestate", "congo=t61"), ("baggage", "tenant=acme")];
    let headers: HashMap<_, _> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let extracted = propagator.extract(&headers);
    assert_eq!(extracted.span().span_context().trace_state().header(), "congo=t61");
    let mut same = HashMap::new();
    propagator.inject_context(&extracted, &mut same);
    assert_eq!(same, headers);
    let attached = extracted.attach();
    let inject = || {
        let mut headers = HashMap::new();
        propagator.inject(&mut headers);
        headers
    };
    for further in [ours(inject), in_tracing(inject), in_theirs("theirs", inject)] {
        assert_eq!(further["tracestate"], "congo=t61");
        assert_eq!(further["baggage"], "tenant=acme");
        let (trace, own) = (&further["traceparent"][..36], &further["traceparent"][36..52]);
        assert_eq!(trace, &parent[..36]);
        assert_ne!(own, &parent[36..52]);
    }
    let more = spanwright::propagation::Baggage::current().with_text("user", "ann").expect("there is room");
    let more = more.attach();
    let further = in_theirs("theirs", inject);
    assert_eq!((&*further["tracestate"], &*further["baggage"]), ("congo=t61", "tenant=acme,user=ann"));
    drop(more);
    drop(attached);
    let nothing = propagator.extract(&HashMap::from([("traceparent".to_owned(), "nonsense".to_owned())]));
    assert!(!nothing.has_active_span());
}

#[test]
fn what_their_spans_say_arrives() {
    let time = |seconds| {
        UNIX_EPOCH + SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970")
            - Duration::from_secs(seconds)
    };
    let (start, event, end) = (time(30), time(20), time(10));
    let linked = remote(5, TraceFlags::SAMPLED);
    let ((), trace) = traced(|| {
        let array = Value::Array(Array::from(vec![1_i64, 2]));
        let builder = theirs()
            .span_builder("first name")
            .with_kind(SpanKind::Client)
            .with_start_time(start)
            .with_links(vec![Link::with_context(linked.clone())])
            .with_attributes([KeyValue::new("int", 1), KeyValue::new("array", array)]);
        let mut span = builder.start(&theirs());
        assert!(span.is_recording() && span.span_context().is_sampled());
        assert!(!span.span_context().is_remote());
        span.update_name("name");
        span.set_attribute(KeyValue::new("int", 2));
        span.set_attribute(KeyValue::new("float", 0.5));
        span.set_attribute(KeyValue::new("bool", true));
        span.set_attribute(KeyValue::new("message", "an attribute"));
        span.add_link(remote(6, TraceFlags::SAMPLED), Vec::new());
        span.add_event_with_timestamp("cache miss", event, vec![KeyValue::new("key", "k")]);
        span.record_error(&std::io::Error::other("broken"));
        span.set_status(Status::error("it failed"));
        span.set_status(Status::Unset);
        span.end_with_timestamp(end);
        span.set_attribute(KeyValue::new("late", true));
        span.add_event("late", Vec::new());
        assert!(!span.is_recording());
    });
    let span = trace.one("name");
    assert_eq!(
        (span.kind.as_str(), span.target.as_ref(), span.parent),
        ("client", "library", trace.root.span_id)
    );
    let attribute = |key: &'static str, value| (key.into(), value);
    let expected = [
        attribute("int", AttributeValue::I64(2)),
        attribute("array", AttributeValue::Str("[1,2]".into())),
        attribute("float", AttributeValue::F64(0.5)),
        attribute("bool", AttributeValue::Bool(true)),
        attribute("message", AttributeValue::Str("an attribute".into())),
    ];
    assert_eq!(span.attributes, expected);
    assert_eq!((span.error.as_deref(), span.outcome), (Some("it failed"), Outcome::Error));
    let links: Vec<_> = span.links.iter().map(|link| (link.trace_id.low, link.span_id.0)).collect();
    assert_eq!(links, [(5, 0xabc), (6, 0xabc)]);
    let events: Vec<_> =
        span.events.iter().map(|event| (event.name.as_ref(), &event.attributes[..])).collect();
    let key = [attribute("key", AttributeValue::Str("k".into()))];
    let exception = [attribute("exception.message", AttributeValue::Str("broken".into()))];
    assert_eq!(events, [("cache miss", &key[..]), ("exception", &exception[..])]);
    for (told, at) in
        [(span.start_unix_nanos, start), (span.events[0].unix_nanos, event), (span.end_unix_nanos, end)]
    {
        let at = at.duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
        assert!(told.abs_diff(at) < 1_000_000_000, "{told} for {at}");
    }
}

#[test]
fn a_status_of_ok_is_final() {
    let ((), trace) = traced(|| {
        let mut span = theirs().start("theirs");
        span.set_status(Status::error("tried again"));
        span.set_status(Status::Ok);
        span.set_status(Status::error("too late"));
    });
    assert_eq!((trace.one("theirs").error.as_deref(), trace.one("theirs").outcome), (None, Outcome::Ok));
}

#[test]
fn events_of_tracing_belong_to_the_span_of_theirs_that_they_happen_in() {
    let ((), trace) = traced(|| {
        ours(|| in_theirs("theirs", || tracing::info!(target: "heard", "an event")));
    });
    let events = |name| trace.one(name).events.iter().map(|event| event.name.to_string()).collect::<Vec<_>>();
    assert_eq!(events("theirs"), ["an event"]);
    assert_eq!(events("ours"), [""; 0]);
}

#[test]
fn more_scopes_than_are_kept_are_told_all_the_same() {
    let ((), trace) = traced(|| {
        for scope in 0..1_100 {
            drop(tracer(format!("scope {scope}")).start(format!("span {scope}")));
        }
    });
    for scope in [0, 500, 1_099] {
        assert_eq!(trace.one(&format!("span {scope}")).target, format!("scope {scope}"));
    }
}

#[test]
fn what_theirs_suppresses_is_not_recorded() {
    let ((), trace) = traced(|| {
        let _suppressed = TheirContext::enter_telemetry_suppressed_scope();
        in_theirs("theirs", || ours(|| ()));
        in_tracing(|| ());
    });
    assert_eq!(trace.names(), [""; 0]);
}

/// Carries what a propagator injects.
#[derive(Default)]
struct Headers(std::collections::HashMap<String, String>);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
}

#[test]
fn an_attribute_is_a_key_of_theirs() {
    const ATTR_TENANT_ID: Attribute<str> = Attribute::new("eventsource.tenant.id");
    let pair = KeyValue::new(ATTR_TENANT_ID, "tenant-123");
    assert_eq!(pair.key.as_str(), "eventsource.tenant.id");
    let mut headers = Headers::default();
    let context = TheirContext::new().with_baggage([KeyValue::new(ATTR_TENANT_ID, "tenant-123")]);
    BaggagePropagator::new().inject_context(&context, &mut headers);
    assert_eq!(headers.0.get("baggage").map(String::as_str), Some("eventsource.tenant.id=tenant-123"));
}

#[instrument(parent = cx)]
fn under(cx: &TheirContext) -> Context {
    Context::current()
}

#[instrument(follows_from = cx)]
fn after(cx: &TheirContext) {}

#[test]
fn a_context_of_theirs_is_a_stated_parent() {
    let remote = SpanContext::new(
        TraceId::from(0x7777),
        SpanId::from(0x8888),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    let extracted = TheirContext::new().with_remote_span_context(remote.clone());
    let ((own, root), trace) = traced(|| {
        let own = in_theirs("newer", || under(&extracted));
        let root = under(&TheirContext::new());
        after(&extracted);
        let outer = ours(TheirContext::current);
        let theirs = ours_within(|| under(&outer));
        assert_eq!(theirs.trace_id, Context::current().trace_id);
        (own, root)
    });
    assert_eq!(own.trace_id.to_string(), remote.trace_id().to_string());
    let spans = spans_of(telemetry(), own.trace_id);
    let span = spans.iter().find(|span| span.span_id == own.span_id).unwrap();
    assert_eq!((span.parent.to_string(), span.parent_is_remote), (remote.span_id().to_string(), true));
    assert!(root.trace_id != own.trace_id && root.trace_id != trace.root.trace_id, "a new root");
    assert_eq!(trace.one("after").links[0].span_id.to_string(), remote.span_id().to_string());
    assert_eq!(trace.path("under"), ["under", "ours", "root"], "not of the one around it");
}
