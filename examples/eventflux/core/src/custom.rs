//! Metrics that queries make up while they run: `EMIT METRICS`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spanwright::catalog::schema::{Kind as Stated, Metric};
use spanwright::registry::{Family, Kind, LabelSet, Source, Value as Number};

use crate::metrics::{Name, SystemMetrics};
use crate::plan::Query;
use crate::sql::{At, SqlError};
use crate::value::Event;

/// The most groups of a query whose values are shown; more are left out and counted.
const MOST_GROUPS: usize = 100;

/// All of them, which the registry asks.
#[derive(Debug, Default)]
pub(crate) struct CustomMetrics {
    queries: Mutex<BTreeMap<Name, Arc<OfOneQuery>>>,
}

/// The families of one query: one for each of its columns that is a number and no group's.
#[derive(Debug)]
pub(crate) struct OfOneQuery {
    query: Name,
    /// The columns, by their numbers.
    values: Vec<(usize, Name)>,
    labels: Vec<(usize, Name)>,
    /// By the groups.
    rows: Mutex<BTreeMap<Vec<String>, Vec<f64>>>,
}

impl CustomMetrics {
    /// Makes families for a query, whose names nobody has yet.
    pub(crate) fn register(&self, query: &Query, at: At) -> Result<Arc<OfOneQuery>, SqlError> {
        let column = |place: usize| (place, query.schema.columns[place].0.clone());
        let labels: Vec<_> = query.group_columns.iter().copied().map(column).collect();
        let columns = 0..query.schema.columns.len();
        let values: Vec<_> =
            columns.filter(|place| !query.group_columns.contains(place)).map(column).collect();
        for (_, name) in &labels {
            let is_reserved = matches!(&**name, "le" | "quantile" | "query_id") || name.starts_with("__");
            if is_reserved || !is_name(name) {
                return Err(at.error(format!(
                    "`{name}` can't be a label of a metric; call the column otherwise by AS"
                )));
            }
        }
        // It asks this source too, of which no lock is held.
        let known = spanwright::catalog();
        for (place, name) in &values {
            if !query.schema.columns[*place].1.is_number() {
                return Err(at.error(format!("`{name}` is no number; EMIT METRICS is of numbers and groups")));
            }
            if !is_name(name) {
                return Err(
                    at.error(format!("`{name}` is no name of a metric; call the column otherwise by AS"))
                );
            }
            if let Some(metric) = known.metrics.iter().find(|metric| has_series(metric, name)) {
                return Err(at.error(format!(
                    "there is a metric `{}` with the series `{name}`; call the column otherwise by AS",
                    metric.name
                )));
            }
        }
        let family = Arc::new(OfOneQuery { query: query.id.clone(), values, labels, rows: Mutex::default() });
        self.queries().insert(query.id.clone(), Arc::clone(&family));
        Ok(family)
    }

    /// How many families there are.
    pub(crate) fn families(&self) -> usize {
        self.queries().values().map(|query| query.values.len()).sum()
    }

    fn queries(&self) -> MutexGuard<'_, BTreeMap<Name, Arc<OfOneQuery>>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OfOneQuery {
    /// Shows the values of these rows from now on.
    pub(crate) fn set(&self, rows: &[Event]) {
        let mut shown = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let group: Vec<String> =
                self.labels.iter().map(|(place, _)| row.values[*place].to_string()).collect();
            if shown.len() >= MOST_GROUPS && !shown.contains_key(&group) {
                SystemMetrics::global().custom_metrics_left_out_total.inc();
                continue;
            }
            let values = self.values.iter().map(|(place, _)| row.values[*place].number().unwrap_or(f64::NAN));
            shown.insert(group, values.collect());
        }
    }

    fn family(&self, number: usize, name: &Name) -> Family {
        let help = format!("`{name}` of the query `{}`, by EMIT METRICS", self.query);
        let mut family = Family { help: help.into(), ..Family::new(name.clone(), Kind::Gauge) };
        for (group, values) in &*self.rows.lock().unwrap_or_else(PoisonError::into_inner) {
            let query = ("query_id".into(), self.query.to_string());
            let groups = self.labels.iter().map(|(_, name)| name.clone()).zip(group.iter().cloned());
            let labels: LabelSet = [query].into_iter().chain(groups).collect();
            family = family.with(labels, Number::Gauge(values[number]));
        }
        family
    }
}

impl Source for CustomMetrics {
    fn collect(&self, families: &mut Vec<Family>) {
        let queries: Vec<Arc<OfOneQuery>> = self.queries().values().cloned().collect();
        for query in queries {
            families.extend(
                query.values.iter().enumerate().map(|(number, (_, name))| query.family(number, name)),
            );
        }
    }
}

/// Whether a metric is shown by this name, be it in Prometheus' format or in OpenMetrics', where a counter's family has no `_total`.
fn has_series(metric: &Metric, name: &str) -> bool {
    let is_counter = metric.kind == Stated::Counter;
    let family = if is_counter { metric.name.trim_end_matches("_total") } else { &metric.name };
    match name.strip_prefix(family) {
        Some("") => true,
        Some("_total" | "_created") => is_counter,
        Some("_bucket" | "_count" | "_sum") => metric.kind == Stated::Histogram,
        _ => false,
    }
}

/// Whether Prometheus takes it.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
