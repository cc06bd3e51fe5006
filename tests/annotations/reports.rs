//! `#[instrument(metrics(into = …))]`: calls that report into a struct of the user's own.

use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use futures_util::stream::{self, Stream, StreamExt};
use spanwright::registry::{Exemplar, Series, Value};
use spanwright::span::Outcome;
use spanwright::{
    ByOutcome, Context, Counter, Histogram, Label, Labels, Metrics, Registry, StoreId, UpDownCounter,
    instrument, record,
};

use crate::collected::{telemetry, traced};
use crate::function::{block_on, pause, poll_once};

#[derive(Clone, Copy, Label)]
enum Operation {
    Get,
    Put,
}

#[derive(Clone, Copy, Labels)]
struct Request<'a> {
    operation: Operation,
    #[label(max = 3)]
    tenant: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "reports_s3")]
struct S3 {
    /// Requests by how they ended.
    #[metric(role = calls)]
    requests_total: Counter<ByOutcome<Request<'static>>>,
    /// Requests that were answered.
    #[metric(role = successes)]
    answered_total: Counter<Request<'static>>,
    /// Requests that failed.
    #[metric(role = errors)]
    failures_total: Counter<Request<'static>>,
    /// Requests that nobody waited for.
    #[metric(role = cancelled)]
    given_up_total: Counter<Request<'static>>,
    /// How long requests took.
    #[metric(unit = "milliseconds", role = duration)]
    latency_milliseconds: Histogram<Request<'static>>,
    /// Requests under way.
    #[metric(role = in_flight)]
    now: UpDownCounter<Request<'static>>,
}

#[derive(Metrics)]
#[metrics(prefix = "reports_jobs")]
struct Jobs {
    /// Jobs that were done.
    #[metric(role = calls)]
    done_total: Counter,
    /// How long they took.
    #[metric(role = duration)]
    duration_seconds: Histogram<ByOutcome>,
    /// Jobs that are running.
    #[metric(role = in_flight)]
    running: UpDownCounter,
}

/// An instance, and what it holds.
struct Own {
    registry: Registry,
    metrics: Arc<S3>,
}

impl Own {
    fn new() -> Self {
        let registry = Registry::new();
        let metrics = Arc::new(S3::register(&registry));
        Self { registry, metrics }
    }

    fn series(&self, name: &str, labels: &[(&str, &str)]) -> Option<Series> {
        self.registry.get_metric(name)?.series(labels).cloned()
    }

    fn number(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        match self.series(name, labels).map(|series| series.value) {
            Some(Value::Histogram(durations)) => durations.count() as f64,
            Some(value) => value.number().unwrap(),
            None => 0.0,
        }
    }

    /// Of one tenant's puts: all by outcome; failures, cancellations, durations, those under way, and those that were answered.
    fn puts(&self, tenant: &str) -> ([f64; 4], [f64; 5]) {
        let of = |outcome| {
            let labels = [("operation", "put"), ("tenant", tenant), ("outcome", outcome)];
            self.number("reports_s3_requests_total", &labels)
        };
        let by_outcome = ["ok", "error", "cancelled", "panicked"].map(of);
        let names = ["failures_total", "given_up_total", "latency_milliseconds", "now", "answered_total"];
        let labels = [("operation", "put"), ("tenant", tenant)];
        (by_outcome, names.map(|name| self.number(&format!("reports_s3_{name}"), &labels)))
    }
}

const GET: Request<'static> = Request { operation: Operation::Get, tenant: "carl" };
const PUT: Request<'static> = Request { operation: Operation::Put, tenant: "dan" };

struct Store {
    metrics: S3,
    by_arc: Arc<S3>,
}

/// A value, an error or a panic.
fn outcome_of(n: u32) -> Result<u32, String> {
    match n {
        0 => Ok(n),
        1 => Err("on purpose".to_owned()),
        _ => panic!("on purpose"),
    }
}

impl Own {
    #[instrument(err, metrics(into = self.metrics, labels = Request { operation: Operation::Put, tenant: &tenant }))]
    fn put(&self, tenant: String, n: u32) -> Result<u32, String> {
        assert_eq!(self.puts(&tenant).1[3], 1.0, "it is under way");
        drop(tenant);
        outcome_of(n)
    }
}

#[test]
fn every_outcome_of_a_method_is_reported_into_its_instance() {
    let own = Own::new();
    telemetry();
    assert_eq!(own.put("ann".to_owned(), 0), Ok(0));
    assert!(own.put("ann".to_owned(), 1).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| own.put("ann".to_owned(), 2))).is_err());
    assert_eq!(own.puts("ann"), ([1.0, 1.0, 0.0, 1.0], [2.0, 0.0, 3.0, 0.0, 1.0]));
    assert_eq!(Own::new().puts("ann").0, [0.0; 4], "another instance has not counted");
}

impl Own {
    #[instrument(metrics(into = Arc::clone(&self.metrics), labels = Request { operation: Operation::Put, tenant }))]
    async fn put_async(&self, tenant: &str, n: u32) -> Result<u32, String> {
        pause().await;
        outcome_of(n)
    }
}

#[test]
fn every_outcome_of_a_future_is_reported() {
    let own = Own::new();
    assert_eq!(block_on(own.put_async("bob", 0)), Ok(0));
    assert!(block_on(own.put_async("bob", 1)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(own.put_async("bob", 2)))).is_err());
    {
        let mut dropped = Box::pin(own.put_async("bob", 0));
        assert!(poll_once(dropped.as_mut()).is_pending());
        assert_eq!(own.puts("bob").1[3], 1.0);
    }
    // Never polled: never called.
    drop(own.put_async("bob", 0));
    assert_eq!(own.puts("bob"), ([1.0, 1.0, 1.0, 1.0], [2.0, 1.0, 4.0, 0.0, 1.0]));
}

#[test]
fn a_global_struct_is_named_by_its_type() {
    #[instrument(metrics = Jobs)]
    fn job() {}
    #[instrument(level = "trace", metrics = Jobs)]
    async fn filtered_job() -> Result<(), ()> {
        Err(())
    }
    job();
    assert_eq!(block_on(filtered_job()), Err(()));
    let registry = Registry::global();
    let value = |name: &str, labels: &[(&str, &str)]| {
        registry.get_metric(name).unwrap().series(labels).unwrap().value.clone()
    };
    assert_eq!(value("reports_jobs_done_total", &[]), Value::Counter(2));
    assert_eq!(value("reports_jobs_running", &[]), Value::Gauge(0.0));
    let Value::Histogram(failed) = value("reports_jobs_duration_seconds", &[("outcome", "error")]) else {
        panic!("no histogram")
    };
    assert_eq!(failed.count(), 1);
}

impl Store {
    #[instrument(metrics(into = self.metrics, labels = GET))]
    fn by_field(&self) {}
    #[instrument(metrics(into = self.by_arc, labels = GET))]
    fn by_arc_field(&self) {}
    #[instrument(metrics(into = &self.metrics, labels = GET))]
    fn by_reference(&self) {}
    #[instrument(metrics(into = Arc::clone(&self.by_arc), labels = GET))]
    fn by_clone(&mut self) {
        self.by_arc = Arc::new(S3::register(&Registry::new()));
    }
    #[instrument(metrics(into = Arc::clone(&self.by_arc), labels = GET))]
    fn by_value(self) -> Self {
        self
    }
}

#[test]
fn whatever_leads_to_the_struct_is_reported_into() {
    static METRICS: LazyLock<S3> = LazyLock::new(|| S3::register(&Registry::new()));
    fn metrics() -> &'static S3 {
        &METRICS
    }
    #[instrument(metrics(into = METRICS, labels = GET))]
    fn by_static() {}
    #[instrument(metrics(into = metrics(), labels = GET))]
    fn by_function() {}
    #[instrument(metrics(into = **shared, labels = GET))]
    fn by_dereference(shared: &Arc<S3>) {
        let _ = shared;
    }
    let gets = |metrics: &S3| {
        let labels = [("operation", "get"), ("tenant", "carl"), ("outcome", "ok")];
        let snapshot = metrics.snapshot();
        snapshot
            .family("reports_s3_requests_total")
            .and_then(|family| family.series(&labels)?.value.number())
            .unwrap_or(0.0)
    };
    let by_arc = Arc::new(S3::register(&Registry::new()));
    let store = Store { metrics: S3::register(&Registry::new()), by_arc: Arc::clone(&by_arc) };
    store.by_field();
    store.by_reference();
    store.by_arc_field();
    let mut store = store.by_value();
    store.by_clone();
    assert_eq!((gets(&store.metrics), gets(&by_arc)), (2.0, 3.0));
    by_static();
    by_function();
    assert_eq!(gets(&METRICS), 2.0);
    let shared = Arc::new(S3::register(&Registry::new()));
    by_dereference(&shared);
    assert_eq!(gets(&shared), 1.0);
    store.by_arc = by_arc;
}

/// Functions of all forms, into one instance.
#[async_trait]
trait Forms {
    async fn of_async_trait(&self) -> u32;
}

#[async_trait]
impl Forms for Own {
    #[instrument(metrics(into = self.metrics, labels = PUT))]
    async fn of_async_trait(&self) -> u32 {
        pause().await;
        1
    }
}

impl Own {
    #[instrument(metrics(into = self.metrics, labels = PUT))]
    #[track_caller]
    fn in_place(&self) -> u32 {
        Location::caller().line()
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn never(&self) -> ! {
        panic!("on purpose")
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn closure(&self) -> impl Fn(&str) -> &str + use<> {
        |text| text
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = Result<u32, String>> + '_>> {
        let n = 0;
        Box::pin(async move { outcome_of(n) })
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn returned(&self) -> impl Future<Output = Result<u32, String>> {
        let n = 0;
        async move { outcome_of(n) }
    }

    #[instrument(fields(twice = Empty), metrics(into = self.metrics, labels = PUT))]
    fn recorded<T: Into<u64> + Copy>(&self, value: T) -> u64 {
        record!(twice = value.into() * 2);
        value.into()
    }

    #[instrument(fields(twice = Empty), metrics(into = self.metrics, labels = PUT))]
    async fn recorded_async(&self, value: u64) -> u64 {
        record!(twice = value * 2);
        value
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn recursive(&self, depth: u32) -> u32 {
        assert_eq!(self.puts("dan").1[3], f64::from(4 - depth));
        if depth == 0 { 0 } else { self.recursive(depth - 1) + 1 }
    }
}

#[test]
fn functions_of_every_form_report() {
    let own = Own::new();
    let (_, trace) = traced(|| {
        let _ = own.in_place();
        assert_eq!(own.closure()("text"), "text");
        assert_eq!(block_on(own.boxed()), Ok(0));
        assert_eq!(block_on(own.returned()), Ok(0));
        assert_eq!(block_on(own.of_async_trait()), 1);
        assert_eq!(own.recorded(7_u8), 7);
        assert_eq!(block_on(own.recorded_async(7)), 7);
        assert!(catch_unwind(AssertUnwindSafe(|| own.never())).is_err());
    });
    assert_eq!(trace.spans.len(), 8);
    assert_eq!(own.puts("dan"), ([7.0, 0.0, 0.0, 1.0], [1.0, 0.0, 8.0, 0.0, 7.0]));
}

#[test]
fn a_call_within_a_call_is_another_one() {
    let own = Own::new();
    assert_eq!(own.recursive(3), 3);
    assert_eq!(own.puts("dan"), ([4.0, 0.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0, 4.0]));
}

impl Own {
    #[instrument(metrics(into = self.metrics, labels = PUT))]
    async fn sampled(&self, n: u32) -> Result<u32, String> {
        outcome_of(n)
    }

    #[instrument(metrics(into = self.metrics, labels = PUT))]
    fn sampled_panic(&self) {
        panic!("on purpose")
    }
}

#[test]
fn the_exemplars_are_of_the_calls_own_span() {
    let own = Own::new();
    let (_, trace) = traced(|| {
        assert!(block_on(own.sampled(1)).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| own.sampled_panic())).is_err());
        let mut dropped = Box::pin(own.put_async("dan", 0));
        assert!(poll_once(dropped.as_mut()).is_pending());
    });
    let exemplars = |outcome| -> Vec<Exemplar> {
        let labels = [("operation", "put"), ("tenant", "dan"), ("outcome", outcome)];
        own.series("reports_s3_requests_total", &labels).unwrap().exemplars
    };
    for (outcome, name) in [("error", "sampled"), ("panicked", "sampled_panic"), ("cancelled", "put_async")] {
        let [exemplar] = &exemplars(outcome)[..] else { panic!("{outcome}: {:?}", exemplars(outcome)) };
        assert_eq!(exemplar.span_id, trace.one(name).span_id, "{outcome}");
    }
    assert_eq!(trace.one("put_async").outcome, Outcome::Cancelled);
}

impl Own {
    #[instrument(metrics(into = Arc::clone(&self.metrics), labels = PUT))]
    fn streamed(&self, n: u32) -> impl Stream<Item = Result<u32, String>> + use<> {
        assert_ne!(n, 2, "on purpose");
        stream::iter([Ok(0), outcome_of(n)]).chain(stream::once(pause()).map(|()| Ok(1)))
    }

    #[instrument(future, metrics(into = Arc::clone(&self.metrics), labels = PUT))]
    fn made(&self, n: u32) -> impl Future<Output = Result<u32, String>> + use<> {
        ready(outcome_of(n))
    }
}

#[test]
fn the_exemplars_are_of_the_span_of_the_call_that_is_followed() {
    for name in ["streamed", "made"] {
        let own = Own::new();
        let (_, trace) = traced(|| match name {
            "made" => {
                assert!(block_on(own.made(1)).is_err());
                assert!(catch_unwind(AssertUnwindSafe(|| drop(own.made(2)))).is_err());
                drop(own.made(0));
            }
            _ => {
                assert_eq!(block_on(own.streamed(1).collect::<Vec<_>>()).len(), 3);
                assert!(catch_unwind(AssertUnwindSafe(|| drop(own.streamed(2)))).is_err());
                let mut dropped = Box::pin(own.streamed(0));
                assert_eq!(block_on(dropped.next()), Some(Ok(0)));
            }
        });
        assert_eq!(trace.spans.len(), 3);
        for span in &trace.spans {
            let labels = [("operation", "put"), ("tenant", "dan"), ("outcome", span.outcome.as_str())];
            let exemplars = own.series("reports_s3_requests_total", &labels).unwrap().exemplars;
            let [exemplar] = &exemplars[..] else { panic!("{name}: {exemplars:?}") };
            assert_eq!(exemplar.span_id, span.span_id, "{name}: {:?}", span.outcome);
        }
    }
}

#[test]
fn a_call_is_reported_in_the_store_that_it_began_in() {
    let own = Own::new();
    let store = Context { store: StoreId::create(), ..Context::NONE };
    let mut future = Box::pin(own.put_async("eve", 0));
    {
        let _theirs = store.attach();
        assert!(poll_once(future.as_mut()).is_pending());
    }
    assert!(poll_once(future.as_mut()).is_ready());
    assert_eq!(own.puts("eve"), ([0.0; 4], [0.0; 5]));
    let _theirs = store.attach();
    assert_eq!(own.puts("eve"), ([1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 1.0]));
}

#[test]
fn what_is_reported_into_is_evaluated_once_and_only_where_metrics_are_on() {
    fn evaluated(metrics: &S3, times: &std::cell::Cell<u32>) -> u32 {
        let _ = metrics;
        times.set(times.get() + 1);
        times.get()
    }
    fn counted<'a>(metrics: &'a S3, times: &std::cell::Cell<u32>) -> &'a S3 {
        evaluated(metrics, times);
        metrics
    }
    #[instrument(metrics(into = counted(metrics, times), labels = { evaluated(metrics, times); PUT }))]
    fn call(metrics: &S3, times: &std::cell::Cell<u32>) {
        let _ = (metrics, times);
    }
    let (own, times) = (Own::new(), std::cell::Cell::new(0));
    call(&own.metrics, &times);
    assert_eq!((times.get(), own.puts("dan").0), (2, [1.0, 0.0, 0.0, 0.0]));
    {
        let _suppressed = Context::NONE.suppressed().attach();
        call(&own.metrics, &times);
    }
    assert_eq!((times.get(), own.puts("dan").0), (2, [1.0, 0.0, 0.0, 0.0]));
}

#[test]
fn a_future_keeps_the_instance_that_it_reports_into() {
    #[instrument(metrics(into = Arc::clone(&metrics), labels = PUT))]
    async fn outlives(metrics: Arc<S3>) {
        drop(metrics);
        pause().await;
    }
    let own = Own::new();
    let mut future = Box::pin(outlives(Arc::clone(&own.metrics)));
    assert!(poll_once(future.as_mut()).is_pending());
    let Own { registry, metrics } = own;
    drop(metrics);
    let family = registry.get_metric("reports_s3_now").expect("the future has it");
    assert_eq!(family.series(&[("operation", "put"), ("tenant", "dan")]).unwrap().value, Value::Gauge(1.0));
    assert!(poll_once(future.as_mut()).is_ready());
    drop(future);
    assert_eq!(registry.get_metric("reports_s3_now"), None);
}

#[test]
fn a_report_adds_little_to_a_future() {
    #[instrument]
    async fn bare(id: u64) -> u64 {
        pause().await;
        id
    }
    #[instrument(metrics = Jobs)]
    async fn reported(id: u64) -> u64 {
        pause().await;
        id
    }
    let (bare, reported) = (size_of_val(&bare(1)), size_of_val(&reported(1)));
    assert!(reported - bare <= 48, "{reported} bytes, and {bare} without");
}
