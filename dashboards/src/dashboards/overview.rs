//! The overview: whether the service does well, at a glance.

use spanwright_catalog::{Catalog, PanelKind, Span, Threshold};

use super::calls::{Family, families};
use super::panel::{Dashboard, Panel, Query, Row};
use super::{metric, objectives};
use crate::promql::{self, Scope};
use crate::units;

/// Shares of failed calls that worry.
const FAILING: Threshold = Threshold { warning: Some(0.01), critical: Some(0.05) };

/// The overview.
pub(crate) fn dashboard(catalog: &Catalog, scope: &Scope) -> Dashboard {
    let spans = entries(catalog);
    let families = families(&spans);
    let left = objectives::all(catalog).into_iter().filter_map(|kept| {
        let panel = Panel::new(kept.name(), units::SHARE, vec![kept.left(scope)?]);
        let threshold = Threshold { warning: Some(0.25), critical: Some(0.0) };
        Some(
            panel
                .drawn(PanelKind::Stat)
                .with_threshold(Some(threshold))
                .described("What is left of the error budget."),
        )
    });
    let full = metric::fullness(catalog, scope, |_| true);
    Dashboard {
        name: "overview".to_owned(),
        title: "Overview".to_owned(),
        is_whole_title: false,
        description: "Whether the service does well.".to_owned(),
        rows: vec![
            Row::new("Now", now(catalog, &families, scope)),
            Row::new("Error budgets left", left.collect()),
            Row::new("Calls", calls(catalog, &families, scope)),
            Row::new("Resources", resources(catalog, scope)),
            Row::new("Saturation", together("Fullness", units::SHARE, full)),
            Row::new("Telemetry", losses(catalog, scope)),
            Row::new("Versions", versions(catalog, scope)),
        ],
        variables: Vec::new(),
    }
}

/// The functions by which work comes in; all where none is marked so.
fn entries(catalog: &Catalog) -> Vec<&Span> {
    let comes_in = |span: &&Span| matches!(span.kind.as_str(), "server" | "consumer") && span.calls.is_some();
    let entries: Vec<&Span> = catalog.spans.iter().filter(comes_in).collect();
    if entries.is_empty() { catalog.spans.iter().collect() } else { entries }
}

fn now(catalog: &Catalog, families: &[Family<'_>], scope: &Scope) -> Vec<Panel> {
    let stat = |title: &str, unit: &str, queries: Vec<Query>| {
        (!queries.is_empty()).then(|| Panel::new(title, unit, queries).drawn(PanelKind::Stat))
    };
    let p99 = families.iter().filter_map(|family| family.quantile(0.99, scope, &[], catalog)).collect();
    let unit = families.first().map_or(units::SECONDS, Family::unit);
    let up = format!("sum({})", scope.select("up", &[]));
    let started = catalog.metric("process_start_time_seconds").map(|metric| {
        let running = format!("time() - min({})", scope.select(&metric.name, &[]));
        vec![Query::new(running, "uptime")]
    });
    [
        stat("Instances", units::COUNT, vec![Query::new(up, "instances")]),
        stat("Uptime", units::SECONDS, started.unwrap_or_default()),
        stat(
            "Calls",
            units::CALLS_PER_SECOND,
            families.iter().filter_map(|family| family.rate(scope, &[])).collect(),
        ),
        stat(
            "Share of calls that fail",
            units::SHARE,
            families.iter().filter_map(|family| family.error_ratio(scope, &[])).collect(),
        )
        .map(|panel| panel.with_threshold(Some(FAILING))),
        stat("Duration, p99", unit, p99),
        stat(
            "In flight",
            units::COUNT,
            families.iter().filter_map(|family| family.in_flight(scope, &[])).collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn calls(catalog: &Catalog, families: &[Family<'_>], scope: &Scope) -> Vec<Panel> {
    let each = |query: &dyn Fn(&Family<'_>, &[&str]) -> Option<Query>| -> Vec<Query> {
        families.iter().filter_map(|family| query(family, &family.by())).collect()
    };
    let unit = families.first().map_or(units::SECONDS, Family::unit);
    let panels = [
        Panel::new("Calls", units::CALLS_PER_SECOND, each(&|family, by| family.rate(scope, by))),
        Panel::new(
            "Share of calls that fail",
            units::SHARE,
            each(&|family, by| family.error_ratio(scope, by)),
        )
        .with_threshold(Some(FAILING)),
        Panel::new("Duration, p99", unit, each(&|family, by| family.quantile(0.99, scope, by, catalog))),
    ];
    panels.into_iter().filter(|panel| !panel.queries.is_empty()).collect()
}

/// Processor, memory, and how busy runtimes' workers are.
fn resources(catalog: &Catalog, scope: &Scope) -> Vec<Panel> {
    let instance = ["instance"];
    let panel = |name: &str, title: &str, unit: &str, expr: String, legend: &str| {
        let metric = catalog.metric(name)?;
        Some(Panel::new(title, unit, vec![Query::new(expr, legend)]).described(metric.help.clone()))
    };
    let (cpu, memory, busy) =
        ("process_cpu_seconds_total", "process_resident_memory_bytes", "tokio_worker_busy_seconds_total");
    let busy_share =
        format!("avg{} ({})", promql::by_labels(&["instance", "runtime"]), scope.rate(busy, &[]));
    [
        panel(cpu, "Processors used", units::COUNT, scope.sum_of_rates(&instance, cpu, &[]), "{{instance}}"),
        panel(memory, "Memory", "bytes", scope.select(memory, &[]), "{{instance}}"),
        panel(busy, "Busy workers", units::SHARE, busy_share, "{{instance}} {{runtime}}"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What telemetry was lost.
fn losses(catalog: &Catalog, scope: &Scope) -> Vec<Panel> {
    let is_loss = |name: &str| name.starts_with("spanwright_") && name.ends_with("_dropped_total");
    let lost = catalog.metrics.iter().filter(|metric| is_loss(&metric.name));
    let lost: Vec<Query> = lost
        .map(|metric| Query::new(scope.sum_of_rates(&[], &metric.name, &[]), metric::spoken(&metric.name)))
        .collect();
    match lost.as_slice() {
        [] => Vec::new(),
        _ => vec![Panel::new("Telemetry that was dropped", "cps", lost)],
    }
}

fn versions(catalog: &Catalog, scope: &Scope) -> Vec<Panel> {
    let known = ["build_info", "target_info"].into_iter().filter_map(|name| catalog.metric(name));
    known.flat_map(|metric| metric::panels(metric, scope, &[])).collect()
}

/// One panel of several with one query each, told apart by what they are about.
fn together(title: &str, unit: &str, panels: Vec<Panel>) -> Vec<Panel> {
    let Some(threshold) = panels.first().map(|panel| panel.threshold) else { return Vec::new() };
    let queries = panels.into_iter().flat_map(|panel| {
        let about = panel.title.trim_start_matches("Fullness: ").to_owned();
        panel
            .queries
            .into_iter()
            .map(move |query| Query::new(query.expr, format!("{about} {}", query.legend)))
    });
    vec![Panel::new(title, unit, queries.collect()).with_threshold(threshold)]
}
