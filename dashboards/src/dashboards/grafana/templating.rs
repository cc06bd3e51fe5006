//! Variables: `job`, `instance`, and the labels of what a dashboard shows.

use serde_json::{Value, json};
use spanwright_catalog::Catalog;

use super::{SOURCE, source};
use crate::dashboards::panel::Dashboard;
use crate::dashboards::variables::{Choice, Variable, series_of};
use crate::promql::Matcher;

/// Where all values are chosen, series without the label are shown too.
const ANYTHING: &str = ".*";

/// All variables of a dashboard.
pub(super) fn variables(dashboard: &Dashboard, catalog: &Catalog) -> Vec<Value> {
    let of_service = of_service(catalog);
    let of_job: Vec<Matcher> = of_service.iter().cloned().chain([Matcher::fits("job", "$job")]).collect();
    let source = json!({
        "type": "datasource",
        "name": SOURCE,
        "label": "Data source",
        "query": "prometheus",
        "hide": 2,
        "multi": false,
        "includeAll": false,
        "options": [],
        "refresh": 1,
    });
    let mut all = vec![source, asked("job", "", &of_service), asked("instance", "", &of_job)];
    all.extend(dashboard.variables.iter().map(variable));
    all
}

fn variable(variable: &Variable) -> Value {
    let Variable { label, help, values } = variable;
    match values {
        Choice::Asked { name } => {
            let chosen = [name.clone(), Matcher::fits("job", "$job"), Matcher::fits("instance", "$instance")];
            let mut value = asked(label, help, &chosen);
            value["allValue"] = json!(ANYTHING);
            value
        }
        Choice::Known(values) => {
            let all = json!({ "text": "All", "value": "$__all", "selected": true });
            let each = values.iter().map(|value| json!({ "text": value, "value": value, "selected": false }));
            let options: Vec<Value> = [all].into_iter().chain(each).collect();
            let listed: Vec<String> =
                values.iter().map(|value| value.replace('\\', "\\\\").replace(',', "\\,")).collect();
            json!({
                "type": "custom",
                "name": label,
                "label": label,
                "description": help,
                "query": listed.join(","),
                "options": options,
                "current": everything(),
                "multi": true,
                "includeAll": true,
                "allValue": ANYTHING,
                "hide": 0,
            })
        }
    }
}

/// A variable with the values that a label has in some series.
fn asked(label: &str, help: &str, series: &[Matcher]) -> Value {
    let series = series.iter().map(Matcher::to_string).collect::<Vec<_>>().join(",");
    json!({
        "type": "query",
        "name": label,
        "label": label,
        "description": help,
        "datasource": source(),
        "query": format!("label_values({{{series}}}, {label})"),
        "current": everything(),
        "options": [],
        "multi": true,
        "includeAll": true,
        "refresh": 2,
        "sort": 1,
        "hide": 0,
    })
}

/// What the series of the service have in common, of which there are some from the start.
fn of_service(catalog: &Catalog) -> Vec<Matcher> {
    let service = catalog.service.name.as_str();
    match catalog.metric("target_info") {
        Some(_) if !service.is_empty() => {
            vec![Matcher::is("__name__", "target_info"), Matcher::is("service_name", service)]
        }
        Some(_) => vec![Matcher::is("__name__", "target_info")],
        None => {
            let from_the_start = catalog.metrics.iter().find(|metric| metric.labels.is_empty());
            vec![from_the_start.map_or_else(|| Matcher::is("__name__", "up"), series_of)]
        }
    }
}

fn everything() -> Value {
    json!({ "text": ["All"], "value": ["$__all"], "selected": true })
}
