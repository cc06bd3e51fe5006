//! What a test does in traces that are not its own.

use std::sync::Barrier;

use spanwright::span::{Level, SpanId, TraceId};
use spanwright::testing::Captured;
use spanwright::{Context, instrument};

/// The example of W3C's recommendation, which many tests have in their headers.
fn remote() -> Context {
    const SAMPLED_AND_REMOTE: u16 = 0b11;
    Context {
        trace_id: TraceId { high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736 },
        span_id: SpanId(0x00f0_67aa_0ba9_02b7),
        flags: SAMPLED_AND_REMOTE,
        ..Context::NONE
    }
}

#[instrument(parent = from)]
fn serve(from: Context) {
    query();
}

#[instrument(parent = None::<Context>)]
fn begin_anew() {
    query();
}

#[instrument]
fn query() {
    tracing::info!("asked");
}

#[spanwright::test]
fn a_span_with_a_remote_parent_is_the_tests(telemetry: Captured) {
    serve(remote());
    assert_eq!(telemetry.tree(), "serve\n  query\n");
    let serve = telemetry.span("serve");
    assert_eq!((serve.trace_id, serve.parent), (remote().trace_id, remote().span_id));
    assert!(serve.parent_is_remote);
    telemetry.span("query").is_in("serve");
    let asked = telemetry.event("asked");
    assert_eq!(asked.trace_id, remote().trace_id);
    asked.is_at(Level::INFO);
}

#[spanwright::test]
fn a_root_is_the_tests(telemetry: Captured) {
    begin_anew();
    tracing::info_span!(parent: None, "theirs").in_scope(|| tracing::info!("within"));
    tracing::info!(parent: None, "outside");
    assert_eq!(telemetry.tree(), "begin_anew\n  query\ntheirs\n");
    assert_ne!(telemetry.span("begin_anew").trace_id, telemetry.span("theirs").trace_id);
    let messages: Vec<_> = telemetry.events().iter().map(|event| event.message.to_string()).collect();
    assert_eq!(messages, ["asked", "within", "outside"]);
    assert_eq!(telemetry.event("outside").trace_id, TraceId::NONE);
}

#[test]
fn tests_in_one_remote_trace_do_not_see_each_other() {
    let both = Barrier::new(2);
    let one_of_them = || {
        spanwright::__private::test_sync(|telemetry: Captured| {
            both.wait();
            serve(remote());
            {
                let _handed_on = Context { store: Context::current().store, ..remote() }.attach();
                tracing::info!("in nobody's span");
            }
            both.wait();
            assert_eq!(telemetry.tree(), "serve\n  query\n");
            assert_eq!(telemetry.event("asked").trace_id, remote().trace_id);
            assert_eq!(telemetry.event("in nobody's span").span_id, remote().span_id);
            both.wait();
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(one_of_them);
        scope.spawn(one_of_them);
    });
}

#[spanwright::test]
fn what_comes_back_over_the_network_is_the_tests(telemetry: Captured) {
    // What a header says of the test's span.
    let Context { trace_id, span_id, flags, .. } = Context::current();
    let header = Context { trace_id, span_id, flags: flags | remote().flags, ..Context::NONE };
    let server = std::thread::spawn(move || serve(header));
    server.join().unwrap();
    assert_eq!(telemetry.tree(), "serve\n  query\n");
}

#[spanwright::test]
fn what_has_not_ended_has_children_all_the_same(telemetry: Captured) {
    let open = tracing::info_span!("open").entered();
    query();
    assert_eq!(telemetry.tree(), "query\n");
    drop(open);
    assert_eq!(telemetry.tree(), "open\n  query\n");
}

#[spanwright::test]
async fn what_other_threads_do_is_the_tests_where_it_is_handed_on(telemetry: Captured) {
    #[instrument]
    async fn serve_all() {
        let around = Context::current();
        spanwright::spawn_thread(|| serve(remote())).join().unwrap();
        spanwright::spawn(async { begin_anew() }).await.unwrap();
        spanwright::spawn_blocking(query).await.unwrap();
        std::thread::spawn(move || {
            let _handed_on = around.attach();
            query();
        })
        .join()
        .unwrap();
        std::thread::spawn(query).join().unwrap();
    }
    serve_all().await;
    tokio::spawn(async { query() }).await.unwrap();
    assert_eq!(
        telemetry.tree(),
        "serve_all\n  query\n  query\nserve\n  query\nbegin_anew\n  query\nquery\n",
        "and a bare thread's query is nobody's"
    );
}
