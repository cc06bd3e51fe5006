//! The variables by which a dashboard's panels are narrowed down.

use spanwright_catalog::{Buckets, Calls, Kind, Label, Metric, Values};

use crate::promql::{self, Matcher};

/// The label that says how a call ended; its values are told apart by panels, not by a variable.
const OUTCOME: &str = "outcome";

/// A label, and what it can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The label's name, which is the variable's too.
    pub(crate) label: String,
    pub(crate) help: String,
    pub(crate) values: Choice,
}

/// Where a variable's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// They are known.
    Known(Vec<String>),
    /// Prometheus knows them: from the series with such a name.
    Asked { name: Matcher },
}

/// Makes variables of labels, each once.
#[derive(Debug, Default)]
pub(crate) struct Variables(Vec<Variable>);

impl Variables {
    /// Takes in a metric's labels, and says what its selectors are narrowed down by.
    pub(crate) fn of_metric(&mut self, metric: &Metric) -> Vec<Matcher> {
        let asked = series_of(metric);
        metric.labels.iter().filter_map(|label| self.take(label, &asked)).collect()
    }

    /// The same of functions' calls: the labels by which functions differ, and those by which their calls do.
    pub(crate) fn of_calls(&mut self, calls: &Calls, differing: &[(&str, Vec<&str>)]) -> Vec<Matcher> {
        let duration = format!("{}_count", calls.duration);
        let asked = match calls {
            Calls { total, .. } if !total.is_empty() => total,
            Calls { in_flight, .. } if !in_flight.is_empty() => in_flight,
            _ => &duration,
        };
        let asked = Matcher::is("__name__", asked);
        let differing: Vec<Label> = differing
            .iter()
            .map(|(name, values)| Label {
                name: (*name).to_owned(),
                attribute: String::new(),
                help: String::new(),
                values: Values::Known(values.iter().map(|value| (*value).to_owned()).collect()),
            })
            .collect();
        differing.iter().chain(&calls.labels).filter_map(|label| self.take(label, &asked)).collect()
    }

    /// All, in the order of their first use.
    pub(crate) fn into_all(self) -> Vec<Variable> {
        self.0
    }

    fn take(&mut self, label: &Label, asked: &Matcher) -> Option<Matcher> {
        let Label { name, help, values, .. } = label;
        // Two names are taken, and one label has a meaning of its own.
        if !promql::is_label_name(name) || ["job", "instance", OUTCOME, "le"].contains(&name.as_str()) {
            return None;
        }
        let choice = match values {
            Values::Known(values) if values.iter().all(|value| can_be_listed(value)) => {
                Choice::Known(values.clone())
            }
            _ => Choice::Asked { name: asked.clone() },
        };
        match self.0.iter_mut().find(|variable| variable.label == *name) {
            None => {
                self.0.push(Variable { label: name.clone(), help: help.clone(), values: choice });
            }
            Some(variable) => variable.values = both(variable.values.clone(), choice),
        }
        Some(Matcher::fits(name, &format!("${name}")))
    }
}

/// The values of two metrics' labels of the same name. What is not known for one is asked for both.
fn both(one: Choice, other: Choice) -> Choice {
    match (one, other) {
        (Choice::Known(mut values), Choice::Known(others)) => {
            values.extend(others);
            let mut seen = std::collections::BTreeSet::new();
            values.retain(|value| seen.insert(value.clone()));
            Choice::Known(values)
        }
        (asked @ Choice::Asked { .. }, _) | (_, asked) => asked,
    }
}

/// Whether Grafana reads a value in a list as it is: there, ` : ` parts a text from its value.
fn can_be_listed(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && !value.contains(" : ") && !value.contains(char::is_control)
}

/// The name that series of a metric have.
pub(crate) fn series_of(metric: &Metric) -> Matcher {
    let name = &metric.name;
    match (metric.kind, &metric.buckets) {
        // Prometheus keeps a native histogram as such only where it is told to.
        (Kind::Histogram, Some(Buckets::Native)) => {
            Matcher::fits("__name__", &format!("{}(_count)?", promql::exactly(name)))
        }
        (Kind::Histogram, _) => Matcher::is("__name__", &format!("{name}_count")),
        _ => Matcher::is("__name__", name),
    }
}
