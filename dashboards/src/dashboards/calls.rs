//! The panels of functions' calls: how many, how many in vain, how long.

use spanwright_catalog::{Calls, Catalog, Span};

use super::metric::{QUANTILES, heat_map, spoken};
use super::panel::{Panel, Query, Row, legend};
use super::variables::Variables;
use crate::promql::{self, CallsIn, Matcher, Scope};
use crate::units;

/// Functions whose calls go into the same families.
#[derive(Debug)]
pub(crate) struct Family<'a> {
    pub(crate) calls: &'a Calls,
    spans: Vec<&'a Span>,
    /// The labels by which these functions are told from others, with their values.
    constant: Vec<(&'a str, Vec<&'a str>)>,
}

/// Puts functions together whose calls go into the same families.
pub(crate) fn families<'a>(spans: &[&'a Span]) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for span in spans {
        let Some(calls) = &span.calls else { continue };
        if names(calls).iter().all(|name| name.is_empty()) {
            continue;
        }
        match families.iter_mut().find(|family| are_alike(family.calls, calls)) {
            Some(family) => family.spans.push(span),
            None => families.push(Family { calls, spans: vec![span], constant: Vec::new() }),
        }
    }
    for family in &mut families {
        family.constant = constant(&family.spans);
    }
    families
}

/// Whether they go into the same families, and are told apart by the same labels.
fn are_alike(one: &Calls, other: &Calls) -> bool {
    let labels = |calls: &Calls| calls.constant.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>();
    names(one) == names(other) && one.has_outcome == other.has_outcome && labels(one) == labels(other)
}

fn names(calls: &Calls) -> [&String; 5] {
    [&calls.total, &calls.errors, &calls.cancelled, &calls.duration, &calls.in_flight]
}

fn constant<'a>(spans: &[&'a Span]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut constant: Vec<(&str, Vec<&str>)> = Vec::new();
    for (label, value) in
        spans.iter().filter_map(|span| span.calls.as_ref()).flat_map(|calls| &calls.constant)
    {
        match constant.iter_mut().find(|(known, _)| known == label) {
            Some((_, values)) if values.contains(&value.as_str()) => {}
            Some((_, values)) => values.push(value),
            None => constant.push((label, vec![value])),
        }
    }
    constant
}

impl<'a> Family<'a> {
    /// What tells the functions' series from others'.
    pub(crate) fn of(&self) -> Vec<Matcher> {
        self.constant.iter().map(|(label, values)| promql::one_of(label, values)).collect()
    }

    /// The labels by which the functions differ from each other.
    pub(crate) fn by(&self) -> Vec<&'a str> {
        let differing =
            self.constant.iter().filter(|(label, values)| values.len() > 1 && promql::is_label_name(label));
        differing.map(|(label, _)| *label).collect()
    }

    /// What the families have in common: `shop_http`; of the families of all functions, the only function's name.
    pub(crate) fn name(&self) -> String {
        let prefix = names(self.calls).into_iter().find_map(|name| {
            let endings = ["_calls_total", "_duration_seconds", "_calls_in_flight", "_total"];
            endings.iter().find_map(|ending| name.strip_suffix(ending)).or((!name.is_empty()).then_some(name))
        });
        match (prefix.unwrap_or_default(), self.spans.as_slice()) {
            ("function", [span]) => span.function.clone(),
            ("function", _) => "functions".to_owned(),
            (prefix, _) => spoken(prefix),
        }
    }

    /// Calls per second.
    pub(crate) fn rate(&self, scope: &Scope, by: &[&str]) -> Option<Query> {
        let expr = self.calls_in(scope, by, &self.of()).rate()?;
        Some(Query::new(expr, legend(by, &self.name())))
    }

    /// The share of calls that end badly, zero where none has yet.
    pub(crate) fn error_ratio(&self, scope: &Scope, by: &[&str]) -> Option<Query> {
        let of = self.of();
        let calls = self.calls_in(scope, by, &of);
        Some(Query::new(error_ratio(&calls)?, legend(by, &self.name())))
    }

    /// A quantile of how long calls take.
    pub(crate) fn quantile(
        &self,
        quantile: f64,
        scope: &Scope,
        by: &[&str],
        catalog: &Catalog,
    ) -> Option<Query> {
        let expr = self.calls_in(scope, by, &self.of()).quantile(quantile, catalog)?;
        Some(Query::new(expr, legend(by, &self.name())))
    }

    /// Calls that have not ended.
    pub(crate) fn in_flight(&self, scope: &Scope, by: &[&str]) -> Option<Query> {
        let expr = self.calls_in(scope, by, &self.of()).in_flight()?;
        Some(Query::new(expr, legend(by, &self.name())))
    }

    /// The unit of the durations.
    pub(crate) fn unit(&self) -> &'static str {
        match self.calls.unit_seconds {
            unit if unit < 5e-8 => "ns",
            unit if unit < 5e-5 => "µs",
            unit if unit < 0.5 => "ms",
            _ => units::SECONDS,
        }
    }

    fn calls_in<'q>(&'q self, scope: &'q Scope, by: &'q [&'q str], of: &'q [Matcher]) -> CallsIn<'q> {
        CallsIn { calls: self.calls, scope, by, of }
    }
}

/// The share of calls that end badly, zero where there are calls and no series of bad ones.
pub(crate) fn error_ratio(calls: &CallsIn<'_>) -> Option<String> {
    let (bad, counted) = (calls.bad()?, calls.counted()?);
    Some(format!("({bad} or 0 * {counted}) / {counted}"))
}

/// A row for each family of a group of functions.
pub(crate) fn rows(spans: &[&Span], catalog: &Catalog, scope: &Scope, variables: &mut Variables) -> Vec<Row> {
    families(spans)
        .iter()
        .map(|family| {
            let mut scope = scope.clone();
            scope.matchers.extend(variables.of_calls(family.calls, &family.differing()));
            Row::new(format!("Calls: {}", family.name()), family.panels(catalog, &scope))
        })
        .collect()
}

impl<'a> Family<'a> {
    fn differing(&self) -> Vec<(&'a str, Vec<&'a str>)> {
        self.constant.iter().filter(|(_, values)| values.len() > 1).cloned().collect()
    }

    fn panels(&self, catalog: &Catalog, scope: &Scope) -> Vec<Panel> {
        let (by, of) = (self.by(), self.of());
        let one = |title: &str, unit: &str, query: Option<Query>| Some(Panel::new(title, unit, vec![query?]));
        let quantiles = QUANTILES.iter().filter_map(|(quantile, name)| {
            Some(Query { legend: (*name).to_owned(), ..self.quantile(*quantile, scope, &[], catalog)? })
        });
        let quantiles: Vec<Query> = quantiles.collect();
        let outcomes = self.calls.has_outcome.then(|| {
            let expr = self.calls_in(scope, &["outcome"], &of).rate()?;
            Some(Query::new(expr, "{{outcome}}"))
        });
        let each = (!by.is_empty()).then(|| self.quantile(0.99, scope, &by, catalog));
        let buckets = catalog.metric(&self.calls.duration).and_then(|metric| metric.buckets.as_ref());
        let about = self.about();
        let panels = [
            one("Calls", units::CALLS_PER_SECOND, self.rate(scope, &by)),
            one("Outcomes", units::CALLS_PER_SECOND, outcomes.flatten()),
            one("Share of calls that fail", units::SHARE, self.error_ratio(scope, &by)),
            (!quantiles.is_empty()).then(|| Panel::new("Duration", self.unit(), quantiles)),
            one("Duration, p99 of each", self.unit(), each.flatten()),
            (!self.calls.duration.is_empty())
                .then(|| heat_map("Duration", self.unit(), scope, &self.calls.duration, buckets, &of)),
            one("In flight", units::COUNT, self.in_flight(scope, &by)),
        ];
        panels.into_iter().flatten().map(|panel| panel.described(about.clone())).collect()
    }

    /// The functions, with what their documentation says.
    fn about(&self) -> String {
        let lines = self.spans.iter().map(|span| match span.doc.as_str() {
            "" => format!("`{}`", span.name),
            doc => format!("`{}`: {doc}", span.name),
        });
        lines.collect::<Vec<_>>().join("\n\n")
    }
}
