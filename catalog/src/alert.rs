//! When somebody is to be told of a metric.

use serde::{Deserialize, Serialize};

use crate::is_default;

/// A rule that tells somebody: `#[metric(alert(…))]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// What is to be true.
    pub condition: Condition,
    /// How long it has to be so, as Prometheus writes it (`5m`); nothing where once is enough.
    #[serde(default, rename = "for", skip_serializing_if = "String::is_empty")]
    pub hold: String,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub severity: Severity,
    /// What to tell; nothing where the metric's help is enough.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
}

/// What an [`Alert`] waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// What a panel shows of the metric compares so: of a counter its rate per second, of a gauge and of an up-down counter
    /// the value, of a histogram a quantile.
    When {
        /// The comparison.
        comparison: Comparison,
        /// What it compares with, in the metric's unit.
        value: f64,
        /// Which quantile of a histogram.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantile: Option<f64>,
    },
    /// PromQL, in which `$metric` stands for the metric's name.
    Expr(String),
}

/// How a value compares to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `>`
    #[serde(rename = ">")]
    Above,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `<`
    #[serde(rename = "<")]
    Below,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
}

/// How bad it is that an [`Alert`] fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at.
    #[default]
    Warning,
    /// To be looked at now.
    Critical,
}
