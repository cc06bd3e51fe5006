//! What the derives let the compiler check: `const` functions whose panics are compile errors.

use spanwright_core::descriptor::{Dimension, cardinality};

use crate::registry::Kind;

/// Stops the build where a metric's name does not fit its kind.
///
/// # Panics
/// At compile time, on a counter without `_total`, on another metric with it, and on buckets where there are none.
#[track_caller]
pub const fn check_kind(kind: Kind, ends_in_total: bool, has_buckets: bool) {
    match kind {
        Kind::Counter if !ends_in_total => {
            panic!(
                "the name of a counter ends in `_total`: rename the field, or give it `#[metric(name = \"…_total\")]`"
            )
        }
        Kind::Counter => {}
        Kind::UpDownCounter | Kind::Gauge | Kind::Histogram if ends_in_total => {
            panic!("only the name of a counter ends in `_total`: rename the field, or make it a `Counter`")
        }
        Kind::UpDownCounter | Kind::Gauge | Kind::Histogram => {}
    }
    if has_buckets && !matches!(kind, Kind::Histogram) {
        panic!("`buckets` fits a `Histogram` only: remove it, or make the field a `Histogram`");
    }
}

/// Stops the build where labels have more combinations than the budget.
///
/// # Panics
/// At compile time, where they have.
#[track_caller]
pub const fn check_budget(dimensions: &[Dimension], budget: u32) {
    if cardinality(dimensions) > budget {
        panic!(
            "the labels have more combinations than their budget: drop a label, lower a `max`, or state `#[labels(budget = N)]`"
        );
    }
}
