//! The panels of a metric, by its kind.

use spanwright_catalog::{Buckets, Catalog, Derived, Kind, Metric, PanelKind};

use super::panel::{Panel, Query, legend};
use crate::promql::{self, Matcher, Scope};
use crate::units;

/// The quantiles that are shown of a histogram.
pub(crate) const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// No title is longer, where the help is one.
const LONGEST_TITLE: usize = 60;

/// The panels of a metric; none where it is hidden. Besides its labels, series keep those in `by`.
pub(crate) fn panels(metric: &Metric, scope: &Scope, by: &[&str]) -> Vec<Panel> {
    if metric.panel.hidden {
        return Vec::new();
    }
    let panels = match metric.kind {
        _ if metric.name.ends_with("_info") => vec![information(metric, scope)],
        Kind::Gauge if is_timestamp(metric) => vec![age(metric, scope)],
        Kind::Counter => vec![rate(metric, scope, by)],
        Kind::Gauge | Kind::UpDownCounter => vec![level(metric, scope, by)],
        Kind::Histogram => observations(metric, scope, by),
    };
    panels.into_iter().map(|panel| panel.described(description(metric))).collect()
}

/// What a recording rule makes: asked as the rule does, so that it shows without the rules.
pub(crate) fn derived(derived: &Derived) -> Panel {
    let Derived { name, help, unit, expr, .. } = derived;
    let text = if help.is_empty() { name.clone() } else { format!("{help}\n\n`{name}`") };
    Panel::new(short(help, name), units::named(unit), vec![Query::new(expr, "")]).described(text)
}

/// Whether a metric is how much there may be of something: it is shown with what there is.
pub(crate) fn is_limit(catalog: &Catalog, metric: &Metric) -> bool {
    promql::fullness(catalog).iter().any(|(_, limit)| limit.name == metric.name)
}

/// How full things are, each with a limit of its own.
pub(crate) fn fullness(catalog: &Catalog, scope: &Scope, shown: impl Fn(&Metric) -> bool) -> Vec<Panel> {
    let pairs = promql::fullness(catalog).into_iter();
    let pairs = pairs.filter(|(used, _)| shown(used) && !used.panel.hidden);
    pairs
        .map(|(used, limit)| {
            // Where nothing is the limit there is none.
            let expr =
                format!("{} / ({} > 0)", scope.select(&used.name, &[]), scope.select(&limit.name, &[]));
            let labels: Vec<&str> = ["instance"].into_iter().chain(promql::label_names(used)).collect();
            let threshold = spanwright_catalog::Threshold { warning: Some(0.8), critical: Some(0.95) };
            Panel::new(
                format!("Fullness: {}", spoken(&used.name)),
                units::SHARE,
                vec![Query::new(expr, legend(&labels, ""))],
            )
            .with_threshold(Some(threshold))
            .described(format!("`{}` of `{}`. {}", used.name, limit.name, limit.help))
        })
        .collect()
}

/// The title of a metric's panel: what is said so, the help where it is short, else the name.
pub(crate) fn title(metric: &Metric) -> String {
    match metric.panel.title.as_str() {
        "" => short(&metric.help, &metric.name),
        title => title.to_owned(),
    }
}

fn rate(metric: &Metric, scope: &Scope, by: &[&str]) -> Panel {
    let labels = labels(metric, by);
    let drawn = metric.panel.kind.unwrap_or(PanelKind::Timeseries);
    let kept = if keeps_series(drawn) { labels.as_slice() } else { &[] };
    let expr = scope.sum_of_rates(kept, &metric.name, &[]);
    Panel::new(
        title(metric),
        units::per_second(metric),
        vec![Query::new(expr, legend(kept, &spoken(&metric.name)))],
    )
    .drawn(without_buckets(drawn))
    .with_threshold(metric.threshold)
}

fn level(metric: &Metric, scope: &Scope, by: &[&str]) -> Panel {
    let drawn = metric.panel.kind.unwrap_or(PanelKind::Timeseries);
    let (expr, labels) = match metric.kind {
        // What is added to adds up over the instances, and what is set need not.
        Kind::UpDownCounter => {
            let labels = labels(metric, by);
            let kept = if keeps_series(drawn) { labels } else { Vec::new() };
            let sum = format!("sum{} ({})", promql::by_labels(&kept), scope.select(&metric.name, &[]));
            (sum, kept)
        }
        _ => {
            let instance: &[&str] = if by.contains(&"instance") { &[] } else { &["instance"] };
            (scope.select(&metric.name, &[]), labels(metric, &[instance, by].concat()))
        }
    };
    Panel::new(
        title(metric),
        units::of(metric),
        vec![Query::new(expr, legend(&labels, &spoken(&metric.name)))],
    )
    .drawn(without_buckets(drawn))
    .with_threshold(metric.threshold)
}

/// A gauge that is a time: how long that is ago.
fn age(metric: &Metric, scope: &Scope) -> Panel {
    let since = scope.select(&metric.name, &[]);
    // Zero says that it was never set.
    let labels = labels(metric, &["instance"]);
    let expr = format!("time() - max{} ({since} > 0)", promql::by_labels(&labels));
    let drawn = without_buckets(metric.panel.kind.unwrap_or(PanelKind::Stat));
    let title = match metric.panel.title.as_str() {
        "" => format!("{}: how long ago", clause(&title(metric))),
        title => title.to_owned(),
    };
    Panel::new(title, units::SECONDS, vec![Query::new(expr, legend(&labels, ""))])
        .drawn(drawn)
        .with_threshold(metric.threshold)
}

fn information(metric: &Metric, scope: &Scope) -> Panel {
    let query = Query::new(scope.select(&metric.name, &[]), "");
    match metric.panel.title.as_str() {
        "" => Panel::new(clause(&title(metric)), units::COUNT, vec![query]).drawn(PanelKind::Table),
        title => {
            let drawn = without_buckets(metric.panel.kind.unwrap_or(PanelKind::Table));
            let query = Query { legend: legend(&labels(metric, &[]), ""), ..query };
            Panel::new(title, units::COUNT, vec![query]).drawn(drawn)
        }
    }
}

/// A histogram: quantiles over all that its labels tell apart, how often there was something to observe, and what was.
fn observations(metric: &Metric, scope: &Scope, by: &[&str]) -> Vec<Panel> {
    let (buckets, unit) = (metric.buckets.as_ref(), units::of(metric));
    // On a dashboard of its own there is room for each series.
    let each = if metric.panel.dashboard.is_empty() { Vec::new() } else { labels(metric, by) };
    let queries = QUANTILES.map(|(quantile, name)| {
        let expr = scope.quantile(quantile, &each, &metric.name, buckets, &[]);
        Query::new(expr, format!("{} {name}", legend(&each, "")).trim_start())
    });
    let quantiles = Panel::new(title(metric), unit, queries.to_vec()).with_threshold(metric.threshold);
    let heat = heat_map(&title(metric), unit, scope, &metric.name, buckets, &[]);
    match metric.panel.kind {
        Some(PanelKind::Heatmap) => vec![heat],
        Some(kind) => vec![quantiles.drawn(kind)],
        None => {
            let labels = labels(metric, by);
            let count = count_of(scope, &labels, &metric.name, buckets);
            let how_often = Panel::new(
                format!("{}: observations", title(metric)),
                "cps",
                vec![Query::new(count, legend(&labels, "observations"))],
            );
            vec![quantiles, heat, how_often]
        }
    }
}

/// How often something was observed, in a second.
fn count_of(scope: &Scope, by: &[&str], name: &str, buckets: Option<&Buckets>) -> String {
    let classic = scope.sum_of_rates(by, &format!("{name}_count"), &[]);
    match buckets {
        Some(Buckets::Native) => {
            let rate = scope.rate(name, &[of_no_rule()]);
            let native = format!("sum{} (histogram_count({rate}))", promql::by_labels(by));
            format!("{classic} or {native}")
        }
        _ => classic,
    }
}

/// The buckets of a histogram over time.
pub(crate) fn heat_map(
    title: &str,
    unit: &str,
    scope: &Scope,
    histogram: &str,
    buckets: Option<&Buckets>,
    of: &[Matcher],
) -> Panel {
    let classic = scope.sum_of_rates(&["le"], &format!("{histogram}_bucket"), of);
    let expr = match buckets {
        Some(Buckets::Native) => {
            let of: Vec<Matcher> = of.iter().cloned().chain([of_no_rule()]).collect();
            format!("{classic} or {}", scope.sum_of_rates(&[], histogram, &of))
        }
        _ => classic,
    };
    Panel::new(format!("{title}: distribution"), unit, vec![Query::new(expr, "{{le}}")])
        .drawn(PanelKind::Heatmap)
}

/// The quantiles that rules make of a histogram have its name.
fn of_no_rule() -> Matcher {
    Matcher::is("quantile", "")
}

fn labels<'a>(metric: &'a Metric, by: &[&'a str]) -> Vec<&'a str> {
    by.iter().copied().chain(promql::label_names(metric)).collect()
}

/// Whether there is room for a number of each series.
const fn keeps_series(drawn: PanelKind) -> bool {
    matches!(drawn, PanelKind::Timeseries | PanelKind::Table | PanelKind::Heatmap | PanelKind::Timeline)
}

/// A heat map needs buckets.
const fn without_buckets(drawn: PanelKind) -> PanelKind {
    match drawn {
        PanelKind::Heatmap => PanelKind::Timeseries,
        other => other,
    }
}

fn is_timestamp(metric: &Metric) -> bool {
    metric.name.ends_with("_timestamp_seconds") || metric.name.ends_with("_start_time_seconds")
}

fn description(metric: &Metric) -> String {
    match metric.help.as_str() {
        "" => format!("`{}`", metric.name),
        help => format!("{help}\n\n`{}`", metric.name),
    }
}

/// The first sentence of a help, or what stands before its first comma, where that is short; else the name.
fn short(help: &str, name: &str) -> String {
    let sentence = help.split(". ").next().unwrap_or_default().trim_end_matches('.').trim();
    let fits = |text: &&str| !text.is_empty() && text.chars().count() <= LONGEST_TITLE;
    let text = [sentence, clause(sentence)].into_iter().find(fits);
    text.map_or_else(|| capital(&spoken(name)), |text| text.replace('`', ""))
}

/// What stands before the first comma.
fn clause(sentence: &str) -> &str {
    sentence.split([',', ';', ':']).next().unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A metric's name without its ending, with spaces.
pub(crate) fn spoken(name: &str) -> String {
    name.strip_suffix("_total").unwrap_or(name).replace('_', " ")
}
