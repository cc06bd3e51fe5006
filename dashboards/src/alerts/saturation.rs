//! What fills up: metrics with thresholds, calls in flight, and gauges that have a limit beside them.

use std::time::Duration;

use spanwright_catalog::{Comparison, Condition, Metric, Severity};

use super::calls::functions;
use super::rule::{Rule, literal, pascal};
use super::trial::{Expected, Series, Trial, labels_of, level, shown_as};
use super::{Context, backpressure};
use crate::promql::{CallsIn, fullness, of_function};

/// Which quantile of a histogram is compared with a threshold: what a panel shows.
const QUANTILE: f64 = 0.95;

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let metrics = context.catalog.metrics.iter();
    let thresholds = metrics.filter(|metric| !backpressure::is_queue(metric));
    let thresholds = thresholds.flat_map(|metric| of_thresholds(context, metric));
    thresholds.chain(in_flight(context)).chain(full(context)).collect()
}

/// The rules of a metric's thresholds.
pub(super) fn of_thresholds(context: &Context<'_>, metric: &Metric) -> Vec<Rule> {
    let Some(threshold) = metric.threshold else { return Vec::new() };
    let is_low_bad = matches!((threshold.warning, threshold.critical), (Some(warning), Some(critical)) if critical < warning);
    let (comparison, word) =
        if is_low_bad { (Comparison::AtMost, "low") } else { (Comparison::AtLeast, "high") };
    let stated = [("warning", threshold.warning), ("critical", threshold.critical)];
    let rule = |(severity, bound): (&'static str, Option<f64>)| {
        let bound = bound.filter(|bound| !is_alert_stated(metric, *bound, severity))?;
        let expr = format!("{} {} {bound}", context.scope.shown(metric, QUANTILE), sign(comparison));
        let hold = context.bounds.hold;
        let rule = Rule::alert(&format!("{}{}", pascal(&metric.name), pascal(word)), expr, severity)
            .held(hold)
            .saying(
                &format!("`{}` is {word}", literal(&metric.name)),
                &format!(
                    "{} It is {{{{ $value | humanize }}}}; from {bound} on that is a {severity} value.",
                    literal(&first_sentence(&metric.help))
                ),
                &Context::runbook(metric),
            );
        Some(with_trials(context, rule, metric, QUANTILE, (comparison, bound), hold))
    };
    stated.into_iter().filter_map(rule).collect()
}

/// A rule that compares what a panel shows, with series on either side of the bound.
pub(super) fn with_trials(
    context: &Context<'_>,
    rule: Rule,
    metric: &Metric,
    quantile: f64,
    condition: (Comparison, f64),
    hold: Duration,
) -> Rule {
    let at = context.ripe(hold);
    let series = |wanted| shown_as(metric, context.tried_job(), quantile, condition, wanted, at);
    let Some(beyond) = series(true) else {
        let why = format!("no value of `{}` can be so, for all that is known of it", metric.name);
        return Rule { trials: super::rule::Trials::Impossible(why), ..rule };
    };
    let fires = Trial::new(Expected::Fires, "a value beyond the bound", at, beyond);
    let quiet = match series(false) {
        Some(within) => Trial::new(Expected::Quiet, "a value within the bound", at, within),
        None => Trial::new(Expected::Quiet, "no value", at, Vec::new()).without(&[&metric.name]),
    };
    rule.tried([fires, quiet])
}

/// Whether the metric's own alerts tell of that already.
fn is_alert_stated(metric: &Metric, bound: f64, severity: &str) -> bool {
    metric.alerts.iter().any(|alert| {
        let is_severity = match alert.severity {
            Severity::Info => severity == "info",
            Severity::Warning => severity == "warning",
            Severity::Critical => severity == "critical",
        };
        let is_bound =
            matches!(alert.condition, Condition::When { value, .. } if (value - bound).abs() <= f64::EPSILON);
        is_severity && is_bound
    })
}

fn in_flight(context: &Context<'_>) -> Vec<Rule> {
    let bounds = context.bounds;
    let rules = functions(context).into_iter().filter_map(|function| {
        let mut by = function.by();
        by.insert(1, "instance");
        let of = of_function(function.calls);
        let question = CallsIn { calls: function.calls, scope: &context.scope, by: &by, of: &of };
        let expr = format!("{} > {}", question.in_flight()?, bounds.in_flight);
        let at = context.ripe(bounds.hold);
        let tried = |expected, what, value: f64| {
            let labels = function.tried(context.tried_job());
            let gauge = Series::new(&function.calls.in_flight, &labels, level(value, at));
            function.trial(expected, what, at, vec![gauge])
        };
        let rule = Rule::alert(&format!("{}InFlight", function.name), expr, "warning")
            .with_label("component", function.component())
            .held(bounds.hold)
            .saying(
                &format!("Many calls of {} have not ended", function.shown()),
                &format!(
                    "{{{{ $value }}}} calls of {} are in flight in {{{{ $labels.instance }}}}; {} may be.",
                    function.shown(),
                    bounds.in_flight
                ),
                &function.runbook(),
            )
            .tried([
                tried(Expected::Fires, "more calls than may be", bounds.in_flight * 1.1),
                tried(Expected::Quiet, "as many calls as may be", bounds.in_flight),
            ]);
        Some(rule)
    });
    rules.collect()
}

/// The gauges that have a limit: `process_open_fds`, the telemetry's own rings and queues, and the service's.
fn full(context: &Context<'_>) -> Vec<Rule> {
    let bounds = context.bounds;
    let rules = fullness(context.catalog).into_iter().map(|(used, limit)| {
        let (used_now, limit_now) = (context.scope.select(&used.name, &[]), context.scope.select(&limit.name, &[]));
        let expr = format!("{used_now} / ({limit_now} > 0) > {}", bounds.full);
        let at = context.ripe(bounds.hold);
        let tried = |expected, what, share: f64| {
            let labels = labels_of(used, context.tried_job());
            let series = vec![
                Series::new(&used.name, &labels, level(1000.0 * share, at)),
                Series::new(&limit.name, &labels, level(1000.0, at)),
            ];
            Trial::new(expected, what, at, series)
        };
        Rule::alert(&format!("{}Full", pascal(&used.name)), expr, "warning")
            .held(bounds.hold)
            .saying(
                &format!("`{}` comes near `{}`", literal(&used.name), literal(&limit.name)),
                &format!(
                    "{} {{{{ $value | humanizePercentage }}}} of what is allowed are used in {{{{ $labels.instance }}}}.",
                    literal(&first_sentence(&used.help))
                ),
                &format!("{}\n\n{}", Context::runbook(used), Context::runbook(limit)),
            )
            .tried([
                tried(Expected::Fires, "nearly full", (bounds.full + 1.0) / 2.0),
                tried(Expected::Quiet, "not yet full", bounds.full * 0.9),
            ])
    });
    rules.collect()
}

pub(super) const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Above => ">",
        Comparison::AtLeast => ">=",
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
    }
}

/// The first line of a help text, which is a sentence.
pub(super) fn first_sentence(help: &str) -> String {
    help.lines().next().unwrap_or_default().trim().to_owned()
}
