//! What a registry puts on the metrics that are registered through it: a prefix, and labels.

use std::sync::Arc;

use super::instrument::Instrument;
use super::snapshot::{Family, LabelSet, OtelNames, Series, Text};
use crate::export::exposition::names::is_metric_name;

/// Labels of a scope, by name.
pub(crate) type ScopeLabels = Arc<[(Text, Text)]>;

/// A prefix and labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Without the `_` behind it; or nothing.
    prefix: String,
    labels: ScopeLabels,
    /// Why nothing can be registered in it.
    problem: Option<String>,
}

impl Scope {
    /// With a prefix behind the one that it has.
    pub(super) fn with_prefix(mut self, prefix: &str) -> Self {
        if !is_prefix(prefix) {
            let problem =
                format!("`{prefix}` is no prefix: use letters, digits and `_`, and no digit in front");
            self.problem.get_or_insert(problem);
        }
        self.prefix = joined(&self.prefix, "_", prefix);
        self
    }

    /// With another label.
    pub(super) fn with_label(mut self, name: Text, value: Text) -> Self {
        let is_reserved = name.starts_with("__") || *name == *"le" || *name == *"quantile";
        let problem = if !is_prefix(&name) {
            Some(format!("`{name}` is no label name: use letters, digits and `_`, and no digit in front"))
        } else if is_reserved {
            Some(format!("the label `{name}` is reserved; choose another name"))
        } else if self.has(&name) {
            Some(format!("the label `{name}` is put on it twice; put it on once"))
        } else {
            None
        };
        self.problem = self.problem.or(problem);
        let mut labels = self.labels.to_vec();
        labels.push((name, value));
        // Whoever puts the same ones on in another order means the same.
        labels.sort_unstable();
        self.labels = labels.into();
        self
    }

    fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|(name, _)| **name == *label)
    }

    /// Why such a metric can't be registered in it.
    pub(super) fn problem_with(&self, instrument: &Instrument) -> Option<String> {
        let own = instrument.identity.label_names.iter().skip(self.labels.len());
        let twice = || own.clone().find(|name| self.has(name));
        let of_twice =
            |name| format!("it has a label `{name}` of its own; choose another name for the registry's");
        self.problem.clone().or_else(|| twice().map(of_twice))
    }

    /// Puts itself on a metric that was just made. Exact names stay as they are.
    pub(super) fn apply(&self, instrument: &mut Instrument, is_exact: bool) {
        let identity = &mut instrument.identity;
        if !is_exact && !self.prefix.is_empty() {
            identity.name = joined(&self.prefix, "_", &identity.name).into();
            prefix_otel(&mut identity.otel, &self.prefix);
        }
        identity.label_names.splice(0..0, self.labels.iter().map(|(name, _)| name.clone()));
        instrument.scope = Arc::clone(&self.labels);
    }

    /// Puts itself on what a source says; nothing where it can't.
    pub(super) fn apply_to_family(&self, mut family: Family) -> Option<Family> {
        if self.problem.is_some() {
            return None;
        }
        family.name = joined(&self.prefix, "_", &family.name).into();
        if !self.prefix.is_empty() {
            prefix_otel(&mut family.otel, &self.prefix);
        }
        let series = |one: Series| Series { labels: self.labels_with(&one.labels), ..one };
        family.series = family.series.into_iter().map(series).collect();
        Some(family)
    }

    /// A series' labels and its own. A label that the series has already stays as it is.
    fn labels_with(&self, labels: &LabelSet) -> LabelSet {
        let missing = self.labels.iter().filter(|(name, _)| labels.get(name).is_none()).cloned();
        let there = labels.iter().map(|(name, value)| (name.to_owned().into(), value.to_owned().into()));
        missing.chain(there).collect()
    }
}

/// What is in front of OpenTelemetry's name, where that is another one than Prometheus'.
fn prefix_otel(otel: &mut Option<Arc<OtelNames>>, prefix: &str) {
    if let Some(otel) = otel.as_mut().filter(|otel| !otel.name.is_empty()) {
        let otel = Arc::make_mut(otel);
        otel.name = joined(prefix, ".", &otel.name).into();
    }
}

fn joined(prefix: &str, between: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{between}{name}") }
}

/// Whether Prometheus takes it for a label's name, and for the beginning of a metric's.
fn is_prefix(name: &str) -> bool {
    is_metric_name(name) && !name.contains(':')
}
