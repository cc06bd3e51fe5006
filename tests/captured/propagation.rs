//! Traces and baggage through headers, spans, futures, tasks and threads.

use std::collections::HashMap;
use std::future::Future;
use std::sync::mpsc::channel;
use std::thread;

use futures_util::{Stream, StreamExt};
use spanwright::propagation::{self, Baggage};
use spanwright::testing::Captured;
use spanwright::{Context, InContext, Tracer, instrument};

type Headers = HashMap<String, String>;

#[instrument]
fn headers_of_a_span() -> Headers {
    let mut headers = Headers::new();
    propagation::inject(&mut headers);
    headers
}

#[instrument]
fn tenant() -> Option<String> {
    Baggage::current().get_text("tenant").map(str::to_owned)
}

#[instrument]
async fn tenant_later() -> Option<String> {
    tokio::task::yield_now().await;
    tenant()
}

fn with_tenant() -> Baggage {
    Baggage::current().with_text("tenant", "acme").unwrap()
}

/// What came with a request must still be there after so many others.
fn others_come() {
    for at in 0..10_000 {
        let pairs = [("baggage", format!("k={at},x={}", "y".repeat(1_000)))];
        let _ = propagation::extract(&pairs[..]);
    }
}

#[spanwright::test]
fn what_one_injects_is_the_others_parent(telemetry: Captured) {
    let headers = headers_of_a_span();
    let parent = telemetry.span("headers_of_a_span");
    let expected = format!("00-{}-{}-03", parent.trace_id, parent.span_id);
    assert_eq!(headers["traceparent"], expected);
    {
        let _remote = propagation::extract(&headers).attach();
        tenant();
    }
    telemetry.span("tenant").is_in("headers_of_a_span");
    assert!(telemetry.span("tenant").parent_is_remote);
}

#[spanwright::test]
fn a_span_of_tracing_is_injected_too(telemetry: Captured) {
    let mut headers = Headers::new();
    tracing::info_span!("theirs").in_scope(|| propagation::inject(&mut headers));
    let theirs = telemetry.span("theirs");
    assert!(headers["traceparent"].contains(&theirs.span_id.to_string()), "{headers:?}");
}

#[spanwright::test]
fn the_state_of_a_trace_is_its_spans(telemetry: Captured) {
    let mut headers = headers_of_a_span();
    headers.insert("tracestate".to_owned(), "congo=t61".to_owned());
    let remote = propagation::extract(&headers);
    let _remote = remote.attach();
    let further = headers_of_a_span();
    assert_eq!(further["tracestate"], "congo=t61");
    tracing::info_span!("theirs").in_scope(tenant);
    let states: Vec<_> =
        telemetry.spans().iter().map(|span| (span.name.to_string(), span.trace_state.to_string())).collect();
    let with = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    assert_eq!(
        states,
        [
            with("headers_of_a_span", ""),
            with("headers_of_a_span", "congo=t61"),
            with("theirs", "congo=t61"),
            with("tenant", "congo=t61"),
        ]
    );
}

#[spanwright::test]
async fn baggage_goes_into_futures_tasks_and_threads(telemetry: Captured) {
    let attached = with_tenant().attach();
    let acme = Some("acme".to_owned());
    assert_eq!(tenant(), acme);
    let open_call = tenant_later();
    let spawned = spanwright::spawn(async {
        tokio::task::yield_now().await;
        tenant_later().await
    });
    let [(go, blocked), (go_too, blocked_too)] = [channel::<()>(), channel::<()>()];
    let blocking = spanwright::spawn_blocking(move || {
        blocked.recv().unwrap();
        tenant()
    });
    let in_context = async { tenant() }.in_current_context();
    let thread = spanwright::spawn_thread(move || {
        blocked_too.recv().unwrap();
        tenant()
    });
    drop(attached);
    // Nobody but them knows it any more, and others come.
    others_come();
    go.send(()).unwrap();
    go_too.send(()).unwrap();
    assert_eq!(spawned.await.unwrap(), acme);
    assert_eq!(blocking.await.unwrap(), acme);
    assert_eq!(in_context.await, acme);
    assert_eq!(thread.join().unwrap(), acme);
    assert_eq!(open_call.await, None, "it was not called yet: the future begins at its first poll");
    assert!(Baggage::current().is_empty());
    assert!(telemetry.spans().len() >= 7);
}

#[spanwright::test]
async fn a_call_holds_what_its_request_brought(telemetry: Captured) {
    #[instrument]
    async fn serve() -> Option<String> {
        others_come();
        tokio::task::yield_now().await;
        tenant()
    }
    let mut headers = headers_of_a_span();
    headers.insert("baggage".to_owned(), "tenant=acme".to_owned());
    let remote = propagation::extract(&headers);
    let mut serving = Box::pin(serve());
    // As with `parent = extract(…)`: current only while the call begins.
    let first = std::future::poll_fn(|task| {
        let attached = remote.attach();
        let polled = serving.as_mut().poll(task);
        drop(attached);
        std::task::Poll::Ready(polled)
    });
    assert!(first.await.is_pending());
    others_come();
    assert_eq!(serving.await.as_deref(), Some("acme"));
    telemetry.span("tenant").is_in("serve");
    assert_eq!(propagation::left_out(), 0);
}

#[spanwright::test]
fn a_thread_without_a_context_has_no_baggage(_telemetry: Captured) {
    let _attached = with_tenant().attach();
    assert_eq!(thread::spawn(tenant).join().unwrap(), None);
    let context = Context::current();
    let there = thread::spawn(move || {
        let _attached = context.attach();
        tenant()
    });
    assert_eq!(there.join().unwrap().as_deref(), Some("acme"));
}

/// A request of this test's trace, with all that it can carry.
fn request() -> Headers {
    let mut headers = headers_of_a_span();
    headers.insert("tracestate".to_owned(), "congo=t61".to_owned());
    headers.insert("baggage".to_owned(), "tenant=acme".to_owned());
    headers
}

fn injected() -> Headers {
    others_come();
    let mut headers = Headers::new();
    propagation::inject(&mut headers);
    headers
}

#[instrument(parent = propagation::extract(headers))]
fn serve(headers: &Headers) -> Headers {
    injected()
}

#[instrument(parent = propagation::extract(headers))]
async fn serve_later(headers: &Headers) -> Headers {
    others_come();
    tokio::task::yield_now().await;
    injected()
}

#[instrument(future, parent = propagation::extract(headers))]
fn serve_made(headers: &Headers) -> impl Future<Output = Headers> {
    let made = injected();
    async move {
        tokio::task::yield_now().await;
        assert_eq!(injected(), made);
        made
    }
}

#[instrument(stream, parent = propagation::extract(headers))]
fn serve_many(headers: &Headers) -> impl Stream<Item = Headers> {
    async_stream::stream! {
        for _ in 0..2 {
            tokio::task::yield_now().await;
            yield injected();
        }
    }
}

#[instrument(parent = propagation::extract(headers))]
fn serve_in_a_block(headers: &Headers, tracer: &Tracer) -> Headers {
    tracer.span("inner").in_scope(|_| injected())
}

/// What is current while it runs, as a message would keep it.
#[instrument]
fn send() -> Context {
    Context::current()
}

#[instrument(parent = sent)]
fn take(sent: Context) -> Headers {
    injected()
}

async fn serve_in_a_future(headers: &Headers, tracer: &Tracer) -> Headers {
    let span = {
        let _remote = propagation::extract(headers).attach();
        tracer.span("apart")
    };
    span.follow(|_| async {
        others_come();
        tokio::task::yield_now().await;
        injected()
    })
    .await
}

#[spanwright::test]
async fn what_a_stated_parent_brought_is_handed_on(telemetry: Captured) {
    let (request, tracer) = (request(), Tracer::new("captured.propagation"));
    let sent = {
        let _remote = propagation::extract(&request).attach();
        send()
    };
    let mut served = vec![
        ("take", take(sent)),
        ("serve", serve(&request)),
        ("serve_later", serve_later(&request).await),
        ("serve_made", serve_made(&request).await),
        ("inner", serve_in_a_block(&request, &tracer)),
        ("apart", serve_in_a_future(&request, &tracer).await),
    ];
    let many = serve_many(&request).collect::<Vec<_>>().await;
    served.extend(many.into_iter().map(|headers| ("serve_many", headers)));
    for (name, headers) in served {
        let span = telemetry.spans().into_iter().find(|span| span.name == name).unwrap();
        assert_eq!(headers["traceparent"], format!("00-{}-{}-03", span.trace_id, span.span_id), "{name}");
        assert_eq!(headers["tracestate"], "congo=t61", "{name}");
        assert_eq!(headers["baggage"], "tenant=acme", "{name}");
        assert_eq!(span.trace_state, "congo=t61", "{name}");
        assert_eq!(span.parent_is_remote, !["inner", "take"].contains(&name), "{name}");
    }
}
