//! The metrics.

use serde::{Deserialize, Serialize};

use crate::{Alert, Place, is_default};

/// A metric family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The Prometheus name.
    pub name: String,
    /// What OpenTelemetry calls it; nothing where that is the Prometheus name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub otel_name: String,
    /// The kind.
    pub kind: Kind,
    /// The unit as in the name, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The unit as [UCUM](https://ucum.org) has it; nothing where that follows from the unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub otel_unit: String,
    /// What it measures.
    pub help: String,
    /// Its labels, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// A histogram's buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Buckets>,
    /// The quantiles of a histogram that are to be metrics of their own, `name{quantile="0.99"}`, made by recording rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<f64>,
    /// How a dashboard shows it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub panel: Panel,
    /// Which values are bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// When to tell somebody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
    /// Where it is declared.
    #[serde(default, skip_serializing_if = "is_default")]
    pub place: Place,
}

impl Metric {
    /// A metric of which nothing else is said.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            otel_name: String::new(),
            kind,
            unit: String::new(),
            otel_unit: String::new(),
            help: String::new(),
            labels: Vec::new(),
            buckets: None,
            quantiles: Vec::new(),
            panel: Panel::default(),
            threshold: None,
            alerts: Vec::new(),
            place: Place::default(),
        }
    }
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that goes up and down, and is set.
    Gauge,
    /// Observations in buckets.
    Histogram,
    /// A number that goes up and down, and is added to.
    UpDownCounter,
}

/// A label of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// The attribute that it stands for, where that has another name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub attribute: String,
    /// What it says, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// Its values.
    pub values: Values,
}

/// The values of a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// All that there can be.
    Known(Vec<String>),
    /// Any text, of which so many are kept apart.
    Text {
        /// How many.
        max: u32,
    },
}

/// The buckets of a histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Buckets {
    /// Those with these upper bounds; beyond the last there is one more.
    Explicit(Vec<f64>),
    /// Those of a native histogram.
    Native,
}

/// How a dashboard shows a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// The title of the dashboard that it is on; nothing where that follows from where the metric is declared.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dashboard: String,
    /// The title; nothing where the help is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The row that it stands in, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// How it is drawn; nothing where that follows from the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PanelKind>,
    /// Whether dashboards leave it out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: bool,
}

/// How a panel draws a metric. The names are Grafana's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelKind {
    /// Lines over time.
    Timeseries,
    /// The current number.
    Stat,
    /// The current number on a scale.
    Gauge,
    /// A histogram's buckets over time.
    Heatmap,
    /// A row for each series.
    Table,
    /// A bar for each series, coloured by its value over time.
    Timeline,
}

/// From where on values are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Where it becomes worrying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<f64>,
    /// Where it becomes serious; where this is the lower of the two, low values are the bad ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
}
