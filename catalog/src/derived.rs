//! Metrics that are worked out of others.

use serde::{Deserialize, Serialize};

use crate::{Place, is_default};

/// A metric that no service emits: a recording rule makes it of others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// The Prometheus name.
    pub name: String,
    /// What it says.
    pub help: String,
    /// The unit as in the name, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// PromQL, with the metrics' Prometheus names.
    pub expr: String,
    /// Where it is declared.
    #[serde(default, skip_serializing_if = "is_default")]
    pub place: Place,
}
