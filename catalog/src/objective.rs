//! What a function is to keep to.

use serde::{Deserialize, Serialize};

/// An objective of a function's calls: `slo(…)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// The share of calls that must succeed, from 0 to 1, where that is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<f64>,
    /// How fast calls must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency: Vec<Latency>,
    /// The time over which that holds, in seconds.
    pub window_seconds: u64,
}

/// A share of calls, and how fast they must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The share of calls, from 0 to 1.
    pub share: f64,
    /// The bound, in seconds; it is a bucket's.
    pub seconds: f64,
}
