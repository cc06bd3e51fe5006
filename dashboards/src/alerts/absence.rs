//! What is no longer there: the service, an instance of it, or a group of its metrics.
//!
//! These need the job's name: of a service that has gone nothing else is left.

use std::collections::BTreeMap;
use std::time::Duration;

use spanwright_catalog::{Kind, Metric, Values};

use super::Context;
use super::rule::{Rule, literal, pascal};
use super::trial::{Expected, STEP, Series, Trial, labels_of, level};
use crate::promql::is_metric_name;

/// For how long metrics that have gone are missed.
const MISSED: Duration = Duration::from_secs(6 * 3600);

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let of_service = [down(context), gone(context)].into_iter().flatten();
    of_service
        .chain(groups(context).into_iter().map(|(group, metric)| stopped(context, &group, metric)))
        .collect()
}

fn service(context: &Context<'_>) -> String {
    let name = &context.catalog.service.name;
    pascal(if name.is_empty() { context.job } else { name })
}

/// An instance that can't be scraped.
fn down(context: &Context<'_>) -> Option<Rule> {
    if context.job.is_empty() {
        return None;
    }
    let hold = context.bounds.hold;
    let at = context.ripe(hold);
    let tried = |expected, what, up| {
        let labels = [("job", context.job), ("instance", "a")];
        Trial::new(expected, what, at, vec![Series::new("up", &labels, level(up, at))])
    };
    let rule = Rule::alert(
        &format!("{}Down", service(context)),
        format!("{} == 0", context.scope.select("up", &[])),
        "critical",
    );
    let rule = rule
        .held(hold)
        .saying(
            "{{ $labels.instance }} does not answer",
            "Prometheus can't scrape {{ $labels.instance }} of {{ $labels.job }}.",
            "Is the process running, and is its admin server reachable from Prometheus?",
        )
        .tried([
            tried(Expected::Fires, "an instance that is down", 0.0),
            tried(Expected::Quiet, "all are up", 1.0),
        ]);
    Some(rule)
}

/// A service of which nothing is known any more, be it scraped or pushing.
fn gone(context: &Context<'_>) -> Option<Rule> {
    if context.job.is_empty() {
        return None;
    }
    let hold = context.bounds.hold;
    let at = context.ripe(hold);
    let (up, pushed) = (context.scope.select("up", &[]), context.scope.select("target_info", &[]));
    let labels = [("job", context.job), ("instance", "a")];
    let runbook = format!(
        "Is anything of it running? Is it still scraped, or does it still push? If its series have another label `job`, make \
         these rules with `spanwright alerts --job`; they ask for `{}`.",
        context.job
    );
    let rule =
        Rule::alert(&format!("{}Absent", service(context)), format!("absent({up} or {pushed})"), "critical")
            .held(hold)
            .saying(
                "{{ $labels.job }} does not report",
                "No instance of {{ $labels.job }} reports anything.",
                &runbook,
            )
            .tried([
                Trial::new(Expected::Fires, "nothing reports", at, Vec::new())
                    .without(&["up", "target_info"]),
                Trial::new(
                    Expected::Quiet,
                    "an instance is scraped",
                    at,
                    vec![Series::new("up", &labels, level(1.0, at))],
                )
                .without(&["target_info"]),
                Trial::new(
                    Expected::Quiet,
                    "an instance pushes",
                    at,
                    vec![Series::new("target_info", &labels, level(1.0, at))],
                )
                .without(&["up"]),
            ]);
    Some(rule)
}

/// Of each group of metrics one that is there from the start on: those of a module, or else of the first word of their names.
fn groups<'a>(context: &Context<'a>) -> BTreeMap<String, &'a Metric> {
    let mut groups = BTreeMap::new();
    for metric in context.catalog.metrics.iter().filter(|metric| is_always_there(metric)) {
        let word = metric.name.split('_').next().unwrap_or_default();
        let group = if metric.place.module.is_empty() { word } else { &metric.place.module };
        groups.entry(group.to_owned()).or_insert(metric);
    }
    groups
}

/// Whether all its series are known: of a label of any text there may be none for long.
fn is_always_there(metric: &Metric) -> bool {
    let is_known = |values: &Values| matches!(values, Values::Known(values) if !values.is_empty());
    is_metric_name(&metric.name) && metric.labels.iter().all(|label| is_known(&label.values))
}

/// Metrics that were there, and are not, although the service answers.
fn stopped(context: &Context<'_>, group: &str, metric: &Metric) -> Rule {
    let name =
        if metric.kind == Kind::Histogram { format!("{}_count", metric.name) } else { metric.name.clone() };
    let missed = super::duration(MISSED);
    let now = context.scope.select(&name, &[]);
    let up = context.scope.select("up", &[]);
    let expr = format!(
        "(count by (job) (last_over_time({now}[{missed}])) unless count by (job) ({now})) and on (job) ({up} == 1)"
    );
    let hold = context.bounds.hold;
    // A series without a sample for five minutes is no longer there.
    let at = Duration::from_secs(300) + context.ripe(hold);
    let labels = labels_of(metric, context.tried_job());
    let up = Series::new("up", &[("job", context.tried_job()), ("instance", "a")], level(1.0, at));
    let tried = |expected, what, time| {
        Trial::new(
            expected,
            what,
            at + 2 * STEP,
            vec![Series::new(&name, &labels, level(1.0, time)), up.clone()],
        )
    };
    Rule::alert(&format!("{}MetricsStopped", pascal(group)), expr, "warning")
        .held(hold)
        .with_label("group", group)
        .saying(
            &format!("The metrics of `{}` have stopped", literal(group)),
            &format!("{{{{ $labels.job }}}} answers, but no longer with `{}`.", literal(&name)),
            &format!(
                "Of this group `{name}` is looked at, since it is there from the start on. {}",
                Context::runbook(metric)
            ),
        )
        .tried([
            tried(Expected::Fires, "a metric that ends", STEP),
            tried(Expected::Quiet, "a metric that goes on", at + 2 * STEP),
        ])
}
