//! Telemetry that is lost: the metrics that the runtime keeps about itself.

use spanwright_catalog::{Kind, Metric};

use super::Context;
use super::rule::{Rule, literal, pascal};
use super::saturation::first_sentence;
use super::trial::{Expected, Series, Trial, growth, labels_of, level};
use crate::promql::label_names;

/// How the names of counters end that should stay as they are.
const LOSSES: [&str; 5] =
    ["_dropped_total", "_conflicts_total", "_overflows_total", "_left_out_total", "_panics_total"];

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let is_loss = |metric: &&Metric| {
        metric.kind == Kind::Counter
            && metric.name.starts_with("spanwright_")
            && LOSSES.iter().any(|end| metric.name.ends_with(end))
    };
    context.catalog.metrics.iter().filter(is_loss).map(|metric| of_loss(context, metric)).collect()
}

fn of_loss(context: &Context<'_>, metric: &Metric) -> Rule {
    // Two metrics of one name are found when the service starts, before anybody could have seen a zero.
    let is_lasting = metric.name.ends_with("_conflicts_total");
    let by: Vec<&str> = ["job", "instance"].into_iter().chain(label_names(metric)).collect();
    let expr = if is_lasting {
        format!("{} > 0", context.scope.select(&metric.name, &[]))
    } else {
        format!("{} > 0", context.scope.sum_of_rates(&by, &metric.name, &[]))
    };
    let said =
        if is_lasting { "{{ $value }} since it started" } else { "{{ $value | humanize }} per second" };
    let hold = context.bounds.hold;
    let at = context.ripe(hold);
    let tried = |expected, what, values| {
        let labels = labels_of(metric, context.tried_job());
        Trial::new(expected, what, at, vec![Series::new(&metric.name, &labels, values)])
    };
    let lost = if is_lasting { level(1.0, at) } else { growth(0.05, at) };
    let kept = if is_lasting { level(0.0, at) } else { level(7.0, at) };
    Rule::alert(&pascal(metric.name.trim_end_matches("_total")), expr, "warning")
        .held(hold)
        .saying(
            &format!("Telemetry is lost: `{}`", literal(&metric.name)),
            &format!("{} {said}, in {{{{ $labels.instance }}}}.", literal(&first_sentence(&metric.help))),
            &Context::runbook(metric),
        )
        .tried([
            tried(Expected::Fires, "something is lost", lost),
            tried(Expected::Quiet, "nothing more is lost", kept),
        ])
}
