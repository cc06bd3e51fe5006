//! The dashboards that metrics name: `#[metric(panel(dashboard = "…"))]`.

use spanwright_catalog::{Catalog, Metric};

use super::panel::{Dashboard, Panel};
use super::variables::Variables;
use super::{groups, metric_rows};
use crate::promql::Scope;

/// Whether it is on a dashboard of that title, and not on that of where it is declared.
pub(super) fn is_named(metric: &Metric) -> bool {
    !metric.panel.dashboard.is_empty() && !metric.panel.hidden
}

/// Each as its metrics are declared, in their order.
pub(super) fn all(catalog: &Catalog, scope: &Scope) -> Vec<Dashboard> {
    let mut metrics: Vec<&Metric> = catalog.metrics.iter().filter(|metric| is_named(metric)).collect();
    metrics.sort_by_key(|metric| (&metric.place.file, metric.place.line, &metric.name));
    let mut titles: Vec<&str> = Vec::new();
    for metric in &metrics {
        if !titles.contains(&metric.panel.dashboard.as_str()) {
            titles.push(&metric.panel.dashboard);
        }
    }
    let dashboards = titles.into_iter().map(|title| {
        let of_title = metrics.iter().copied().filter(|metric| metric.panel.dashboard == title);
        dashboard(title, &of_title.collect::<Vec<_>>(), scope)
    });
    dashboards.collect()
}

fn dashboard(title: &str, metrics: &[&Metric], scope: &Scope) -> Dashboard {
    let mut variables = Variables::default();
    let mut rows = Vec::new();
    metric_rows(&mut rows, metrics, title, &[], scope, &mut variables);
    for row in &mut rows {
        row.panels = together(std::mem::take(&mut row.panels));
    }
    Dashboard {
        name: groups::slug(title),
        title: title.to_owned(),
        is_whole_title: true,
        description: String::new(),
        rows,
        variables: variables.into_all(),
    }
}

/// Panels of one title are one, drawn as the first is. What has another unit keeps it.
fn together(panels: Vec<Panel>) -> Vec<Panel> {
    let mut all: Vec<Panel> = Vec::new();
    for panel in panels {
        match all.iter_mut().find(|first| first.title == panel.title) {
            Some(first) => {
                let unit = (panel.unit != first.unit).then_some(panel.unit);
                let queries = panel.queries.into_iter();
                first.queries.extend(queries.map(|query| query.in_unit(unit.clone())));
                first.description = format!("{}\n\n{}", first.description, panel.description);
                first.threshold = first.threshold.or(panel.threshold);
            }
            None => all.push(panel),
        }
    }
    all
}

/// Adds them behind the overview. One that there is already, whatever the case of its title, begins with what is named.
pub(super) fn add(dashboards: &mut Vec<Dashboard>, named: Vec<Dashboard>) {
    let mut at = 1;
    for named in named {
        match dashboards.iter_mut().find(|dashboard| dashboard.name == named.name) {
            Some(own) => {
                own.rows.splice(..0, named.rows);
                own.title = named.title;
                own.is_whole_title = true;
                let new = named.variables.into_iter();
                let new = new.filter(|one| own.variables.iter().all(|known| known.label != one.label));
                own.variables.extend(new.collect::<Vec<_>>());
            }
            None => {
                dashboards.insert(at, named);
                at += 1;
            }
        }
    }
}
