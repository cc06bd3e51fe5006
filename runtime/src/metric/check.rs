//! What the derives let the compiler check: `const` functions whose panics are compile errors.

use spanwright_core::descriptor::{Dimension, cardinality};

use super::{MetricDescriptor, NestedMetrics};
use crate::registry::Kind;

/// The one of three texts that fits a metric's kind, which only the compiler knows.
#[must_use]
pub const fn by_kind(
    kind: Kind,
    counter: &'static str,
    gauge: &'static str,
    other: &'static str,
) -> &'static str {
    match kind {
        Kind::Counter => counter,
        Kind::Gauge => gauge,
        Kind::UpDownCounter | Kind::Histogram => other,
    }
}

/// Stops the build where a metric's name does not fit its kind.
///
/// # Panics
/// At compile time, on a counter without `_total`, and on another metric with it.
#[track_caller]
pub const fn check_total(kind: Kind, ends_in_total: bool) {
    match kind {
        Kind::Counter if !ends_in_total => {
            panic!(
                "the name of a counter ends in `_total`: rename the field, or give it `#[metric(name = \"…_total\")]`, or `name_exact` where the name is somebody else's"
            )
        }
        Kind::Counter => {}
        Kind::UpDownCounter | Kind::Gauge | Kind::Histogram if ends_in_total => {
            panic!(
                "only the name of a counter ends in `_total`: rename the field, or make it a `Counter`, or give it `name_exact` where the name is somebody else's"
            )
        }
        Kind::UpDownCounter | Kind::Gauge | Kind::Histogram => {}
    }
}

/// Stops the build where a metric has buckets that is no histogram.
///
/// # Panics
/// At compile time, where it has.
#[track_caller]
pub const fn check_buckets(kind: Kind) {
    if !matches!(kind, Kind::Histogram) {
        panic!("`buckets` fits a `Histogram` only: remove it, or make the field a `Histogram`");
    }
}

/// Stops the build where an alert is about a quantile of what is no histogram.
///
/// # Panics
/// At compile time, where it is.
#[track_caller]
pub const fn check_quantile(kind: Kind) {
    if !matches!(kind, Kind::Histogram) {
        panic!("only a `Histogram` has quantiles: remove `quantile`, or make the field a `Histogram`");
    }
}

/// Stops the build where quantiles are asked of what is no histogram.
///
/// # Panics
/// At compile time, where they are.
#[track_caller]
pub const fn check_quantiles(kind: Kind) {
    if !matches!(kind, Kind::Histogram) {
        panic!("`quantiles` fits a `Histogram` only: remove it, or make the field a `Histogram`");
    }
}

/// Stops the build where a heatmap is to show what is no histogram.
///
/// # Panics
/// At compile time, where it is.
#[track_caller]
pub const fn check_heatmap(kind: Kind) {
    if !matches!(kind, Kind::Histogram) {
        panic!("a heatmap shows a `Histogram` only: choose another `kind`, or make the field a `Histogram`");
    }
}

/// Stops the build where labels have more combinations than the budget.
///
/// # Panics
/// At compile time, where they have.
#[track_caller]
pub const fn check_budget(dimensions: &[Dimension], budget: u32) {
    if cardinality(dimensions) > budget {
        panic!(
            "the labels have more combinations than their budget: drop a label, lower a `max`, or state `#[labels(budget = N)]`"
        );
    }
}

/// Stops the build where the metric at a place has the name of an earlier one. The macro sees that by itself, except in names
/// that depend on the kind.
///
/// # Panics
/// At compile time, where it has.
#[track_caller]
pub const fn check_name(all: &[MetricDescriptor], at: usize) {
    let (earlier, _) = all.split_at(at);
    if is_among(&Name { prefix: None, metric: &all[at] }, None, earlier, &[]) {
        panic!("another metric of this struct has the same name: rename one of them");
    }
}

/// Stops the build where the flattened field at a place brings a metric whose name is there already: among the struct's own
/// metrics, or in a flattened field before.
///
/// # Panics
/// At compile time, where it does.
#[track_caller]
pub const fn check_flattened(own: &[MetricDescriptor], all: &[NestedMetrics], at: usize) {
    let (earlier, _) = all.split_at(at);
    let field = &all[at];
    let prefix = Prefix { text: field.prefix, outer: None };
    if shares_name(&prefix, field.descriptors, field.nested, own, earlier) {
        panic!(
            "a metric of this field has the name of another one: write `flatten, prefix = \"…\"`, or rename one of them"
        );
    }
}

/// Whether one of the metrics in a flattened field, behind a prefix, has the name of one among the others.
const fn shares_name(
    prefix: &Prefix<'_>,
    descriptors: &[MetricDescriptor],
    nested: &[NestedMetrics],
    own: &[MetricDescriptor],
    others: &[NestedMetrics],
) -> bool {
    let mut at = 0;
    while at < descriptors.len() {
        if is_among(&Name { prefix: Some(prefix), metric: &descriptors[at] }, None, own, others) {
            return true;
        }
        at += 1;
    }
    let mut at = 0;
    while at < nested.len() {
        let inner = Prefix { text: nested[at].prefix, outer: Some(prefix) };
        if shares_name(&inner, nested[at].descriptors, nested[at].nested, own, others) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether one of these metrics, behind a prefix, has that name.
const fn is_among(
    name: &Name<'_>,
    prefix: Option<&Prefix<'_>>,
    descriptors: &[MetricDescriptor],
    nested: &[NestedMetrics],
) -> bool {
    let mut at = 0;
    while at < descriptors.len() {
        if name.is(&Name { prefix, metric: &descriptors[at] }) {
            return true;
        }
        at += 1;
    }
    let mut at = 0;
    while at < nested.len() {
        let inner = Prefix { text: nested[at].prefix, outer: prefix };
        if is_among(name, Some(&inner), nested[at].descriptors, nested[at].nested) {
            return true;
        }
        at += 1;
    }
    false
}

/// What flattened fields put in front of a name, innermost first.
struct Prefix<'a> {
    text: &'static str,
    outer: Option<&'a Prefix<'a>>,
}

/// The whole name of a metric, read from its end, since a constant can't be put together.
struct Name<'a> {
    prefix: Option<&'a Prefix<'a>>,
    metric: &'a MetricDescriptor,
}

impl Name<'_> {
    const fn is(&self, other: &Self) -> bool {
        let mut at = 0;
        loop {
            match (self.byte_from_end(at), other.byte_from_end(at)) {
                (None, None) => return true,
                (Some(one), Some(other)) if one == other => at += 1,
                _ => return false,
            }
        }
    }

    const fn byte_from_end(&self, mut at: usize) -> Option<u8> {
        let name = self.metric.name.as_bytes();
        if at < name.len() {
            return Some(name[name.len() - 1 - at]);
        }
        at -= name.len();
        let mut next = if self.metric.is_exact { None } else { self.prefix };
        while let Some(prefix) = next {
            let text = prefix.text.as_bytes();
            next = prefix.outer;
            if text.is_empty() {
                continue;
            }
            if at == 0 {
                return Some(b'_');
            }
            if at <= text.len() {
                return Some(text[text.len() - at]);
            }
            at -= text.len() + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn metric(name: &'static str) -> MetricDescriptor {
        MetricDescriptor { name, ..MetricDescriptor::PLAIN }
    }

    const INNER: &[NestedMetrics] =
        &[NestedMetrics { prefix: "b", descriptors: &[metric("c_total")], derived: &[], nested: &[] }];

    /// Whether a field with that prefix around `b_c_total` shares a name.
    fn shares(prefix: &'static str, own: &[MetricDescriptor], others: &[NestedMetrics]) -> bool {
        shares_name(&Prefix { text: prefix, outer: None }, &[], INNER, own, others)
    }

    #[test]
    fn names_are_equal_however_they_are_put_together() {
        assert!(shares("a", &[metric("a_b_c_total")], &[]));
        assert!(shares("", &[metric("b_c_total")], &[]));
        assert!(shares(
            "a",
            &[],
            &[
                NestedMetrics { prefix: "", descriptors: &[], derived: &[], nested: &[] },
                NestedMetrics {
                    prefix: "a_b",
                    descriptors: &[const { metric("c_total") }],
                    derived: &[],
                    nested: &[]
                }
            ]
        ));
        for other in ["b_c_total", "_a_b_c_total", "a_b_d_total", "ab_c_total", "c_total", ""] {
            assert!(!shares("a", &[metric(other)], &[]), "{other}");
        }
    }

    #[test]
    fn nothing_is_in_front_of_an_exact_name() {
        const EXACT: MetricDescriptor = MetricDescriptor { is_exact: true, ..metric("c_total") };
        let prefix = Prefix { text: "a", outer: None };
        let shares = |own: &[MetricDescriptor]| shares_name(&prefix, &[EXACT], &[], own, &[]);
        assert!(shares(&[metric("c_total")]));
        assert!(!shares(&[metric("a_c_total")]));
    }
}
