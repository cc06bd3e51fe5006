//! Which metrics and functions stand together.

use std::collections::{BTreeMap, BTreeSet};

use spanwright_catalog::{Catalog, Derived, Metric, Place, Span};

use super::named;

/// A component's, or where none is said a module's.
#[derive(Debug, Default)]
pub(crate) struct Group<'a> {
    pub(crate) name: String,
    pub(crate) spans: Vec<&'a Span>,
    pub(crate) metrics: Vec<&'a Metric>,
    pub(crate) derived: Vec<&'a Derived>,
}

/// Metrics that every service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The process and Tokio's runtimes.
    System,
    /// What the telemetry says of itself.
    Telemetry,
}

/// Words of names, and of helps, of what waits or is passed on.
const WAITING: [&str; 27] = [
    "backlog",
    "backpressure",
    "batch",
    "batches",
    "buffer",
    "buffered",
    "buffers",
    "channel",
    "channels",
    "consumed",
    "consumer",
    "lag",
    "messages",
    "pending",
    "produced",
    "published",
    "queue",
    "queued",
    "queues",
    "stream",
    "streams",
    "subscriber",
    "subscribers",
    "subscription",
    "wait",
    "waiting",
    "waits",
];

/// The uptime says the first, and nothing limits a process by the other.
const SAID_ELSEWHERE: [&str; 2] = ["process_start_time_seconds", "process_virtual_memory_max_bytes"];

impl Part {
    /// The rows of its dashboard, with what the names of the metrics in them start with.
    pub(crate) const fn rows(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::System => {
                &[("Process", "process_"), ("Network", "network_namespace_"), ("Tokio", "tokio_")]
            }
            Self::Telemetry => &[("Telemetry", "spanwright_"), ("Versions", "")],
        }
    }
}

/// The part that a metric belongs to, if any.
pub(crate) fn part_of(metric: &Metric) -> Option<Part> {
    let starts =
        |part: Part| part.rows().iter().any(|(_, start)| !start.is_empty() && metric.name.starts_with(start));
    match metric.name.as_str() {
        "build_info" | "target_info" => Some(Part::Telemetry),
        _ if starts(Part::System) => Some(Part::System),
        _ if starts(Part::Telemetry) => Some(Part::Telemetry),
        _ => None,
    }
}

/// What the names in a metric's row start with.
pub(crate) fn row_of(part: Part, metric: &Metric) -> &'static str {
    part.rows().iter().find(|(_, start)| metric.name.starts_with(start)).map_or("", |(_, start)| start)
}

/// The metrics of a part.
pub(crate) fn part(catalog: &Catalog, part: Part) -> Vec<&Metric> {
    catalog
        .metrics
        .iter()
        .filter(|metric| part_of(metric) == Some(part) && !SAID_ELSEWHERE.contains(&metric.name.as_str()))
        .collect()
}

/// Whether a metric is about what waits or is passed on.
pub(crate) fn waits(metric: &Metric) -> bool {
    let help = metric.help.to_lowercase();
    let words = metric.name.split('_').chain(help.split(|c: char| !c.is_alphanumeric()));
    let is_level = !matches!(metric.kind, spanwright_catalog::Kind::Histogram);
    is_level && words.into_iter().any(|word| WAITING.contains(&word))
}

/// All groups, by name. The families of functions' calls are shown with the functions.
pub(crate) fn of(catalog: &Catalog) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    let mut of_calls = BTreeSet::new();
    for span in &catalog.spans {
        let Some(calls) = &span.calls else { continue };
        of_calls.extend([&calls.total, &calls.errors, &calls.cancelled, &calls.duration, &calls.in_flight]);
        group(&mut groups, name_of_span(span)).spans.push(span);
    }
    let shown = catalog.metrics.iter().filter(|metric| {
        part_of(metric).is_none() && !named::is_named(metric) && !of_calls.contains(&metric.name)
    });
    for metric in shown {
        group(&mut groups, name_of(catalog, &metric.place, &metric.name)).metrics.push(metric);
    }
    for derived in &catalog.derived {
        group(&mut groups, name_of(catalog, &derived.place, &derived.name)).derived.push(derived);
    }
    groups.into_values().collect()
}

fn group<'g, 'a>(groups: &'g mut BTreeMap<String, Group<'a>>, name: String) -> &'g mut Group<'a> {
    groups.entry(name.clone()).or_insert_with(|| Group { name, ..Group::default() })
}

fn name_of_span(span: &Span) -> String {
    match span.component.as_str() {
        "" if span.place.module.is_empty() => last_of(&span.target).to_owned(),
        "" => last_of(&span.place.module).to_owned(),
        component => component.to_owned(),
    }
}

/// The group of something that is declared there.
fn name_of(catalog: &Catalog, place: &Place, name: &str) -> String {
    let first = name.split('_').next().unwrap_or_default();
    if place.module.is_empty() {
        return first.to_owned();
    }
    let beside =
        catalog.spans.iter().find(|span| span.place.module == place.module && !span.component.is_empty());
    if let Some(span) = beside {
        return span.component.clone();
    }
    // A module for metrics says nothing of what they are about; the one that it is in does.
    let about =
        place.module.rsplit("::").find(|part| !["metrics", "telemetry", "instrumentation"].contains(part));
    about.unwrap_or(first).to_owned()
}

fn last_of(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// A name as a file may have it.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    match slug.trim_end_matches('-') {
        "" => "metrics".to_owned(),
        slug => slug.chars().take(60).collect(),
    }
}
