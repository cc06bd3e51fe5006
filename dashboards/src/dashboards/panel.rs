//! Panels as they are thought of, before they are Grafana's JSON.

use spanwright_catalog::{PanelKind, Threshold};

use super::variables::Variable;

/// A dashboard.
#[derive(Debug)]
pub(crate) struct Dashboard {
    /// The name of its file, without an ending, unlike any other's of the same service.
    pub(crate) name: String,
    /// What stands above it, after the service's name.
    pub(crate) title: String,
    /// Whether the service's name is not needed: the title is what somebody has called it.
    pub(crate) is_whole_title: bool,
    pub(crate) description: String,
    pub(crate) rows: Vec<Row>,
    /// Those besides `job` and `instance`.
    pub(crate) variables: Vec<Variable>,
}

/// Panels under a heading.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) panels: Vec<Panel>,
}

/// A panel.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) draw: PanelKind,
    pub(crate) queries: Vec<Query>,
    /// Grafana's name of the unit.
    pub(crate) unit: String,
    pub(crate) threshold: Option<Threshold>,
}

/// What a panel asks.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) expr: String,
    /// What each series is called, with `{{label}}`.
    pub(crate) legend: String,
    /// Grafana's name of its unit, where that is not the panel's.
    pub(crate) unit: Option<String>,
}

impl Row {
    pub(crate) fn new(title: impl Into<String>, panels: Vec<Panel>) -> Self {
        Self { title: title.into(), panels }
    }
}

impl Panel {
    /// Lines over time, or whatever is [drawn](Self::drawn) instead.
    pub(crate) fn new(title: impl Into<String>, unit: &str, queries: Vec<Query>) -> Self {
        Self {
            title: title.into(),
            description: String::new(),
            draw: PanelKind::Timeseries,
            queries,
            unit: unit.to_owned(),
            threshold: None,
        }
    }

    pub(crate) fn drawn(self, draw: PanelKind) -> Self {
        Self { draw, ..self }
    }

    pub(crate) fn described(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    pub(crate) fn with_threshold(self, threshold: Option<Threshold>) -> Self {
        Self { threshold, ..self }
    }
}

impl Query {
    pub(crate) fn new(expr: impl Into<String>, legend: impl Into<String>) -> Self {
        Self { expr: expr.into(), legend: legend.into(), unit: None }
    }

    pub(crate) fn in_unit(self, unit: Option<String>) -> Self {
        Self { unit, ..self }
    }
}

/// `{{route}} {{outcome}}`; `otherwise` where there are no labels.
pub(crate) fn legend(labels: &[&str], otherwise: &str) -> String {
    match labels {
        [] => otherwise.to_owned(),
        labels => labels.iter().map(|label| format!("{{{{{label}}}}}")).collect::<Vec<_>>().join(" "),
    }
}
