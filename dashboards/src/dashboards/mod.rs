//! Grafana's dashboards of a service.
//!
//! An overview; those that metrics name; one for each component, with its functions' calls and its metrics; the objectives;
//! streams and queues; the system's resources; the telemetry itself. What a catalogue has nothing for is left out. The same catalogue gives the same
//! text, and a dashboard or a panel keeps its id while others come and go.

mod calls;
mod grafana;
mod grid;
mod groups;
mod metric;
mod named;
mod objectives;
mod overview;
mod panel;
mod system;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use spanwright_catalog::{Catalog, Metric};

use crate::File;
use crate::promql::{Matcher, Scope};
use groups::{Group, Part};
use panel::{Dashboard, Row};
use variables::Variables;

/// Makes the dashboards, in the order in which they are worth a look.
#[must_use]
pub fn files(catalog: &Catalog) -> Vec<File> {
    let dashboards = all(catalog).into_iter();
    dashboards
        .map(|dashboard| File {
            name: format!("{}.json", dashboard.name),
            text: grafana::json(&dashboard, catalog),
        })
        .collect()
}

fn all(catalog: &Catalog) -> Vec<Dashboard> {
    let scope = scope();
    let groups = groups::of(catalog);
    let mut all = vec![overview::dashboard(catalog, &scope)];
    all.extend(groups.iter().map(|group| component(group, catalog, &scope)));
    all.push(budgets(catalog, &scope));
    all.push(queues(catalog, &groups, &scope));
    all.push(part(
        Part::System,
        "System resources",
        "The process, its network, and Tokio's runtimes.",
        catalog,
        &scope,
    ));
    all.push(part(
        Part::Telemetry,
        "Telemetry",
        "Whether what is recorded arrives, and what recording it takes.",
        catalog,
        &scope,
    ));
    named::add(&mut all, named::all(catalog, &scope));
    for dashboard in &mut all {
        dashboard.rows.retain(|row| !row.panels.is_empty());
        dashboard.rows.iter_mut().for_each(|row| grid::arrange(&mut row.panels));
    }
    all.retain(|dashboard| !dashboard.rows.is_empty());
    name_apart(&mut all);
    all
}

/// All instances that are chosen, at the rate that suits the panel's width.
fn scope() -> Scope {
    let chosen = vec![Matcher::fits("job", "$job"), Matcher::fits("instance", "$instance")];
    Scope::new("$__rate_interval", chosen)
}

/// A component: its functions' calls, and its metrics in the rows that they name.
fn component(group: &Group<'_>, catalog: &Catalog, scope: &Scope) -> Dashboard {
    let mut variables = Variables::default();
    let mut rows = calls::rows(&group.spans, catalog, scope, &mut variables);
    let full = metric::fullness(catalog, scope, |used| group.metrics.iter().any(|own| own.name == used.name));
    rows.push(Row::new("Saturation", full));
    let shown = without_limits(catalog, &group.metrics);
    metric_rows(&mut rows, &shown, "Metrics", &[], scope, &mut variables);
    let derived = group.derived.iter().map(|derived| metric::derived(derived)).collect();
    rows.push(Row::new("Worked out of these", derived));
    Dashboard {
        name: groups::slug(&group.name),
        title: group.name.clone(),
        is_whole_title: false,
        description: format!("The calls and the metrics of `{}`.", group.name),
        rows,
        variables: variables.into_all(),
    }
}

/// Adds metrics' panels to the rows that they name; to `row` where they name none.
fn metric_rows(
    rows: &mut Vec<Row>,
    metrics: &[&Metric],
    row: &str,
    by: &[&str],
    scope: &Scope,
    variables: &mut Variables,
) {
    for metric in metrics.iter().filter(|metric| !metric.panel.hidden) {
        let mut scope = scope.clone();
        scope.matchers.extend(variables.of_metric(metric));
        let panels = metric::panels(metric, &scope, by);
        let title = if metric.panel.row.is_empty() { row } else { &metric.panel.row };
        match rows.iter_mut().find(|row| row.title == title) {
            Some(row) => row.panels.extend(panels),
            None => rows.push(Row::new(title, panels)),
        }
    }
}

fn budgets(catalog: &Catalog, scope: &Scope) -> Dashboard {
    let rows = objectives::all(catalog).iter().filter_map(|kept| kept.row(scope)).collect();
    Dashboard {
        name: "objectives".to_owned(),
        title: "Objectives".to_owned(),
        is_whole_title: false,
        description: "What is left of each error budget, and how fast it is used up.".to_owned(),
        rows,
        variables: Vec::new(),
    }
}

/// What is sent and received, and what waits.
fn queues(catalog: &Catalog, groups: &[Group<'_>], scope: &Scope) -> Dashboard {
    let mut variables = Variables::default();
    let full = metric::fullness(catalog, scope, groups::waits);
    let mut rows = vec![Row::new("Saturation", full)];
    let messages = |span: &&spanwright_catalog::Span| matches!(span.kind.as_str(), "producer" | "consumer");
    let spans: Vec<_> = catalog.spans.iter().filter(messages).collect();
    rows.extend(calls::rows(&spans, catalog, scope, &mut variables));
    let mut add = |title: &str, metrics: Vec<&Metric>| {
        let mut own = Vec::new();
        let waiting: Vec<&Metric> = metrics.into_iter().filter(|metric| groups::waits(metric)).collect();
        let waiting = without_limits(catalog, &waiting);
        for metric in waiting {
            // A row of another dashboard says nothing here.
            let panel = spanwright_catalog::Panel { row: String::new(), ..metric.panel.clone() };
            let metric = Metric { panel, ..metric.clone() };
            metric_rows(&mut own, &[&metric], title, &[], scope, &mut variables);
        }
        rows.extend(own);
    };
    for group in groups {
        add(&group.name, group.metrics.clone());
    }
    add("Tokio", groups::part(catalog, Part::System));
    add("Telemetry", groups::part(catalog, Part::Telemetry));
    Dashboard {
        name: "queues".to_owned(),
        title: "Streams and queues".to_owned(),
        is_whole_title: false,
        description: "What is sent and received, what waits for it, and how full queues are.".to_owned(),
        rows,
        variables: variables.into_all(),
    }
}

/// Metrics that every service has.
fn part(part: Part, title: &str, description: &str, catalog: &Catalog, scope: &Scope) -> Dashboard {
    let mut variables = Variables::default();
    let full = metric::fullness(catalog, scope, |used| groups::part_of(used) == Some(part));
    let now = if part == Part::System { system::panels(catalog, scope) } else { Vec::new() };
    let mut rows = vec![Row::new("At a glance", now), Row::new("Saturation", full)];
    let metrics = without_limits(catalog, &groups::part(catalog, part));
    for (row, starts) in part.rows() {
        let of_row = metrics.iter().copied().filter(|metric| groups::row_of(part, metric) == *starts);
        metric_rows(&mut rows, &of_row.collect::<Vec<_>>(), row, &["instance"], scope, &mut variables);
    }
    Dashboard {
        name: groups::slug(title),
        title: title.to_owned(),
        is_whole_title: false,
        description: description.to_owned(),
        rows,
        variables: variables.into_all(),
    }
}

/// A limit is shown with what it is the limit of.
fn without_limits<'a>(catalog: &Catalog, metrics: &[&'a Metric]) -> Vec<&'a Metric> {
    metrics.iter().copied().filter(|metric| !metric::is_limit(catalog, metric)).collect()
}

/// Gives each a name, and so a file and an id, of its own.
fn name_apart(dashboards: &mut [Dashboard]) {
    let mut taken = BTreeSet::new();
    for dashboard in dashboards {
        let name = dashboard.name.clone();
        let mut count = 1;
        while !taken.insert(dashboard.name.clone()) {
            count += 1;
            dashboard.name = format!("{name}-{count}");
        }
    }
}
