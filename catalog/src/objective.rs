//! What functions are to keep to.

use serde::{Deserialize, Serialize};

/// An objective of a function's calls: `slo(…)`.
///
/// The calls are counted where the function's [`Calls`](crate::Calls) say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// What it is called; nothing where it has no name of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it means for users, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What makes a call good.
    pub indicator: Indicator,
    /// Which share of the calls that count is to be good, above 0 and below 1.
    pub ratio: f64,
    /// The time over which that holds, in seconds.
    pub window_seconds: u64,
    /// Whether somebody is to be woken where the budget is used up fast; else there are tickets only.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub pages: bool,
}

/// What makes a call good.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// It did not end in an error or a panic. A cancelled call does not count.
    Success,
    /// It did not take longer, however it ended.
    Latency {
        /// The bound in seconds.
        seconds: f64,
        /// The upper bound of the histogram's bucket that ends there, in the histogram's unit: its label `le`.
        bucket: f64,
    },
}

/// For what is so unless said otherwise.
pub(crate) const fn yes() -> bool {
    true
}

/// For fields that are left out where they are so.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(crate) const fn is_yes(value: &bool) -> bool {
    *value
}
