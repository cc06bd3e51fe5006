//! Metrics that are made of others: those that are declared so, and the quantiles of histograms.

use spanwright_catalog::{Derived, Metric};

use super::Context;
use super::rule::{Rule, Trials};
use super::trial::{Expected, Trial, labels_of, observations, simulated_buckets};
use crate::promql::{is_metric_name, label_names};

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let derived = context.catalog.derived.iter().filter(|derived| is_metric_name(&derived.name));
    let histograms = context.catalog.metrics.iter().filter(|metric| is_metric_name(&metric.name));
    let quantiles = histograms.flat_map(|metric| {
        let stated = metric.quantiles.iter().filter(|quantile| (0.0..=1.0).contains(*quantile));
        stated.map(|quantile| of_quantile(context, metric, *quantile))
    });
    derived.map(of_derived).chain(quantiles).collect()
}

fn of_derived(Derived { name, expr, .. }: &Derived) -> Rule {
    Rule { trials: Trials::Unknown, ..Rule::record(name, expr.clone()) }
}

/// `query_latency_seconds{quantile="0.99"}`, as a summary would have it.
fn of_quantile(context: &Context<'_>, metric: &Metric, quantile: f64) -> Rule {
    let own = label_names(metric).into_iter().filter(|label| *label != "quantile");
    let by: Vec<&str> = ["job", "instance"].into_iter().chain(own).collect();
    let expr = context.scope.quantile(quantile, &by, &metric.name, metric.buckets.as_ref(), &[]);
    let buckets = simulated_buckets(metric.buckets.as_ref(), 1.0);
    let at = context.ripe(context.bounds.window);
    let rule = Rule::record(&metric.name, expr).with_label("quantile", &quantile.to_string());
    let Some(first) = buckets.first() else { return rule };
    let labels = labels_of(metric, context.tried_job());
    let series = observations(&metric.name, &labels, &buckets, 0, 1.0, at);
    let given = Trial::new(Expected::Gives(first * quantile), "observations in the first bucket", at, series);
    rule.tried([given])
}
