//! What a function returns, followed: futures with `future`, streams by their type.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use async_stream::stream;
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture, TryFuture, TryFutureExt};
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStream, TryStreamExt};
use spanwright::{Counter, Metrics, UpDownCounter, record};

use super::*;

#[instrument]
async fn leaf(n: u32) -> Result<u32, Failed> {
    pause().await;
    if n == 0 { Err(Failed(0)) } else { Ok(n) }
}

#[instrument]
fn prepared(n: u32) -> u32 {
    n
}

#[instrument(future, record(n), err, metrics(in_flight))]
fn opaque(n: u32) -> impl Future<Output = Result<u32, Failed>> + Send {
    let n = prepared(n);
    leaf(n).map(move |result| if n == 7 { panic!("on purpose") } else { result })
}

fn outcomes(trace: &crate::collected::Trace, name: &str) -> Vec<Outcome> {
    trace.spans.iter().filter(|span| span.name == name).map(|span| span.outcome).collect()
}

#[test]
fn a_returned_future_is_a_call_from_the_functions_call_to_its_end() {
    let (_, trace) = traced(|| {
        assert_eq!(block_on(opaque(1)), Ok(1));
        assert_eq!(block_on(opaque(0)), Err(Failed(0)));
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(opaque(7)))).is_err());
        let mut dropped = Box::pin(opaque(2));
        assert!(poll_once(dropped.as_mut()).is_pending());
        assert_eq!(in_flight("opaque"), 1.0);
        drop(dropped);
        assert_eq!(in_flight("opaque"), 0.0);
        // Called, though never polled.
        drop(opaque(3));
    });
    let expected = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled, Outcome::Cancelled];
    assert_eq!(outcomes(&trace, "opaque"), expected);
    let calls_of_this: Vec<u64> =
        ["ok", "error", "cancelled", "panicked"].map(|outcome| of_this("opaque", outcome)).into();
    assert_eq!(calls_of_this, [1, 1, 2, 1]);
    let of_opaque: Vec<_> = trace.spans.iter().filter(|span| span.name == "opaque").collect();
    assert_eq!(of_opaque[1].error.as_deref(), Some("it failed with 0"));
    assert_eq!(attribute(of_opaque[0], "n"), Some(AttributeValue::I64(1)));
    assert!(of_opaque.iter().all(|span| span.parent == trace.root.span_id));
    for name in ["prepared", "leaf"] {
        let children = trace.spans.iter().filter(|span| span.name == name);
        let nested = children.filter(|child| of_opaque.iter().any(|span| span.span_id == child.parent));
        assert!(nested.count() >= 4, "{name} is within the call");
    }
}

fn of_this(function: &str, outcome: &str) -> u64 {
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

type Reply<'a> = Pin<Box<dyn Future<Output = Result<u32, Failed>> + Send + 'a>>;

trait Service {
    type Future;
    fn call(&mut self, n: u32) -> Self::Future;
}

struct Shop {
    rate: u32,
}

impl Service for Shop {
    type Future = Reply<'static>;

    #[instrument(future, record(n), err(Debug))]
    fn call(&mut self, n: u32) -> Self::Future {
        self.rate += 1;
        leaf(n).boxed()
    }
}

impl Shop {
    #[instrument(future)]
    fn aliased<'a>(&'a self, n: &'a u32) -> BoxFuture<'a, Result<u32, Failed>> {
        if *n == 0 {
            return ready(Err(Failed(self.rate))).boxed();
        }
        let later = async { leaf(*n).await };
        Box::pin(later)
    }

    #[instrument(future, err)]
    fn chosen(&self, n: u32) -> Pin<Box<dyn Future<Output = Result<u32, Failed>> + '_>> {
        match n {
            0 => Box::pin(async { Err(Failed(self.rate)) }),
            n => Box::pin(leaf(n)),
        }
    }

    #[instrument(future)]
    fn local(&self, n: u32) -> LocalBoxFuture<'_, u32> {
        let shared = std::rc::Rc::new(n);
        async move { *shared + self.rate }.boxed_local()
    }

    #[instrument(future, ret(Display), record(name))]
    fn exclusive<'a>(&'a mut self, name: &'a str) -> impl Future<Output = usize> + use<'a> {
        async {
            self.rate += 1;
            name.len()
        }
    }

    // The closure's own capture is all that is borrowed.
    #[instrument(future, record(owned))]
    fn records_what_is_not_captured(&self, owned: String) -> impl Future<Output = u32> + 'static {
        ready(owned.len() as u32)
    }
}

#[test]
fn futures_in_boxes_and_behind_names_are_boxed_again() {
    let (_, trace) = traced(|| {
        let mut shop = Shop { rate: 1 };
        assert_eq!(block_on(shop.call(4)), Ok(4));
        assert_eq!(block_on(shop.call(0)), Err(Failed(0)));
        assert_eq!(block_on(shop.aliased(&0)), Err(Failed(3)));
        assert_eq!(block_on(shop.aliased(&5)), Ok(5));
        assert_eq!(block_on(shop.chosen(0)), Err(Failed(3)));
        assert_eq!(block_on(shop.chosen(2)), Ok(2));
        assert_eq!(block_on(shop.local(2)), 5);
        assert_eq!(block_on(shop.exclusive("abc")), 3);
        assert_eq!(block_on(shop.records_what_is_not_captured("abcd".to_owned())), 4);
    });
    assert_eq!(outcomes(&trace, "call"), [Outcome::Ok, Outcome::Error]);
    assert_eq!(outcomes(&trace, "aliased"), [Outcome::Error, Outcome::Ok]);
    assert_eq!(outcomes(&trace, "chosen"), [Outcome::Error, Outcome::Ok]);
    for name in ["local", "exclusive", "records_what_is_not_captured"] {
        assert_eq!(trace.one(name).outcome, Outcome::Ok);
    }
    let failed = trace.spans.iter().find(|span| span.name == "call" && span.outcome == Outcome::Error);
    assert_eq!(failed.unwrap().error.as_deref(), Some("Failed(0)"));
    assert_eq!(attribute(trace.one("records_what_is_not_captured"), "owned"), text("abcd"));
    let parents = trace.spans.iter().filter(|span| span.name == "leaf").map(|leaf| {
        trace.spans.iter().find(|span| span.span_id == leaf.parent).map(|span| span.name.as_ref())
    });
    assert_eq!(parents.map(Option::unwrap).collect::<Vec<_>>(), ["call", "call", "aliased", "chosen"]);
}

#[instrument(future)]
fn unpinned(error: u32) -> Box<dyn Future<Output = Result<u32, Failed>> + Unpin + Send> {
    Box::new(ready(Err(Failed(error))))
}

type Unpinned<'a> = Box<dyn Stream<Item = Result<u32, Failed>> + Unpin + 'a>;

#[instrument(stream)]
fn unpinned_stream(errors: &[u32]) -> Unpinned<'_> {
    Box::new(stream::iter(errors.iter().map(|error| Err(Failed(*error)))))
}

#[instrument(future)]
fn pinned(error: u32) -> Pin<Box<impl Future<Output = Result<u32, Failed>>>> {
    let failing = async move { Err(Failed(error)) };
    Box::pin(failing)
}

// The body alone does not say what the error is.
#[instrument(future, err)]
fn fallible(n: u32) -> impl TryFuture<Ok = u32, Error = Failed> {
    let converted = async move { Ok(leaf(n).await? + 1) };
    converted.map(|result| result)
}

#[instrument]
fn fallible_block(n: u32) -> impl TryFuture<Ok = u32, Error = Failed> {
    async move { Ok(leaf(n).await? + 1) }
}

#[instrument(stream)]
fn fallible_stream(n: u32) -> impl TryStream<Ok = u32, Error = Failed> {
    stream::once(async move { Ok(leaf(n).await? + 1) })
}

#[test]
fn whatever_leads_to_a_future_or_a_stream_is_followed() {
    let (_, trace) = traced(|| {
        assert!(block_on(unpinned(1)).is_err());
        assert_eq!(block_on(unpinned_stream(&[1]).collect::<Vec<_>>()).len(), 1);
        assert!(block_on(pinned(1)).is_err());
        assert!(block_on(TryFutureExt::into_future(fallible(0))).is_err());
        assert!(block_on(TryFutureExt::into_future(fallible_block(0))).is_err());
        assert!(block_on(Box::pin(fallible_stream(0).into_stream()).next()).unwrap().is_err());
    });
    for name in ["unpinned", "unpinned_stream", "pinned", "fallible", "fallible_block", "fallible_stream"] {
        let span = trace.one(name);
        assert_eq!(span.outcome, Outcome::Error, "{name}");
        assert!(
            matches!(attribute(span, "error.type"), Some(AttributeValue::Str(name)) if name.ends_with("Failed"))
        );
    }
}

#[async_trait]
trait Remote {
    async fn fetch(&self, n: u32) -> Result<u32, Failed>;
}

#[async_trait]
impl Remote for Shop {
    #[instrument(future, record(self.rate), err)]
    async fn fetch(&self, n: u32) -> Result<u32, Failed> {
        Ok(leaf(n).await? + self.rate)
    }
}

#[test]
fn a_method_of_an_async_trait_may_be_followed_from_its_call() {
    let (_, trace) = traced(|| {
        let shop = Shop { rate: 2 };
        assert_eq!(block_on(shop.fetch(1)), Ok(3));
        assert_eq!(block_on(shop.fetch(0)), Err(Failed(0)));
        drop(shop.fetch(1));
    });
    assert_eq!(outcomes(&trace, "fetch"), [Outcome::Ok, Outcome::Error, Outcome::Cancelled]);
    let fetched = |id| trace.spans.iter().any(|span| span.span_id == id && span.name == "fetch");
    let leaves: Vec<_> = trace.spans.iter().filter(|span| span.name == "leaf").collect();
    assert!(leaves.len() == 2 && leaves.iter().all(|leaf| fetched(leaf.parent)), "{:?}", trace.names());
}

#[derive(Metrics)]
#[metrics(prefix = "followed")]
struct Followed {
    /// Calls that have ended.
    #[metric(role = calls)]
    calls_total: Counter,
    /// Calls that ended in an error.
    #[metric(role = errors)]
    errors_total: Counter,
    /// Calls that were given up.
    #[metric(role = cancelled)]
    cancelled_total: Counter,
    /// Calls that are running.
    #[metric(role = in_flight)]
    running: UpDownCounter,
}

/// How many calls have ended, in an error, given up; and how many are running.
fn counted(registry: &Registry) -> ([u64; 3], f64) {
    let snapshot = registry.snapshot();
    let value = |name: &str| snapshot.family(name).unwrap().series(&[]).unwrap().value.clone();
    let ended = ["followed_calls_total", "followed_errors_total", "followed_cancelled_total"].map(|name| {
        let Value::Counter(count) = value(name) else { panic!("{name} is no counter") };
        count
    });
    let Value::Gauge(running) = value("followed_running") else { panic!("it is no gauge") };
    (ended, running)
}

#[instrument(future, fields(total = Empty), metrics(into = Arc::clone(metrics)))]
fn filled_in(metrics: &Arc<Followed>, n: u32) -> Reply<'static> {
    record!(total = 1);
    leaf(n)
        .map(move |result| {
            record!(total = n + 40);
            result
        })
        .boxed()
}

#[instrument(stream, fields(total = Empty), err, metrics(into = Arc::clone(metrics)))]
fn filled_in_by_items(metrics: &Arc<Followed>) -> Numbers {
    stream! {
        for n in 1..=3 {
            record!(total = n);
            yield leaf(n).await;
        }
        yield leaf(0).await;
    }
    .boxed()
}

#[instrument(future, fields(late = Empty))]
fn hands_out(out: &mut Option<Box<dyn Fn()>>) -> impl Future<Output = ()> + use<> {
    *out = Some(Box::new(move || record!(late = 1)));
    ready(())
}

#[test]
fn after_the_end_of_a_followed_future_nothing_is_recorded() {
    // The formatting layer panics where a span that is closed is recorded into.
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::sink).finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut out = None;
        let mut future = std::pin::pin!(hands_out(&mut out));
        assert!(poll_once(future.as_mut()).is_ready());
        out.unwrap()();
    });
}

type Numbers = Pin<Box<dyn Stream<Item = Result<u32, Failed>> + Send>>;

#[test]
fn fields_are_filled_in_and_metrics_of_ones_own_end_with_what_is_followed() {
    let registry = Registry::new();
    let metrics = Arc::new(Followed::register(&registry));
    let (_, trace) = traced(|| {
        assert_eq!(block_on(filled_in(&metrics, 2)), Ok(2));
        assert_eq!(block_on(filled_in(&metrics, 0)), Err(Failed(0)));
        assert_eq!(counted(&registry), ([2, 1, 0], 0.0));
        let dropped = filled_in(&metrics, 2);
        assert_eq!(counted(&registry).1, 1.0);
        drop(dropped);
        assert_eq!(counted(&registry), ([3, 1, 1], 0.0));
        assert_eq!(block_on(filled_in_by_items(&metrics).collect::<Vec<_>>()).len(), 4);
        assert_eq!(counted(&registry), ([4, 2, 1], 0.0));
        drop(filled_in_by_items(&metrics));
        assert_eq!(counted(&registry), ([5, 2, 2], 0.0));
    });
    let first = trace.spans.iter().find(|span| span.name == "filled_in").unwrap();
    assert_eq!(attribute(first, "total"), Some(AttributeValue::I64(42)));
    let streamed = trace.spans.iter().find(|span| span.name == "filled_in_by_items").unwrap();
    assert_eq!(attribute(streamed, "total"), Some(AttributeValue::I64(3)));
    assert_eq!(attribute(streamed, "stream.items"), Some(AttributeValue::I64(4)));
}

#[instrument(record(n), metrics(in_flight))]
fn countdown(n: u32) -> impl Stream<Item = u32> {
    prepared(n);
    stream! {
        for n in (1..=n).rev() {
            leaf(n).await.unwrap();
            yield n;
        }
    }
}

#[test]
fn a_stream_is_a_call_from_the_functions_call_to_its_end() {
    let (_, trace) = traced(|| {
        assert_eq!(block_on(countdown(3).collect::<Vec<_>>()), [3, 2, 1]);
        let mut dropped = Box::pin(countdown(5));
        assert_eq!(block_on(dropped.next()), Some(5));
        assert_eq!(in_flight("countdown"), 1.0);
        drop(dropped);
        assert_eq!(in_flight("countdown"), 0.0);
    });
    let [ended, dropped] =
        [0, 1].map(|n| trace.spans.iter().filter(|span| span.name == "countdown").nth(n).unwrap());
    assert_eq!((ended.outcome, dropped.outcome), (Outcome::Ok, Outcome::Cancelled));
    assert_eq!(attribute(ended, "stream.items"), Some(AttributeValue::I64(3)));
    assert_eq!(attribute(dropped, "stream.items"), Some(AttributeValue::I64(1)));
    assert_eq!(attribute(ended, "n"), Some(AttributeValue::I64(3)));
    assert_eq!((of_this("countdown", "ok"), of_this("countdown", "cancelled")), (1, 1));
    let leaves: Vec<_> = trace.spans.iter().filter(|span| span.name == "leaf").collect();
    assert_eq!(leaves.iter().filter(|leaf| leaf.parent == ended.span_id).count(), 3);
    assert_eq!(leaves.iter().filter(|leaf| leaf.parent == dropped.span_id).count(), 1);
    let prepared: Vec<_> = trace.spans.iter().filter(|span| span.name == "prepared").collect();
    assert!(prepared.iter().all(|span| [ended.span_id, dropped.span_id].contains(&span.parent)));
    assert_eq!(ended.parent, trace.root.span_id);
}

#[instrument(err)]
fn results(all: Vec<u32>) -> BoxStream<'static, Result<u32, Failed>> {
    stream::iter(all).map(|n| if n < 10 { Ok(n) } else { Err(Failed(n)) }).boxed()
}

#[test]
fn the_first_item_that_is_an_error_makes_the_call_one() {
    let (_, trace) = traced(|| {
        assert_eq!(block_on(results(vec![1, 11, 12, 2]).collect::<Vec<_>>()).len(), 4);
        let mut dropped = results(vec![1, 13, 2]);
        assert_eq!(block_on(dropped.next()), Some(Ok(1)));
        assert_eq!(block_on(dropped.next()), Some(Err(Failed(13))));
        drop(dropped);
        assert_eq!(block_on(results(vec![1, 2]).collect::<Vec<_>>()).len(), 2);
    });
    assert_eq!(outcomes(&trace, "results"), [Outcome::Error, Outcome::Error, Outcome::Ok]);
    let of_results: Vec<_> = trace.spans.iter().filter(|span| span.name == "results").collect();
    assert_eq!(of_results[0].error.as_deref(), Some("it failed with 11"));
    assert_eq!(of_results[1].error.as_deref(), Some("it failed with 13"));
    assert_eq!(of_results[0].events.len(), 2, "an event for each error: {:?}", of_results[0].events);
    assert_eq!(attribute(of_results[0], "stream.items"), Some(AttributeValue::I64(4)));
    assert!(
        matches!(attribute(of_results[1], "error.type"), Some(AttributeValue::Str(name)) if name.ends_with("Failed"))
    );
}

#[instrument]
fn panics(n: u32) -> Pin<Box<dyn Stream<Item = u32> + Send>> {
    assert_ne!(n, 0, "on purpose");
    Box::pin(stream! {
        yield n;
        panic!("on purpose");
    })
}

#[test]
fn a_stream_may_panic_be_polled_after_its_end_and_knows_its_size() {
    let ((), trace) = traced(|| {
        let root = Context::current().span_id;
        let all = catch_unwind(|| block_on(panics(1).collect::<Vec<_>>()));
        assert!(all.is_err() && catch_unwind(|| drop(panics(0))).is_err());
        let mut few = results(vec![1, 2]);
        assert_eq!(few.size_hint(), (2, Some(2)));
        assert_eq!(block_on(few.next()), Some(Ok(1)));
        assert_eq!(few.size_hint(), (1, Some(1)));
        assert_eq!(block_on(few.next()), Some(Ok(2)));
        assert_eq!((block_on(few.next()), block_on(few.next())), (None, None));
        assert_eq!(Context::current().span_id, root);
    });
    assert_eq!(outcomes(&trace, "panics"), [Outcome::Panicked, Outcome::Panicked]);
    assert_eq!(outcomes(&trace, "results"), [Outcome::Ok]);
    let streamed = trace.spans.iter().find(|span| span.name == "panics" && !span.attributes.is_empty());
    assert_eq!(attribute(streamed.unwrap(), "stream.items"), Some(AttributeValue::I64(1)));
}

#[test]
fn what_a_stream_drops_is_dropped_within_its_span() {
    struct Kept(Arc<std::sync::Mutex<Vec<SpanId>>>);
    impl Drop for Kept {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(Context::current().span_id);
        }
    }
    #[instrument]
    fn keeps(kept: Kept) -> impl Stream<Item = u32> {
        stream::repeat(1).map(move |n| {
            let _kept = &kept;
            n
        })
    }
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Kept(Arc::clone(&seen));
    let (_, trace) = traced(|| {
        let mut stream = Box::pin(keeps(kept));
        assert_eq!(block_on(stream.next()), Some(1));
    });
    assert_eq!(*seen.lock().unwrap(), [trace.one("keeps").span_id]);
}
