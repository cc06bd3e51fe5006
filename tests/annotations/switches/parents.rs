//! `parent = …`

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use spanwright::span::{SpanData, SpanId, TraceId};
use spanwright::{AsParent, Context, Counter, Metrics, Parent, Registry, instrument, record};
use tracing_subscriber::prelude::*;

use crate::collected::{Trace, spans_of, telemetry, traced};
use crate::function::{block_on, pause};
use crate::mixture::Seen;

/// The span of another process, as a propagator extracts it: remote, and sampled or not.
fn remote(sampled: bool) -> Context {
    let (trace_id, span_id) = (TraceId::random(), SpanId::random());
    Context { trace_id, span_id, flags: 2 | u16::from(sampled), ..Context::NONE }
}

struct Request {
    context: Context,
    body: String,
}

impl AsParent for Request {
    fn as_parent(&self) -> Parent {
        self.context.as_parent()
    }
}

#[instrument(parent = &request.context, record(request.body))]
fn handle(request: Request) -> Context {
    // The body owns what the parent was taken from.
    drop(request);
    Context::current()
}

#[instrument(parent = request)]
async fn handle_async(request: &Request) -> Context {
    pause().await;
    Context::current()
}

#[instrument(parent = request.context, fields(size = Empty))]
fn handle_boxed(request: Request) -> Pin<Box<dyn Future<Output = Context>>> {
    Box::pin(async move {
        pause().await;
        record!(size = request.body.len());
        Context::current()
    })
}

#[async_trait]
trait Handle {
    async fn handle_it(&self, request: Request) -> Context;
}

#[async_trait]
impl Handle for () {
    #[instrument(parent = &request)]
    async fn handle_it(&self, request: Request) -> Context {
        pause().await;
        drop(request);
        Context::current()
    }
}

#[instrument(parent = request)]
#[track_caller]
fn handle_in_place(request: &Request) -> Context {
    Context::current()
}

fn request(context: Context) -> Request {
    Request { context, body: "text".to_owned() }
}

/// The span that is the current one in `context`.
fn recorded(context: Context) -> SpanData {
    let spans = spans_of(telemetry(), context.trace_id);
    spans.into_iter().find(|span| span.span_id == context.span_id).expect("the span is recorded")
}

#[test]
fn a_request_from_another_process_is_the_parent() {
    telemetry();
    type Call = (&'static str, fn(Request) -> Context);
    let calls: [Call; 5] = [
        ("handle", handle),
        ("handle_async", |request| block_on(handle_async(&request))),
        ("handle_boxed", |request| block_on(handle_boxed(request))),
        ("handle_it", |request| block_on(().handle_it(request))),
        ("handle_in_place", |request| handle_in_place(&request)),
    ];
    for (name, call) in calls {
        let remote = remote(true);
        let (own, around) = traced(|| call(request(remote)));
        assert_eq!(own.trace_id, remote.trace_id, "{name}");
        assert!(around.spans.is_empty(), "nothing of it is in the trace around: {:?}", around.names());
        let span = recorded(own);
        assert_eq!((span.name.as_ref(), span.parent), (name, remote.span_id));
        assert!(span.parent_is_remote, "{name}: the flag that says so is kept");
    }
}

#[test]
fn a_remote_parent_that_is_not_sampled_decides_so() {
    telemetry();
    let remote = remote(false);
    let own = handle(request(remote));
    assert_eq!(own.trace_id, remote.trace_id);
    assert!(!own.is_sampled() && !own.is_recorded());
}

#[instrument(parent = None)]
fn forced_root() -> Context {
    Context::current()
}

#[instrument(parent = parent)]
fn child_of<P: AsParent>(parent: P) -> Context {
    Context::current()
}

#[derive(Metrics)]
#[metrics(prefix = "parents")]
struct Handled {
    /// Requests that were handled.
    #[metric(role = calls)]
    requests_total: Counter,
}

#[instrument(parent = parent, metrics = Handled)]
fn counted_under(parent: Context) {}

#[instrument(follows_from = cause, metrics = Handled)]
fn counted_after(cause: Context) {}

#[test]
fn what_has_a_parent_or_a_cause_still_reports_into_metrics_of_ones_own() {
    telemetry();
    counted_under(remote(true));
    counted_after(remote(true));
    let family = Registry::global().get_metric("parents_requests_total").unwrap();
    let count = family.series(&[]).and_then(|series| series.value.number());
    assert_eq!(count, Some(2.0));
}

#[test]
fn none_begins_a_new_trace() {
    for call in [
        forced_root,
        || child_of(None::<&Context>),
        || child_of(Context::NONE),
        || child_of(tracing::Span::none()),
    ] {
        let (own, trace) = traced(call);
        assert!(own.span_id.is_some());
        assert_ne!(own.trace_id, trace.root.trace_id);
        assert!(!recorded(own).parent.is_some());
    }
}

#[instrument]
fn outer<R>(inner: impl FnOnce(Context, tracing::Span) -> R) -> R {
    inner(Context::current(), tracing::Span::current())
}

#[instrument]
fn between<R>(inner: impl FnOnce() -> R) -> R {
    inner()
}

fn nested_in_outer(trace: &Trace) {
    assert_eq!(trace.path("child_of"), ["child_of", "outer", "root"]);
    assert_eq!(trace.path("between"), ["between", "outer", "root"]);
}

#[test]
fn a_span_of_this_process_is_found_by_its_context_and_through_tracing() {
    let (_, trace) = traced(|| outer(|context, _| between(|| child_of(context))));
    nested_in_outer(&trace);
    let (_, trace) = traced(|| outer(|context, _| between(|| child_of(Some(&context)))));
    nested_in_outer(&trace);
    let (_, trace) = traced(|| outer(|_, span| between(|| child_of(&span))));
    nested_in_outer(&trace);
    let (_, trace) = traced(|| outer(|_, span| between(|| child_of(span.id()))));
    nested_in_outer(&trace);
    let (_, trace) = traced(|| {
        let theirs = tracing::info_span!("theirs");
        between(|| child_of(theirs.id().unwrap()))
    });
    assert_eq!(trace.path("child_of"), ["child_of", "theirs", "root"]);
}

#[test]
fn another_layer_sees_the_same_parents() {
    telemetry();
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone()).with(spanwright::layer());
    let ((), trace) = traced(|| {
        tracing::subscriber::with_default(subscriber, || {
            let theirs = tracing::info_span!("theirs");
            outer(|context, span| {
                between(|| {
                    child_of(&theirs);
                    child_of(&span);
                    child_of(span.id());
                    child_of(context);
                    child_of(remote(true));
                    forced_root();
                });
            });
        });
    });
    let lines = seen.lines();
    let new: Vec<_> = lines.iter().filter(|line| line.starts_with("new ")).map(String::as_str).collect();
    assert_eq!(
        new,
        [
            "new theirs in none",
            "new outer in none",
            "new between in outer",
            "new child_of in theirs",
            "new child_of in outer",
            "new child_of in outer",
            "new child_of in outer",
            "new child_of in none",
            "new forced_root in none",
        ]
    );
    let name_of = |id| trace.spans.iter().find(|span| span.span_id == id).map_or("", |span| &span.name);
    let children = trace.spans.iter().filter(|span| span.name == "child_of");
    let parents: Vec<_> = children.map(|span| name_of(span.parent)).collect();
    assert_eq!(parents, ["theirs", "outer", "outer", "outer"]);
}

#[test]
fn what_was_made_for_the_parent_alone_is_a_parent_still() {
    telemetry();
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone()).with(spanwright::layer());
    #[instrument(parent = tracing::info_span!("short"))]
    fn under_short() {}
    tracing::subscriber::with_default(subscriber, under_short);
    assert!(seen.lines().contains(&"new under_short in short".to_owned()), "{:?}", seen.lines());
}
