//! `enabled = …`

use std::future::Future;
use std::pin::Pin;

use spanwright::registry::Value;
use spanwright::{Counter, Enabled, Metrics, Registry, Traced, Tracer, instrument, record};
use tracing_subscriber::prelude::*;

use crate::collected::{telemetry, traced};
use crate::function::{block_on, pause};
use crate::mixture::Seen;

/// How often a function has been called, by its own metrics.
pub(super) fn calls(module: &str, function: &str) -> u64 {
    let family = Registry::global().get_metric("function_calls_total").unwrap();
    let labels = [("module", module), ("function", function), ("outcome", "ok")];
    match family.series(&labels).map(|series| series.value.clone()) {
        Some(Value::Counter(count)) => count,
        other => panic!("{other:?}"),
    }
}

#[derive(Metrics)]
#[metrics(prefix = "enabled")]
struct Jobs {
    /// Jobs that were done.
    #[metric(role = calls)]
    jobs_total: Counter,
}

#[derive(Default)]
struct Store {
    tracing: bool,
    enabled: Enabled,
}

impl Store {
    #[instrument(enabled = self.tracing, metrics)]
    fn put(&mut self) -> &mut Self {
        inside();
        self
    }

    // Not `put`, whose calls another test counts.
    #[instrument(enabled = self.tracing, metrics)]
    fn get(&self) {
        inside();
    }

    #[instrument(enabled = self.enabled, metrics = Jobs, fields(key = Empty))]
    async fn job(&self) {
        pause().await;
        record!(key = "k");
        inside();
    }

    #[instrument(enabled = self.enabled, metrics = Jobs)]
    fn boxed_job(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move { pause().await })
    }

    #[instrument(enabled = self.enabled, metrics = Jobs)]
    #[track_caller]
    fn job_in_place(&self) {}
}

#[instrument]
fn inside() {}

#[test]
fn a_bool_switches_the_span_of_a_call_and_not_its_metrics() {
    let mut store = Store::default();
    let (is_traced, trace) = traced(|| store.put().tracing);
    assert!(!is_traced);
    assert_eq!(trace.path("inside"), ["inside", "root"]);
    let before = calls(module_path!(), "put");
    store.tracing = true;
    let (is_traced, trace) = traced(|| store.put().tracing);
    assert!(is_traced);
    assert_eq!(trace.path("inside"), ["inside", "put", "root"]);
    assert_eq!(calls(module_path!(), "put"), before + 1);
    store.tracing = false;
    store.put();
    assert_eq!(calls(module_path!(), "put"), before + 2);
}

#[test]
fn spans_and_reports_into_ones_own_metrics_are_switched_separately() {
    for (enabled, names, jobs) in [
        (Enabled::ALL, &["inside", "job", "boxed_job", "job_in_place"][..], 3.0),
        (Enabled::SPANS, &["inside", "job", "boxed_job", "job_in_place"], 0.0),
        (Enabled::METRICS, &["inside"], 3.0),
        (Enabled::NONE, &["inside"], 0.0),
    ] {
        let store = Store { enabled, ..Store::default() };
        let registry = || match Registry::global().get_metric("enabled_jobs_total") {
            Some(family) => match family.series(&[]).map(|series| series.value.clone()) {
                Some(Value::Counter(count)) => count as f64,
                other => panic!("{other:?}"),
            },
            None => 0.0,
        };
        let before = registry();
        let ((), trace) = traced(|| {
            block_on(store.job());
            block_on(store.boxed_job());
            store.job_in_place();
        });
        assert_eq!(trace.names(), names, "{enabled}");
        assert_eq!(registry() - before, jobs, "{enabled}");
    }
}

#[test]
fn another_layer_has_no_span_of_a_call_that_is_switched_off() {
    telemetry();
    let seen = Seen::default();
    let mut store = Store::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    tracing::subscriber::with_default(subscriber, || {
        store.get();
        store.tracing = true;
        store.get();
    });
    let new: Vec<_> = seen.lines().into_iter().filter(|line| line.starts_with("new ")).collect();
    assert_eq!(new, ["new inside in none", "new get in none", "new inside in get"]);
}

struct Bus {
    tracer: Tracer,
}

impl Traced for Bus {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl Bus {
    #[instrument(enabled = self)]
    fn by_ref(&self) {}

    #[instrument(enabled = self)]
    async fn by_mut(&mut self) {
        self.tracer.switch(true);
    }

    #[instrument(enabled = self)]
    fn by_value(self) {}

    #[instrument(enabled = &self.tracer)]
    fn by_tracer(self: std::sync::Arc<Self>) {}
}

#[test]
fn a_traced_struct_is_its_methods_switch() {
    telemetry();
    let bus = |on| Bus { tracer: Tracer::new("enabled_bus").switched(on) };
    let ((), trace) = traced(|| {
        for on in [false, true] {
            bus(on).by_ref();
            block_on(bus(on).by_mut());
            bus(on).by_value();
            std::sync::Arc::new(bus(on)).by_tracer();
        }
    });
    assert_eq!(trace.names(), ["by_ref", "by_mut", "by_value", "by_tracer"]);
}
