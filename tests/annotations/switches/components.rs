//! `component = "…"`, switched while the program runs.

use std::cell::Cell;

use spanwright::registry::Value;
use spanwright::{
    Counter, Decider, Enabled, Metrics, Registry, component, component_default, components, instrument,
};
use tracing_subscriber::prelude::*;

use super::enabled::calls;
use crate::collected::{telemetry, traced};
use crate::mixture::Seen;

#[derive(Metrics)]
#[metrics(prefix = "components")]
struct Requests {
    /// Requests that were sent.
    #[metric(role = calls)]
    requests_total: Counter,
}

#[instrument(component = "components_tests.s3", metrics)]
fn put() {}

#[instrument(component = "components_tests.s3", metrics = Requests)]
fn get() {}

#[instrument(component = "components_tests.db")]
fn query() {}

fn requests() -> u64 {
    let family = Registry::global().get_metric("components_requests_total").unwrap();
    match family.series(&[]).map(|series| series.value.clone()) {
        Some(Value::Counter(count)) => count,
        other => panic!("{other:?}"),
    }
}

/// The names of the spans, and how often was counted and reported.
fn all() -> (Vec<String>, u64, u64) {
    let before = (calls(module_path!(), "put"), requests());
    let ((), trace) = traced(|| {
        put();
        get();
        query();
    });
    let names = trace.names().into_iter().map(str::to_owned).collect();
    (names, calls(module_path!(), "put") - before.0, requests() - before.1)
}

#[test]
fn a_component_is_switched_while_the_program_runs() {
    telemetry();
    put();
    get();
    let whole = component("components_tests");
    let s3 = component("components_tests.s3");
    let spans = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(all(), (spans(&["put", "get", "query"]), 1, 1));
    s3.set_spans(false);
    assert_eq!(all(), (spans(&["query"]), 1, 1));
    s3.set(Enabled::SPANS);
    assert_eq!(all(), (spans(&["put", "get", "query"]), 0, 0));
    whole.set(false);
    assert_eq!(all(), (spans(&["put", "get"]), 0, 0), "the longest name wins");
    s3.reset();
    assert_eq!(all(), (spans(&[]), 0, 0));
    whole.set_metrics(true);
    assert_eq!(all(), (spans(&[]), 1, 1));

    // Other layers too have no spans of it, and have them again.
    let seen = Seen::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(seen.clone()), || {
        query();
        whole.reset();
        query();
        whole.set_spans(false);
        query();
    });
    whole.reset();
    assert_eq!(seen.lines(), ["new query in none", "close query"]);
    assert_eq!(all(), (spans(&["put", "get", "query"]), 1, 1));
}

#[instrument(component = "components_later.part", metrics)]
fn later() {}

#[test]
fn functions_that_are_called_later_follow() {
    telemetry();
    component("components_later").set(false);
    let ((), trace) = traced(later);
    assert_eq!(trace.names(), [""; 0]);
    component("components_later").reset();
    let ((), trace) = traced(later);
    assert_eq!(trace.names(), ["later"]);
    assert_eq!(calls(module_path!(), "later"), 1);
}

#[derive(Metrics)]
#[metrics(prefix = "components_others")]
struct Others {
    /// Requests that were sent.
    #[metric(role = calls)]
    requests_total: Counter,
}

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

fn asked() -> bool {
    ASKED.set(ASKED.get() + 1);
    true
}

#[instrument(component = "components_asked", enabled = asked(), metrics = Others)]
fn asking() {}

#[test]
fn nothing_is_evaluated_of_a_component_that_is_off() {
    telemetry();
    component("components_asked").set(false);
    asking();
    assert_eq!(ASKED.take(), 0);
    component("components_asked").set(Enabled::METRICS);
    asking();
    assert_eq!(ASKED.take(), 1);
}

component_default!("components_default", std::env::var_os("NO_SUCH_VARIABLE_IS_SET").is_some());

#[instrument(component = "components_default.part")]
fn off_by_default() {}

#[test]
fn a_library_may_leave_its_component_off() {
    telemetry();
    let ((), trace) = traced(off_by_default);
    assert_eq!(trace.names(), [""; 0]);
    let state = |name: &str| {
        let states = components();
        states
            .into_iter()
            .find(|state| state.name == name)
            .map(|state| (state.enabled, state.decider, state.functions))
    };
    assert_eq!(state("components_default.part"), Some((Enabled::NONE, Decider::Library, 1)));
    assert_eq!(state("components_default"), Some((Enabled::NONE, Decider::Library, 0)));
    component("components_default.part").set(true);
    let ((), trace) = traced(off_by_default);
    assert_eq!(trace.names(), ["off_by_default"]);
    assert_eq!(state("components_default.part"), Some((Enabled::ALL, Decider::Program, 1)));
}
