//! Nesting where the program goes on elsewhere, `tracing::Span::current()` within annotated functions, and events.

use std::sync::{Arc, Mutex};

use spanwright::span::{AttributeValue, EventData, Level, SpanId, TraceId};
use spanwright::{Context, InContext, instrument};
use tracing::{Instrument, Span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use crate::collected::{Trace, traced};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn attribute(trace: &Trace, span: &str, key: &str) -> Option<AttributeValue> {
    let attributes = &trace.one(span).attributes;
    attributes.iter().find(|(its, _)| its == key).map(|(_, value)| value.clone())
}

fn events<'t>(trace: &'t Trace, span: &str) -> Vec<&'t str> {
    trace.one(span).events.iter().map(|event| event.name.as_ref()).collect()
}

#[instrument]
fn leaf() {}

#[instrument]
async fn task() {
    tokio::task::yield_now().await;
    leaf();
}

#[test]
fn what_is_spawned_by_our_helpers_nests() {
    #[instrument]
    async fn starts() {
        spanwright::spawn(task()).await.unwrap();
        spanwright::spawn_blocking(theirs).await.unwrap();
    }
    #[instrument]
    fn theirs() {
        let thread = spanwright::spawn_thread(|| tracing::info_span!("in_thread").in_scope(|| {}));
        thread.join().unwrap();
    }
    let ((), trace) = traced(|| block_on(starts()));
    assert_eq!(trace.path("leaf"), ["leaf", "task", "starts", "root"]);
    assert_eq!(trace.path("in_thread"), ["in_thread", "theirs", "starts", "root"]);
}

#[test]
fn what_is_spawned_may_outlive_the_call_that_spawned_it() {
    type Task = std::pin::Pin<Box<dyn Future<Output = ()>>>;
    #[allow(deprecated, reason = "it is the start alone that is observed")]
    #[instrument]
    fn starts() -> Task {
        // Its future is made where it runs, so that nothing but the context leads back here.
        Box::pin(async { task().await }.in_current_context())
    }
    #[allow(deprecated, reason = "it is the start alone that is observed")]
    #[instrument]
    fn starts_with_a_span() -> Task {
        Box::pin(async { task().await }.instrument(Span::current()))
    }
    for (start, name) in [(starts as fn() -> Task, "starts"), (starts_with_a_span, "starts_with_a_span")] {
        let ((), trace) = traced(|| {
            let task = start();
            std::thread::scope(|scope| {
                // Nothing is current there.
                scope.spawn(|| assert_eq!(Context::current().trace_id, TraceId::NONE));
            });
            let _outside = Context::NONE.attach();
            block_on(task);
        });
        assert_eq!(trace.path("leaf"), ["leaf", "task", name, "root"]);
    }
}

#[test]
fn a_future_polled_elsewhere_keeps_its_span() {
    let ((), trace) = traced(|| {
        let future = task();
        let other = tracing::info_span!("elsewhere");
        block_on(future.instrument(other));
    });
    // Made where nothing runs yet, it starts with its first poll.
    assert_eq!(trace.path("leaf"), ["leaf", "task", "elsewhere", "root"]);
}

#[test]
fn an_annotated_call_can_be_a_stated_parent() {
    #[instrument]
    fn outer() -> Span {
        Span::current()
    }
    let ((), trace) = traced(|| {
        let parent = outer();
        tracing::info_span!("between").in_scope(|| {
            tracing::info_span!(parent: &parent, "child").in_scope(leaf);
            parent.in_scope(leaf_two);
            tracing::info!(parent: &parent, "too late to be within it");
        });
    });
    assert_eq!(trace.path("leaf"), ["leaf", "child", "outer", "root"]);
    assert_eq!(trace.path("leaf_two"), ["leaf_two", "outer", "root"]);
}

#[instrument]
fn leaf_two() {}

#[instrument(fields(result = Empty, kept = 1))]
fn records_by_tracing() {
    Span::current().record("result", 5).record("undeclared", 6).record("kept", 2);
    tracing::info_span!("within", inner = tracing::field::Empty).in_scope(|| {
        Span::current().record("inner", true);
    });
}

fn assert_recorded(trace: &Trace) {
    assert_eq!(attribute(trace, "records_by_tracing", "result"), Some(AttributeValue::I64(5)));
    assert_eq!(attribute(trace, "records_by_tracing", "kept"), Some(AttributeValue::I64(2)));
    assert_eq!(attribute(trace, "records_by_tracing", "undeclared"), None);
    assert_eq!(attribute(trace, "within", "inner"), Some(AttributeValue::Bool(true)));
}

#[test]
fn tracings_current_span_records_into_the_open_call() {
    let ((), trace) = traced(records_by_tracing);
    assert_recorded(&trace);
}

#[test]
fn tracings_current_span_records_on_both_routes() {
    let lines = Lines::default();
    let fmt = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(lines.clone())
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE);
    let subscriber = tracing_subscriber::registry().with(fmt).with(spanwright::layer());
    let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, records_by_tracing));
    assert_recorded(&trace);
    let written = lines.text();
    assert!(written.contains("records_by_tracing{kept=1 result=5 kept=2}"), "{written}");
}

/// What a formatting layer writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[instrument]
fn says() {
    tracing::info!(n = 1, text = "x", "in ours");
    tracing::info_span!("theirs").in_scope(|| tracing::warn!("in theirs"));
    tracing::info!("in ours again");
    tracing::debug!("below the filter");
}

fn assert_said(trace: &Trace) {
    assert_eq!(events(trace, "says"), ["in ours", "in ours again"]);
    assert_eq!(events(trace, "theirs"), ["in theirs"]);
    let [event, _]: &[EventData; 2] = trace.one("says").events.as_slice().try_into().unwrap();
    assert!(event.attributes.starts_with(&[
        ("n".into(), AttributeValue::I64(1)),
        ("text".into(), AttributeValue::Str("x".into())),
    ]));
    assert_eq!((event.level, event.message.as_ref()), (Level::INFO, "in ours"));
    assert_eq!((event.trace_id, event.span_id), (trace.root.trace_id, trace.one("says").span_id));
    let span = trace.one("says");
    assert!((span.start_unix_nanos..=span.end_unix_nanos).contains(&event.unix_nanos));
}

#[test]
fn events_are_in_the_spans_they_happen_in() {
    let ((), trace) = traced(says);
    assert_said(&trace);
    assert_eq!(trace.root.events, []);
}

#[test]
fn events_are_in_their_spans_whoever_else_listens() {
    fn sink<S>() -> impl tracing_subscriber::Layer<S> + Send + Sync
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        tracing_subscriber::fmt::layer().with_writer(std::io::sink)
    }
    let reload = tracing_subscriber::reload::Layer::new(sink().with_filter(LevelFilter::TRACE));
    let subscribers: [(&str, Box<dyn tracing::Subscriber + Send + Sync>); 4] = [
        ("ours alone", Box::new(tracing_subscriber::registry().with(spanwright::layer()))),
        ("before", Box::new(tracing_subscriber::registry().with(spanwright::layer()).with(sink()))),
        ("after", Box::new(tracing_subscriber::registry().with(sink()).with(spanwright::layer()))),
        ("reload", Box::new(tracing_subscriber::registry().with(reload.0).with(spanwright::layer()))),
    ];
    for (name, subscriber) in subscribers {
        let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, says));
        assert_eq!(trace.names(), ["theirs", "says"], "{name}");
        assert_said(&trace);
    }
}

#[test]
fn events_and_links_are_recorded_once_by_two_layers_of_ours() {
    let subscriber = tracing_subscriber::registry().with(spanwright::layer()).with(spanwright::layer());
    let ((), trace) = traced(|| {
        tracing::subscriber::with_default(subscriber, || {
            let cause = tracing::info_span!("cause").entered();
            let effect = tracing::info_span!("effect");
            effect.follows_from(&cause);
            effect.in_scope(|| tracing::info!("once"));
        });
    });
    let effect = trace.one("effect");
    assert_eq!((effect.events.len(), effect.links.len()), (1, 1));
}

#[test]
fn an_event_of_another_thread_is_in_the_span_it_happened_in() {
    #[instrument]
    fn waits_for_others() {
        for number in 0..3 {
            spanwright::spawn_thread(move || tracing::info!(number, "elsewhere")).join().unwrap();
        }
    }
    for _ in 0..20 {
        let ((), trace) = traced(waits_for_others);
        assert_eq!(events(&trace, "waits_for_others"), ["elsewhere"; 3]);
    }
}

#[test]
fn an_error_is_an_exception_of_its_span_and_said_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("no stock of {0}")]
    struct NoStock(u32);
    #[instrument(err)]
    fn buy() -> Result<(), NoStock> {
        Err(NoStock(7))
    }
    let all = tracing_subscriber::registry().with(spanwright::layer());
    for subscriber in [None, Some(all)] {
        let (result, trace) = traced(|| match subscriber {
            None => buy(),
            Some(subscriber) => tracing::subscriber::with_default(subscriber, buy),
        });
        result.unwrap_err();
        let span = trace.one("buy");
        let [event] = &span.events[..] else { panic!("{:?}", span.events) };
        assert_eq!((event.name.as_ref(), event.level), ("exception", Level::ERROR));
        assert_eq!(event.unix_nanos, span.end_unix_nanos, "it is within its span");
        let attribute =
            |key: &str| event.attributes.iter().find(|(its, _)| its == key).map(|(_, value)| value);
        assert_eq!(attribute("exception.message"), Some(&AttributeValue::Str("no stock of 7".into())));
        let Some(AttributeValue::Str(error_type)) = attribute("exception.type") else { panic!("no type") };
        assert!(error_type.ends_with("NoStock"), "{error_type}");
        assert_eq!(span.error.as_deref(), Some("no stock of 7"));
    }
}

#[test]
fn what_a_span_follows_from_is_a_link() {
    let ((), trace) = traced(|| {
        let cause = tracing::info_span!("cause");
        let effect = tracing::info_span!("effect");
        effect.follows_from(&cause);
        #[instrument]
        fn follows(cause: &Span) {
            Span::current().follows_from(cause);
        }
        follows(&cause);
    });
    let cause = trace.one("cause").span_id;
    for name in ["effect", "follows"] {
        let links: Vec<_> = trace.one(name).links.iter().map(|link| link.span_id).collect();
        assert_eq!(links, [cause], "{name}");
    }
}

#[test]
fn fields_by_the_convention_of_tracing_opentelemetry_are_understood() {
    let ((), trace) = traced(|| {
        let span = tracing::info_span!(
            "raw",
            otel.name = "GET /cart",
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            otel.status_message = tracing::field::Empty,
        );
        span.record("otel.status_code", "ERROR").record("otel.status_message", "broken");
    });
    let span = trace.one("GET /cart");
    assert_eq!(span.kind, spanwright::span::SpanKind::Server);
    assert_eq!(span.error.as_deref(), Some("broken"));
    assert!(!span.attributes.iter().any(|(key, _)| key.starts_with("otel.")), "{:?}", span.attributes);
}

#[test]
fn tracing_opentelemetry_works_beside_us() {
    use opentelemetry::trace::TracerProvider as _;
    let exporter = opentelemetry_sdk::trace::InMemorySpanExporter::default();
    let provider =
        opentelemetry_sdk::trace::SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let theirs = tracing_opentelemetry::layer().with_tracer(provider.tracer("theirs"));
    let subscriber = tracing_subscriber::registry().with(theirs).with(spanwright::layer());
    let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, says));
    assert_said(&trace);
    let finished = exporter.get_finished_spans().unwrap();
    let names: Vec<_> = finished.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["theirs", "says"]);
    assert_eq!(finished[0].parent_span_id, finished[1].span_context.span_id());
}

/// Runs `body` in a call whose trace is not sampled, and expects nothing of it to be recorded.
fn unsampled(body: impl FnOnce()) {
    #[instrument]
    fn not_sampled(body: impl FnOnce()) {
        body();
    }
    crate::collected::telemetry();
    let (trace_id, span_id) = (TraceId { high: 1, low: 2 }, SpanId(3));
    // From another process, and not sampled.
    let caller = Context { trace_id, span_id, flags: 1 << 1, ..Context::NONE };
    let _outside = caller.attach();
    not_sampled(body);
}

#[test]
fn what_is_spawned_with_the_current_span_of_an_unsampled_call_is_unsampled() {
    unsampled(|| {
        let own = Context::current();
        assert!(!own.is_recorded());
        let span = Span::current();
        span.record("field", 1);
        let within = |body: &dyn Fn(Context)| {
            let _elsewhere = Context::NONE.attach();
            body(own);
        };
        within(&|own| span.in_scope(|| assert_eq!(Context::current(), own)));
        within(&|own| {
            tracing::info_span!(parent: &span, "child")
                .in_scope(|| assert_eq!(Context::current().trace_id, own.trace_id));
        });
        let future = async move {
            leaf();
            tracing::info_span!("foreign").in_scope(|| Span::current().in_scope(Context::current))
        };
        let future = future.in_current_span();
        within(&|_| assert_eq!(Context::current(), Context::NONE));
        let _elsewhere = Context::NONE.attach();
        assert_eq!(block_on(future), own);
    });
}

#[test]
fn a_wrapped_subscriber_knows_the_annotated_call_and_others_their_own_spans() {
    #[instrument(fields(result = Empty))]
    fn outer() {
        Span::current().record("result", 1);
        tracing::debug_span!("refused_by_us", n = tracing::field::Empty).in_scope(|| {
            Span::current().record("n", 2);
        });
        inner();
        let task = task().instrument(Span::current());
        let _elsewhere = Context::NONE.attach();
        block_on(task);
    }
    #[instrument(level = "debug", fields(within = Empty))]
    fn inner() {
        Span::current().record("within", 3);
    }
    let all = LevelFilter::TRACE;
    for (level, expected) in [(LevelFilter::OFF, ""), (all, "outer{result=1}:refused_by_us{n=2}")] {
        let lines = Lines::default();
        let fmt = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(lines.clone())
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
            .with_filter(level);
        let layers = tracing_subscriber::registry().with(spanwright::layer()).with(fmt);
        let subscriber = spanwright::subscriber(layers);
        let ((), trace) = traced(|| tracing::subscriber::with_default(subscriber, outer));
        let text = lines.text();
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.contains("outer{result=1}:inner{within=3}"), level == all, "{text}");
        assert_eq!(attribute(&trace, "outer", "result"), Some(AttributeValue::I64(1)), "{text}");
        assert_eq!(trace.path("leaf"), ["leaf", "task", "outer", "root"]);
    }
}
