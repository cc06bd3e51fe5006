//! `#[instrument(slo(…))]`: what alerts are made from.

use spanwright::registry::Value;
use spanwright::{
    ByOutcome, CallFamilies, Counter, DURATION_BUCKETS, ErrorType, Histogram, Indicator, Metrics, Objective,
    Outcome, Registry, instrument, instrument_all,
};

use crate::function::poll_once;

#[derive(Metrics)]
#[metrics(prefix = "objectives_store")]
struct Store {
    /// Nothing of a call.
    other_total: Counter,
    /// Requests by how they ended.
    #[metric(role = calls)]
    requests_total: Counter<ByOutcome>,
    /// How long they took.
    #[metric(unit = "milliseconds", buckets = [50, 300], role = duration)]
    latency_milliseconds: Histogram,
}

#[derive(Debug, ErrorType)]
enum Failed {
    TimedOut,
    #[error_type(expected)]
    NotFound,
}

#[instrument(slo(success = "99.9%", latency("99%" < "250ms"), latency("99.9%" < "2.5s")))]
fn get(failed: Option<Failed>) -> Result<(), Failed> {
    failed.map_or(Ok(()), Err)
}

#[instrument(metrics(prefix = "objectives_merged"), slo(latency("99%" < "300ms"), window = "1w", name = "merging", description = "All of it.", page = false))]
fn merged() {}

#[instrument(metrics = Store, slo(success = "95%", latency("99%" < "300ms")))]
async fn put() {
    std::future::pending::<()>().await;
}

#[instrument]
fn unpromising() {}

mod all {
    pub(super) struct Cart;

    #[super::instrument_all(slo(success = "90%"))]
    impl Cart {
        pub(super) fn add(&self) {}

        #[instrument(slo(success = "80%"))]
        pub(super) fn total(&self) {}
    }
}

fn objectives(function: &str) -> &'static [Objective] {
    let ours = |callsite: &spanwright::Callsite| callsite.module().starts_with(module_path!());
    let mut found =
        spanwright::callsites().filter(|callsite| ours(callsite) && callsite.function() == function);
    let only = found.next().unwrap_or_else(|| panic!("{function}"));
    assert!(found.next().is_none(), "{function} twice");
    only.objectives()
}

/// What a series of the default registry has, and none where it is not there.
fn value(families: &CallFamilies, family: &str, outcome: Option<&str>) -> Option<Value> {
    let labels: Vec<_> = families.labels.iter().copied().chain(outcome.map(|it| ("outcome", it))).collect();
    let family = Registry::global().get_metric(family)?;
    family.series(&labels).map(|series| series.value.clone())
}

fn count(families: &CallFamilies, outcome: Outcome) -> f64 {
    value(families, families.calls, Some(outcome.as_str()))
        .and_then(|value| value.number())
        .unwrap_or_default()
}

fn bounds(families: &CallFamilies) -> Vec<f64> {
    match value(families, families.duration, None) {
        Some(Value::Histogram(histogram)) => histogram.bounds.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_objective_leads_to_the_metrics_that_its_calls_are_counted_in() {
    let [success, latency, slow] = objectives("get") else { panic!("three") };
    assert_eq!((success.indicator, success.ratio), (Indicator::Success, 0.999));
    assert_eq!((latency.indicator, latency.ratio), (Indicator::Latency { bound: 0.25 }, 0.99));
    assert_eq!((slow.bucket(), slow.window_seconds, slow.pages), (Some(2.5), 2_592_000, true));
    for failed in [None, None, Some(Failed::NotFound), Some(Failed::TimedOut)] {
        let _ = get(failed);
    }
    // An error that is to be expected is no bad call, in the description and in the metrics.
    let count = |outcome| count(&success.families, outcome);
    let (good, bad): (Vec<Outcome>, Vec<Outcome>) = [Outcome::Ok, Outcome::Error, Outcome::Panicked]
        .into_iter()
        .partition(|outcome| success.is_good(*outcome, 0.0) == Some(true));
    assert_eq!(good.into_iter().map(count).sum::<f64>(), 3.0);
    assert_eq!(bad.into_iter().map(count).sum::<f64>(), 1.0);
    assert!(success.families.has_outcome && bounds(&latency.families).contains(&0.25));
}

#[test]
fn a_bound_becomes_a_bucket() {
    let [objective] = objectives("merged") else { panic!("one") };
    assert_eq!((objective.name, objective.description), ("merging", "All of it."));
    assert_eq!((objective.window_seconds, objective.pages), (604_800, false));
    merged();
    let mut expected = DURATION_BUCKETS.to_vec();
    expected.push(0.3);
    expected.sort_by(f64::total_cmp);
    assert_eq!(bounds(&objective.families), expected);
}

#[test]
fn an_objective_of_a_structs_metrics_has_their_names_and_unit() {
    let [success, latency] = objectives("put") else { panic!("two") };
    assert_eq!(success.families.calls, "objectives_store_requests_total");
    assert_eq!(latency.families.duration, "objectives_store_latency_milliseconds");
    assert_eq!(latency.bucket(), Some(300.0));
    assert!(poll_once(Box::pin(put()).as_mut()).is_pending());
    assert_eq!(count(&success.families, Outcome::Cancelled), 1.0);
    assert_eq!(success.is_good(Outcome::Cancelled, 0.0), None);
    assert!(bounds(&latency.families).contains(&300.0));
    Store::global().other_total.inc();
}

#[test]
fn what_promises_nothing_has_no_objectives() {
    unpromising();
    assert_eq!(objectives("unpromising"), []);
}

#[test]
fn objectives_for_all_and_for_one() {
    all::Cart.add();
    all::Cart.total();
    let ratio = |function| objectives(function).iter().map(|objective| objective.ratio).collect::<Vec<_>>();
    assert_eq!((ratio("add"), ratio("total")), (vec![0.9], vec![0.8]));
}
