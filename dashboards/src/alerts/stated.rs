//! The alerts that metrics state themselves: `#[metric(alert(…))]`.

use std::time::Duration;

use spanwright_catalog::{Alert, Condition, Metric, Severity};

use super::Context;
use super::rule::{Rule, Trials, literal, parse_duration, pascal, template};
use super::saturation::{first_sentence, sign, with_trials};
use crate::promql::Scope;

/// Which quantile of a histogram is compared where none is stated.
const QUANTILE: f64 = 0.95;

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let all = context
        .catalog
        .metrics
        .iter()
        .flat_map(|metric| metric.alerts.iter().map(move |alert| (metric, alert)));
    all.map(|(metric, alert)| rule(context, metric, alert)).collect()
}

fn rule(context: &Context<'_>, metric: &Metric, alert: &Alert) -> Rule {
    let name = if alert.name.is_empty() { pascal(&metric.name) } else { alert.name.clone() };
    let severity = match alert.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    let hold = parse_duration(&alert.hold).unwrap_or(Duration::ZERO);
    let help = literal(&first_sentence(&metric.help));
    let summary = if alert.summary.is_empty() { help.clone() } else { template(&alert.summary) };
    let description = format!("{help} It is {{{{ $value | humanize }}}}.");
    let made = |expr| {
        Rule::alert(&name, expr, severity).held(hold).saying(
            &summary,
            &description,
            &Context::runbook(metric),
        )
    };
    match &alert.condition {
        Condition::Expr(expr) => {
            let expr = expr.replace("$metric", &Scope::new("", Vec::new()).select(&metric.name, &[]));
            Rule { trials: Trials::Unknown, ..made(expr) }
        }
        Condition::When { comparison, value, quantile } => {
            let quantile = quantile.unwrap_or(QUANTILE);
            let expr = format!("{} {} {value}", context.scope.shown(metric, quantile), sign(*comparison));
            with_trials(context, made(expr), metric, quantile, (*comparison, *value), hold)
        }
    }
}
