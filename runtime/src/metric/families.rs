//! In which of a struct's metrics a function's calls are counted, and whether that is enough for its objectives.

use std::marker::PhantomData;

use spanwright_core::objective::CallFamilies;

use super::role::Ending;
use super::{CallMetrics, DURATION_BUCKETS, MetricDescriptor};

/// Leads to the families of a struct.
#[derive(Debug)]
pub struct FamiliesOf<T>(PhantomData<T>);

impl<T: CallMetrics<()>> FamiliesOf<T> {
    /// Those that the struct has.
    pub const FAMILIES: CallFamilies = T::FAMILIES;
}

/// What is found of a type that functions without labels can't report into.
pub trait UnknownFamilies {
    /// Nothing is said of them.
    const FAMILIES: CallFamilies = CallFamilies::UNKNOWN;
}

impl<T> UnknownFamilies for FamiliesOf<T> {}

/// The families with these roles, by the descriptors' places.
#[must_use]
pub const fn families(
    roles: &'static [(Ending, usize)],
    descriptors: &'static [MetricDescriptor],
) -> CallFamilies {
    let mut families = CallFamilies::NONE;
    let mut at = 0;
    while at < roles.len() {
        let metric = &descriptors[roles[at].1];
        match roles[at].0 {
            Ending::Calls => {
                families.calls = metric.name;
                families.has_outcome = has_outcome(metric);
            }
            Ending::Errors => families.errors = metric.name,
            Ending::Cancelled => families.cancelled = metric.name,
            Ending::Duration => {
                families.duration = metric.name;
                families.unit_seconds = seconds_in(metric.unit);
                families.buckets = metric.buckets;
            }
            Ending::Successes | Ending::InFlight => {}
        }
        at += 1;
    }
    families
}

const fn has_outcome(metric: &MetricDescriptor) -> bool {
    let mut at = 0;
    while at < metric.dimensions.len() {
        if matches!(metric.dimensions[at].name.as_bytes(), b"outcome") {
            return true;
        }
        at += 1;
    }
    false
}

/// How many seconds a unit has. What is no unit of time is taken for seconds, as the histogram does.
const fn seconds_in(unit: &str) -> f64 {
    match unit.as_bytes() {
        b"nanoseconds" => 1e-9,
        b"microseconds" => 1e-6,
        b"milliseconds" => 1e-3,
        b"minutes" => 60.0,
        b"hours" => 3_600.0,
        b"days" => 86_400.0,
        _ => 1.0,
    }
}

/// Stops the build where metrics don't know which calls failed.
///
/// # Panics
/// At compile time, where they don't.
#[track_caller]
pub const fn check_success(families: &CallFamilies) {
    if !families.know_success() && !families.are_unknown() {
        panic!(
            "an objective of success needs all calls and those that failed: give the struct a `Counter<ByOutcome<…>>` with \
             `#[metric(role = calls)]`, or counters with `role = calls` and `role = errors`"
        );
    }
}

/// Stops the build where metrics don't know which calls took longer than so many seconds.
///
/// # Panics
/// At compile time, where they don't.
#[track_caller]
pub const fn check_latency(families: &CallFamilies, bound: f64) {
    if families.are_unknown() {
        return;
    }
    if families.duration.is_empty() {
        panic!(
            "an objective of latency needs durations: give the struct a `Histogram` with `#[metric(role = duration)]`"
        );
    }
    if !families.has_bucket(bound, DURATION_BUCKETS) {
        panic!(
            "no bucket of the histogram with `role = duration` ends at this bound: add it to that one's `buckets = […]`, in the \
             histogram's unit, or take another bound"
        );
    }
}
