//! `follows_from = …`

use std::future::Future;
use std::pin::Pin;

use spanwright::span::{Link, SpanId, TraceId};
use spanwright::{Context, instrument, record};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context as LayerContext, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::collected::{telemetry, traced};
use crate::function::{block_on, pause};

fn other() -> Context {
    Context { trace_id: TraceId::random(), span_id: SpanId::random(), flags: 3, ..Context::NONE }
}

#[instrument(follows_from = causes)]
fn batch(causes: &[Context]) {}

#[instrument(follows_from = causes.iter(), fields(size = Empty, first = 1))]
async fn batch_async(causes: Vec<Context>) {
    pause().await;
    record!(size = causes.len());
}

#[instrument(follows_from = cause)]
fn one(cause: &Context) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async move { pause().await })
}

#[instrument(follows_from = cause)]
fn from_tracing(cause: Option<Id>) {}

/// What the body wants is borrowed.
#[instrument(follows_from = causes)]
async fn kept(causes: Vec<Context>) {
    drop(causes);
}

/// What the caller chooses is consumed.
#[instrument(follows_from = causes)]
fn consumed(causes: impl IntoIterator<Item = Context>) {}

struct Batch {
    causes: Vec<Context>,
}

impl Batch {
    #[instrument(follows_from = self.causes)]
    fn run(&self) {}

    #[instrument(follows_from = self.causes)]
    fn finish(self) -> Vec<Context> {
        self.causes
    }
}

#[test]
fn what_a_span_follows_from_stays_with_the_body() {
    let causes = vec![other(), other()];
    let (returned, trace) = traced(|| {
        block_on(kept(causes.clone()));
        let batch = Batch { causes: causes.clone() };
        batch.run();
        consumed(causes.iter().copied());
        batch.finish()
    });
    assert_eq!(returned, causes);
    for name in ["kept", "run", "consumed", "finish"] {
        assert_eq!(trace.one(name).links, links(&causes));
    }
}

fn links(of: &[Context]) -> Vec<Link> {
    of.iter().map(|context| Link { trace_id: context.trace_id, span_id: context.span_id }).collect()
}

#[test]
fn causes_become_links() {
    let causes = [other(), other()];
    let ((), trace) = traced(|| {
        batch(&causes);
        block_on(batch_async(causes.to_vec()));
        block_on(one(&causes[0]));
        batch(&[Context::NONE]);
    });
    let [batch, batch_async, one, none] = &trace.spans[..] else { panic!("{:?}", trace.names()) };
    assert_eq!(batch.links, links(&causes));
    assert_eq!(batch_async.links, links(&causes));
    assert!(batch_async.attributes.iter().any(|(key, _)| key == "size"), "beside fields, and after them");
    assert_eq!(one.links, links(&causes[..1]));
    assert_eq!(none.links, []);
}

#[test]
fn many_causes_leave_room_for_fields_and_errors() {
    #[instrument(follows_from = causes, fields(size = causes.len(), later = Empty), err)]
    fn many(causes: &[Context]) -> Result<(), &'static str> {
        record!(later = true);
        Err("failed")
    }
    let causes: Vec<_> = std::iter::repeat_with(other).take(100).collect();
    let (_, trace) = traced(|| many(&causes));
    let many = trace.one("many");
    assert_eq!(many.links, links(&causes[..many.links.len()]));
    assert!(many.links.len() > 30);
    assert_eq!(many.dropped_links as usize, 100 - many.links.len());
    assert_eq!(many.dropped_attributes, 0);
    for name in ["size", "later", "error.type"] {
        assert!(many.attributes.iter().any(|(key, _)| key == name), "{name}: {:?}", many.attributes);
    }
    assert_eq!(many.error.as_deref(), Some("failed"));
}

/// Notes what follows from what.
#[derive(Clone, Default)]
struct Follows(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Follows {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: LayerContext<'_, S>) {}

    fn on_follows_from(&self, id: &Id, follows: &Id, context: LayerContext<'_, S>) {
        let name = |id| context.span(id).unwrap().name();
        self.0.lock().unwrap().push(format!("{} follows from {}", name(id), name(follows)));
    }
}

#[instrument]
fn cause() -> Context {
    let context = Context::current();
    batch(&[context]);
    context
}

#[test]
fn another_layer_sees_what_follows_from_what() {
    telemetry();
    let follows = Follows::default();
    let subscriber = tracing_subscriber::registry().with(follows.clone()).with(spanwright::layer());
    let (span, trace) = traced(|| {
        tracing::subscriber::with_default(subscriber, || {
            let theirs = tracing::info_span!("theirs");
            from_tracing(theirs.id());
            cause();
            theirs.in_scope(Context::current)
        })
    });
    assert_eq!(trace.one("from_tracing").links, links(&[span]), "once");
    assert_eq!(trace.one("batch").links.len(), 1);
    assert_eq!(*follows.0.lock().unwrap(), ["from_tracing follows from theirs"]);
}
