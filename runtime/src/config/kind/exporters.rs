//! Lists of exporters.

use super::{Kind, Reason, Shape, items};
use crate::config::near::nearest;

/// Where spans are exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracesExporterName {
    Otlp,
    Zipkin,
    Console,
    /// OTLP as lines of JSON.
    Stdout,
}

/// Where log records are exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogsExporterName {
    Otlp,
    /// OTLP as lines of JSON.
    Stdout,
}

/// Where metrics are pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsExporterName {
    Otlp,
    /// The admin server, which is asked.
    Prometheus,
    Console,
    /// OTLP as lines of JSON.
    Stdout,
}

impl TracesExporterName {
    const ALL: [(&'static str, Self); 4] = [
        ("otlp", Self::Otlp),
        ("zipkin", Self::Zipkin),
        ("console", Self::Console),
        ("otlp/stdout", Self::Stdout),
    ];
}

impl LogsExporterName {
    const ALL: [(&'static str, Self); 2] = [("otlp", Self::Otlp), ("otlp/stdout", Self::Stdout)];
}

impl MetricsExporterName {
    const ALL: [(&'static str, Self); 4] = [
        ("otlp", Self::Otlp),
        ("prometheus", Self::Prometheus),
        ("console", Self::Console),
        ("otlp/stdout", Self::Stdout),
    ];
}

/// Exporters of spans; an empty list is `none`.
pub(crate) struct TraceExporters;

impl Kind for TraceExporters {
    type Value = Vec<TracesExporterName>;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str = "a list of `otlp`, `zipkin`, `console` and `otlp/stdout`, or `none`";

    fn show(value: &Self::Value) -> String {
        names(value, &TracesExporterName::ALL)
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        list(text, &TracesExporterName::ALL, |name| match name {
            "jaeger" => Some("Jaeger takes OTLP at its port 4318: write `otlp`"),
            "logging" => Some("it is called `console` now"),
            _ => None,
        })
    }
}

/// Exporters of log records; an empty list is `none`.
pub(crate) struct LogExporters;

impl Kind for LogExporters {
    type Value = Vec<LogsExporterName>;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str = "a list of `otlp` and `otlp/stdout`, or `none`";

    fn show(value: &Self::Value) -> String {
        names(value, &LogsExporterName::ALL)
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        list(text, &LogsExporterName::ALL, |name| {
            matches!(name, "console" | "logging").then_some("log lines are written to the console anyway")
        })
    }
}

/// Exporters of metrics; an empty list is `none`.
pub(crate) struct MetricExporters;

impl Kind for MetricExporters {
    type Value = Vec<MetricsExporterName>;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str = "a list of `otlp`, `prometheus`, `console` and `otlp/stdout`, or `none`";

    fn show(value: &Self::Value) -> String {
        names(value, &MetricsExporterName::ALL)
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        list(text, &MetricsExporterName::ALL, |name| {
            (name == "logging").then_some("it is called `console` now")
        })
    }
}

/// A list as it is written.
fn names<T: PartialEq>(list: &[T], known: &[(&'static str, T)]) -> String {
    let of = |exporter| known.iter().find(|(_, known)| known == exporter).map(|(name, _)| *name);
    let names: Vec<_> = list.iter().filter_map(of).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(",") }
}

/// Reads a list, each exporter once. `remedy` knows what others call exporters.
fn list<T: Copy + PartialEq>(
    text: &str,
    known: &[(&'static str, T)],
    remedy: impl Fn(&str) -> Option<&'static str>,
) -> Result<Vec<T>, Reason> {
    let mut exporters = Vec::new();
    let (mut none, mut other) = (false, None);
    for item in items(text) {
        let name = item.to_ascii_lowercase();
        if name == "none" {
            none = true;
            continue;
        }
        let Some((name, exporter)) = known.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(item, &name, known, remedy(&name)));
        };
        other.get_or_insert(name);
        if !exporters.contains(exporter) {
            exporters.push(*exporter);
        }
    }
    match other {
        Some(other) if none => Err(format!("`none` and `{other}` exclude each other").into()),
        None if !none => Err("it names no exporter".into()),
        _ => Ok(exporters),
    }
}

/// What is wrong with an unknown exporter, and what to write.
fn unknown<T>(item: &str, name: &str, known: &[(&'static str, T)], remedy: Option<&'static str>) -> Reason {
    let shown: String = item.chars().take(40).flat_map(char::escape_debug).collect();
    if let Some(remedy) = remedy {
        return format!("`{shown}` is not supported: {remedy}").into();
    }
    match nearest(name, known.iter().map(|(known, _)| *known)) {
        Some(meant) => format!("`{shown}` is unknown; did you mean `{meant}`?").into(),
        None => format!("`{shown}` is unknown").into(),
    }
}
