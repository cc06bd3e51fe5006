//! Metrics: those of structs, and those of functions' calls.

use std::collections::HashSet;
use std::collections::btree_map::{BTreeMap, Entry};

use spanwright_core::catalog::{self, Condition, Expr, Group, Metrics, Spec};
use spanwright_core::descriptor::{self, CallSpec, OUTCOME};

use super::spans::label;
use crate::{
    Alert, Buckets, Comparison, Derived, Kind, Label, Metric, Panel, PanelKind, Place, Severity, Threshold,
    Values,
};

/// Metrics by their name. Whoever declares one that is there adds the values of its labels.
#[derive(Debug, Default)]
pub(super) struct Families(BTreeMap<String, Metric>);

impl Families {
    pub(super) fn add(&mut self, metric: Metric) {
        match self.0.entry(metric.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(metric);
            }
            Entry::Occupied(mut entry) => {
                let first = entry.get_mut();
                let names = |metric: &Metric| {
                    metric.labels.iter().map(|label| label.name.clone()).collect::<Vec<_>>()
                };
                // Else it is refused by the registry too.
                if first.kind == metric.kind && names(first) == names(&metric) {
                    let pairs = first.labels.iter_mut().zip(metric.labels);
                    pairs.for_each(|(label, other)| add_values(&mut label.values, other.values));
                }
            }
        }
    }

    pub(super) fn into_metrics(self) -> Vec<Metric> {
        self.0.into_values().collect()
    }
}

fn add_values(values: &mut Values, others: Values) {
    match (values, others) {
        (Values::Known(values), Values::Known(others)) => {
            for other in others {
                if !values.contains(&other) {
                    values.push(other);
                }
            }
        }
        (values @ Values::Known(_), others @ Values::Text { .. }) => *values = others,
        (Values::Text { .. }, _) => {}
    }
}

/// The metrics of a function's calls.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OfCalls {
    total: String,
    duration: String,
    in_flight: Option<String>,
    labels: Vec<Label>,
    buckets: Buckets,
}

/// Those of a function that has any of its own.
pub(super) fn of_calls(spec: &Spec<'_>) -> Option<OfCalls> {
    let calls = spec.calls.as_ref()?;
    let constant = calls.constant.iter().map(|(name, value)| Label {
        name: (*name).to_owned(),
        attribute: String::new(),
        help: String::new(),
        values: Values::Known(vec![(*value).to_owned()]),
    });
    Some(OfCalls {
        total: calls.calls_total.to_owned(),
        duration: calls.duration_seconds.to_owned(),
        in_flight: calls.in_flight.map(str::to_owned),
        labels: constant.chain(calls.dimensions.iter().map(label)).collect(),
        buckets: buckets(&calls.buckets, "seconds"),
    })
}

impl OfCalls {
    /// By what they are sorted, so that the values of labels are.
    pub(super) fn order(&self) -> (&str, Vec<(&str, Vec<&str>)>) {
        let labels = self.labels.iter().map(|label| match &label.values {
            Values::Known(values) => (&*label.name, values.iter().map(String::as_str).collect()),
            Values::Text { .. } => (&*label.name, Vec::new()),
        });
        (&self.total, labels.collect())
    }

    /// As the catalogue has them.
    pub(super) fn families(self) -> Vec<Metric> {
        let Self { total, duration, in_flight, labels, buckets } = self;
        let family = |name: String, kind, help: &str| Metric {
            help: help.to_owned(),
            labels: labels.clone(),
            ..Metric::new(name, kind)
        };
        let mut calls = family(total, Kind::Counter, CallSpec::CALLS_HELP);
        calls.labels.push(outcome());
        let durations = Metric {
            unit: "seconds".to_owned(),
            buckets: Some(buckets),
            ..family(duration, Kind::Histogram, CallSpec::DURATION_HELP)
        };
        let in_flight = in_flight.map(|name| family(name, Kind::UpDownCounter, CallSpec::IN_FLIGHT_HELP));
        [calls, durations].into_iter().chain(in_flight).collect()
    }
}

fn outcome() -> Label {
    let values = match OUTCOME.values {
        descriptor::Values::Static(values) => Values::Known(super::spans::owned(values)),
        descriptor::Values::Text { max } => Values::Text { max },
    };
    Label { name: OUTCOME.name.to_owned(), attribute: String::new(), help: OUTCOME.help.to_owned(), values }
}

fn buckets(buckets: &catalog::Buckets, unit: &str) -> Buckets {
    match buckets {
        catalog::Buckets::Default => Buckets::Explicit(descriptor::Buckets::default_bounds(unit)),
        catalog::Buckets::Explicit(bounds) => Buckets::Explicit(bounds.clone()),
        catalog::Buckets::Native => Buckets::Native,
    }
}

/// What tells structs apart: where they are, and what they count.
pub(super) type Identity<'b> = (&'b str, &'b str, u32, &'b str);

fn identity<'b>(metric: &catalog::Metric<'b>) -> Identity<'b> {
    (metric.module, metric.file, metric.line, metric.name)
}

/// The metrics in a struct's flattened fields.
pub(super) fn parts<'b>(of_struct: &Metrics<'b>) -> Vec<Identity<'b>> {
    of_struct.groups.iter().skip(1).flat_map(|group| group.metrics.iter().map(identity)).collect()
}

/// Whether all that a struct has itself is among such parts.
pub(super) fn is_among(of_struct: &Metrics<'_>, parts: &HashSet<Identity<'_>>) -> bool {
    let own = of_struct.groups.first();
    own.is_some_and(|own| own.metrics.iter().all(|metric| parts.contains(&identity(metric))))
}

/// By what metrics are sorted before they are put together.
pub(super) fn order(metric: &Metric) -> (&str, &str, &str, u32) {
    (&metric.name, &metric.place.module, &metric.place.file, metric.place.line)
}

/// A struct's metrics, under their whole names.
pub(super) fn all(of_struct: &Metrics<'_>) -> Vec<Metric> {
    of_struct.groups.iter().flat_map(|group| group.metrics.iter().map(|one| metric(group, one))).collect()
}

/// The same of those that are worked out of them.
pub(super) fn derived(of_struct: &Metrics<'_>) -> Vec<Derived> {
    of_struct.groups.iter().flat_map(|group| group.derived.iter().map(|one| worked_out(group, one))).collect()
}

/// A name behind a prefix, where there is one.
fn prefixed(prefix: &str, between: char, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{between}{name}") }
}

fn whole_name(group: &Group<'_>, metric: &catalog::Metric<'_>) -> String {
    prefixed(if metric.is_exact { "" } else { group.prefix }, '_', metric.name)
}

fn metric(group: &Group<'_>, metric: &catalog::Metric<'_>) -> Metric {
    let name = whole_name(group, metric);
    let otel_name = match (metric.otel_name, metric.is_exact) {
        ("", _) => String::new(),
        (otel_name, true) => otel_name.to_owned(),
        (otel_name, false) => prefixed(group.prefix, '.', otel_name),
    };
    let kind = match metric.kind {
        descriptor::Kind::Counter => Kind::Counter,
        descriptor::Kind::UpDownCounter => Kind::UpDownCounter,
        descriptor::Kind::Gauge => Kind::Gauge,
        descriptor::Kind::Histogram => Kind::Histogram,
    };
    Metric {
        otel_name,
        unit: metric.unit.to_owned(),
        otel_unit: metric.otel_unit.to_owned(),
        help: metric.help.to_owned(),
        labels: metric.dimensions.iter().map(label).collect(),
        buckets: (kind == Kind::Histogram).then(|| buckets(&metric.buckets, metric.unit)),
        quantiles: metric.quantiles.clone(),
        panel: panel(&metric.panel),
        threshold: metric.threshold.map(|one| Threshold { warning: one.warning, critical: one.critical }),
        alerts: metric.alerts.iter().map(|one| alert(&name, one)).collect(),
        place: place(metric.module, metric.file, metric.line),
        ..Metric::new(name.clone(), kind)
    }
}

fn place(module: &str, file: &str, line: u32) -> Place {
    Place { module: module.to_owned(), file: file.to_owned(), line }
}

fn panel(panel: &catalog::Panel<'_>) -> Panel {
    Panel {
        dashboard: panel.dashboard.to_owned(),
        title: panel.title.to_owned(),
        row: panel.row.to_owned(),
        kind: panel.kind.and_then(|kind| match kind {
            descriptor::PanelKind::Timeseries => Some(PanelKind::Timeseries),
            descriptor::PanelKind::Stat => Some(PanelKind::Stat),
            descriptor::PanelKind::Gauge => Some(PanelKind::Gauge),
            descriptor::PanelKind::Heatmap => Some(PanelKind::Heatmap),
            descriptor::PanelKind::Table => Some(PanelKind::Table),
            descriptor::PanelKind::Timeline => Some(PanelKind::Timeline),
            _ => None,
        }),
        hidden: panel.is_hidden,
    }
}

fn alert(metric: &str, alert: &catalog::Alert<'_>) -> Alert {
    Alert {
        name: match alert.name {
            "" => descriptor::Alert::name_of(metric),
            name => name.to_owned(),
        },
        condition: match alert.condition {
            Condition::When { comparison, value, quantile } => {
                crate::Condition::When { comparison: self::comparison(comparison), value, quantile }
            }
            Condition::Expr(expr) => crate::Condition::Expr(expr.to_owned()),
        },
        hold: alert.hold.to_owned(),
        severity: match alert.severity {
            descriptor::Severity::Info => Severity::Info,
            descriptor::Severity::Critical => Severity::Critical,
            _ => Severity::Warning,
        },
        summary: alert.summary.to_owned(),
    }
}

fn comparison(comparison: descriptor::Comparison) -> Comparison {
    match comparison {
        descriptor::Comparison::AtLeast => Comparison::AtLeast,
        descriptor::Comparison::Below => Comparison::Below,
        descriptor::Comparison::AtMost => Comparison::AtMost,
        descriptor::Comparison::Equal => Comparison::Equal,
        descriptor::Comparison::NotEqual => Comparison::NotEqual,
        _ => Comparison::Above,
    }
}

fn worked_out(group: &Group<'_>, derived: &catalog::Derived<'_>) -> Derived {
    let pieces = derived.expr.iter().map(|piece| match piece {
        Expr::Text(promql) => (*promql).to_owned(),
        Expr::Metric(place) => {
            group.metrics.get(*place).map(|one| whole_name(group, one)).unwrap_or_default()
        }
    });
    Derived {
        name: prefixed(group.prefix, '_', derived.name),
        help: derived.help.to_owned(),
        unit: derived.unit.to_owned(),
        expr: pieces.collect(),
        place: place(derived.module, derived.file, derived.line),
    }
}
