//! The annotated functions.

use serde::{Deserialize, Serialize};

use crate::objective::{is_yes, yes};
use crate::{Label, Objective, Place};

/// An annotated function, and the span of each of its calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The span's name, with braces where calls differ in it.
    pub name: String,
    /// What filters match.
    pub target: String,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub kind: String,
    /// The component that it belongs to, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// The function's name, without its path.
    pub function: String,
    /// Where it is.
    pub place: Place,
    /// The first paragraph of its documentation, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The keys of its attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// The metrics of its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// What it is to keep to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Objective>,
}

impl Span {
    /// By what spans are sorted.
    pub(crate) fn order(&self) -> (&str, &str, &str, u32) {
        (&self.name, &self.target, &self.place.file, self.place.line)
    }
}

/// The metrics that a function's calls go into, under their Prometheus names; an empty name where there is none. The families
/// themselves are among the catalogue's metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// The counter of calls.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub total: String,
    /// Whether that has the label `outcome`, which is `ok`, `error`, `cancelled` or `panicked`.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub has_outcome: bool,
    /// The counter of calls that ended in an error or a panic, where it is one of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub errors: String,
    /// The counter of cancelled calls, where it is one of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cancelled: String,
    /// The histogram of durations.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// How many seconds the histogram's unit has.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub unit_seconds: f64,
    /// The gauge of calls in flight.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub in_flight: String,
    /// The labels that tell this function's series from others', with their one value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constant: Vec<(String, String)>,
    /// The labels that differ from call to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

impl Default for Calls {
    /// No families.
    fn default() -> Self {
        Self {
            total: String::new(),
            has_outcome: true,
            errors: String::new(),
            cancelled: String::new(),
            duration: String::new(),
            unit_seconds: one(),
            in_flight: String::new(),
            constant: Vec::new(),
            labels: Vec::new(),
        }
    }
}

/// Seconds.
const fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_one(value: &f64) -> bool {
    (*value - 1.0).abs() < f64::EPSILON
}
