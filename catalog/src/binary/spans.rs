//! Annotated functions.

use spanwright_core::catalog::{CallFamilies, CallSpec, Dimension, Objective, Spec, Values};
use spanwright_core::objective::{self, in_unit};

use crate::{Calls, Indicator, Label, Place, Span};

/// A function, as the catalogue has it.
pub(super) fn span(spec: &Spec<'_>) -> Span {
    Span {
        name: spec.name.to_owned(),
        target: target(spec).to_owned(),
        level: spec.level.as_str().to_owned(),
        kind: spec.kind.as_str().to_owned(),
        component: spec.component.to_owned(),
        function: spec.function.to_owned(),
        place: Place { module: spec.module.to_owned(), file: spec.file.to_owned(), line: spec.line },
        doc: spec.doc.to_owned(),
        attributes: owned(&spec.fields),
        calls: match &spec.calls {
            Some(calls) => Some(own(calls)),
            // Those of a struct are known where something is expected of them.
            None => spec.objectives.iter().map(|one| &one.families).find(|one| are_known(one)).map(of_struct),
        },
        objectives: spec.objectives.iter().map(objective).collect(),
    }
}

/// It is the module's path where nothing else is said.
fn target<'b>(spec: &Spec<'b>) -> &'b str {
    if spec.target.is_empty() { spec.module } else { spec.target }
}

/// Whether anything is counted there.
fn are_known(families: &CallFamilies<'_>) -> bool {
    !families.calls.is_empty() || !families.duration.is_empty()
}

fn own(calls: &CallSpec<'_>) -> Calls {
    Calls {
        total: calls.calls_total.to_owned(),
        duration: calls.duration_seconds.to_owned(),
        in_flight: calls.in_flight.unwrap_or_default().to_owned(),
        constant: pairs(&calls.constant),
        labels: calls.dimensions.iter().map(label).collect(),
        ..Calls::default()
    }
}

fn of_struct(families: &CallFamilies<'_>) -> Calls {
    Calls {
        total: families.calls.to_owned(),
        has_outcome: families.has_outcome,
        errors: families.errors.to_owned(),
        cancelled: families.cancelled.to_owned(),
        duration: families.duration.to_owned(),
        unit_seconds: families.unit_seconds,
        constant: pairs(&families.labels),
        ..Calls::default()
    }
}

fn objective(objective: &Objective<'_>) -> crate::Objective {
    crate::Objective {
        name: objective.name.to_owned(),
        description: objective.description.to_owned(),
        indicator: match objective.indicator {
            objective::Indicator::Latency { bound } => {
                Indicator::Latency { seconds: bound, bucket: in_unit(bound, objective.families.unit_seconds) }
            }
            _ => Indicator::Success,
        },
        ratio: objective.ratio,
        window_seconds: objective.window_seconds,
        pages: objective.pages,
    }
}

/// A label, as the catalogue has it.
pub(super) fn label(dimension: &Dimension<'_>) -> Label {
    Label {
        name: dimension.name.to_owned(),
        attribute: dimension.attribute.to_owned(),
        help: dimension.help.to_owned(),
        values: match &dimension.values {
            Values::Static(values) => crate::Values::Known(owned(values)),
            Values::Text { max } => crate::Values::Text { max: *max },
        },
    }
}

pub(super) fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}
