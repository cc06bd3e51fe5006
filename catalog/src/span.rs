//! The annotated functions.

use serde::{Deserialize, Serialize};

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
}

impl Span {
    /// By what spans are sorted.
    pub(crate) fn order(&self) -> (&str, &str, &str, u32) {
        (&self.name, &self.target, &self.place.file, self.place.line)
    }
}

/// The metrics that a function's calls go into. The families themselves are among the catalogue's metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// The counter of calls; its label `outcome` is `ok`, `error`, `cancelled` or `panicked`.
    pub total: String,
    /// The histogram of durations, in seconds.
    pub duration: String,
    /// The gauge of calls in flight, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub in_flight: String,
    /// The labels that tell this function's series from others', with their one value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constant: Vec<(String, String)>,
    /// The labels that differ from call to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}
