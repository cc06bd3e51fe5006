//! What can't keep up: metrics whose names say so.

use spanwright_catalog::{Kind, Metric};

use super::Context;
use super::rule::{Rule, literal, pascal};
use super::saturation::{first_sentence, of_thresholds};
use super::trial::{Expected, Series, Trial, growth, labels_of};
use crate::promql::label_names;

/// Words in the names of what waits.
const QUEUES: [&str; 7] = ["queue", "queued", "backlog", "lag", "pending", "waiting", "buffered"];

/// Words in the names of counters of what was turned away, or had to wait.
const EVENTS: [&str; 6] = ["backpressure", "throttled", "rejected", "shed", "stalled", "saturated"];

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let queues = context.catalog.metrics.iter().filter(|metric| is_queue(metric));
    let events =
        context.catalog.metrics.iter().filter(|metric| is_event(metric) && !is_stated(context, metric));
    let queues = queues.flat_map(|metric| of_thresholds(context, metric));
    queues.chain(events.map(|metric| of_events(context, metric))).collect()
}

/// Whether it says how much waits.
pub(super) fn is_queue(metric: &Metric) -> bool {
    metric.kind != Kind::Counter && says(metric, &QUEUES)
}

fn is_event(metric: &Metric) -> bool {
    metric.kind == Kind::Counter && says(metric, &EVENTS)
}

/// Whether somebody has said from where on it is told: of the metric itself, or under the name that the rule would have.
fn is_stated(context: &Context<'_>, metric: &Metric) -> bool {
    let name = alert_name(metric);
    let mut all = context.catalog.metrics.iter().flat_map(|metric| &metric.alerts);
    !metric.alerts.is_empty() || all.any(|alert| alert.name == name)
}

fn alert_name(metric: &Metric) -> String {
    pascal(metric.name.trim_end_matches("_total"))
}

fn says(metric: &Metric, words: &[&str]) -> bool {
    let mut parts = metric.name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.any(|part| words.contains(&part.to_ascii_lowercase().as_str()))
}

fn of_events(context: &Context<'_>, metric: &Metric) -> Rule {
    let bounds = context.bounds;
    let by: Vec<&str> = ["job"].into_iter().chain(label_names(metric)).collect();
    let rate = context.scope.sum_of_rates(&by, &metric.name, &[]);
    let at = context.ripe(bounds.hold);
    let tried = |expected, what, rate| {
        let labels = labels_of(metric, context.tried_job());
        Trial::new(expected, what, at, vec![Series::new(&metric.name, &labels, growth(rate, at))])
    };
    Rule::alert(&alert_name(metric), format!("{rate} > {}", bounds.backpressure), "warning")
        .held(bounds.hold)
        .saying(
            &format!("`{}`: it can't keep up", literal(&metric.name)),
            &format!(
                "{} {{{{ $value | humanize }}}} of them per second; {} may be.",
                literal(&first_sentence(&metric.help)),
                bounds.backpressure
            ),
            &Context::runbook(metric),
        )
        .tried([
            tried(Expected::Fires, "more than may be", bounds.backpressure * 1.1),
            tried(Expected::Quiet, "fewer than may be", bounds.backpressure * 0.9),
        ])
}
