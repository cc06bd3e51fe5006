//! An OpenTelemetry Weaver registry: the attributes, the metrics and the spans, as groups of its first version.
//!
//! The shape is that of <https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.md>. An attribute is defined
//! once, in the registry's attribute group, and referred to by metrics and spans.

mod attributes;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write;

use spanwright_catalog::{Catalog, Kind, Metric, Span};

use crate::File;
use crate::alerts::yaml::scalar;
use crate::units;
use attributes::Attributes;

/// What every part says of its future: a catalogue knows what is, not what will stay.
const STABILITY: &str = "development";

/// Writes the registry: its manifest, and the groups.
#[must_use]
pub fn files(catalog: &Catalog, schema_url: Option<&str>) -> Vec<File> {
    let service = name_of(catalog);
    let version = match catalog.service.version.as_str() {
        "" => "0.1.0",
        version => version,
    };
    let by_default =
        format!("https://example.com/schemas/{}/{}", identifier(service), identifier_of_version(version));
    let manifest = format!(
        "description: {}\nschema_url: {}\n",
        scalar(&format!("The telemetry of {service}."), 2),
        scalar(schema_url.unwrap_or(&by_default), 2)
    );
    let groups = File { name: format!("{}.yaml", identifier(service)), text: yaml(catalog) };
    vec![File { name: "manifest.yaml".to_owned(), text: manifest }, groups]
}

/// Writes the groups.
#[must_use]
pub fn yaml(catalog: &Catalog) -> String {
    let attributes = Attributes::of(catalog);
    let mut ids = BTreeSet::new();
    let mut text = "groups:\n".to_owned();
    text.push_str(&attribute_group(name_of(catalog), &attributes, &mut ids));
    for metric in &catalog.metrics {
        text.push_str(&self::metric(metric, &mut ids));
    }
    for span in &catalog.spans {
        text.push_str(&self::span(span, &mut ids));
    }
    if text == "groups:\n" { "groups: []\n".to_owned() } else { text }
}

fn name_of(catalog: &Catalog) -> &str {
    match catalog.service.name.as_str() {
        "" => "service",
        name => name,
    }
}

fn attribute_group(service: &str, attributes: &Attributes, ids: &mut BTreeSet<String>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let id = unlike(format!("registry.{}", identifier(service)), ids);
    let mut text = head(&id, "attribute_group", &format!("The attributes of {service}."));
    text.push_str("    attributes:\n");
    text.push_str(&attributes.yaml());
    text
}

fn metric(metric: &Metric, ids: &mut BTreeSet<String>) -> String {
    let name = if metric.otel_name.is_empty() { &metric.name } else { &metric.otel_name };
    let instrument = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::UpDownCounter => "updowncounter",
    };
    let mut text = head(&unlike(format!("metric.{name}"), ids), "metric", or(&metric.help, name));
    let _ = writeln!(text, "    metric_name: {}", scalar(name, 6));
    let _ = writeln!(text, "    instrument: {instrument}");
    let _ = writeln!(text, "    unit: {}", scalar(units::ucum(metric), 6));
    let keys = metric.labels.iter().map(attributes::key);
    text.push_str(&references(keys));
    text
}

fn span(span: &Span, ids: &mut BTreeSet<String>) -> String {
    let Span { name, target, function, kind, doc, attributes, .. } = span;
    let id = unlike(format!("span.{}.{}", target.replace("::", "."), or(function, name)), ids);
    let mut text = head(&id, "span", or(doc, name));
    let kind = match kind.as_str() {
        kind @ ("server" | "client" | "producer" | "consumer") => kind,
        _ => "internal",
    };
    let _ = writeln!(text, "    span_kind: {kind}");
    let note = format!("The span is called `{name}`.");
    let _ = writeln!(text, "    note: {}", scalar(&note, 6));
    let keys = attributes.iter().map(String::as_str);
    text.push_str(&references([attributes::OF_ALL_SPANS].into_iter().chain(keys)));
    text
}

/// What every group begins with.
fn head(id: &str, kind: &str, brief: &str) -> String {
    format!(
        "  - id: {}\n    type: {kind}\n    stability: {STABILITY}\n    brief: {}\n",
        scalar(id, 6),
        scalar(brief, 6)
    )
}

/// References to attributes, each once.
fn references<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let mut known = BTreeSet::new();
    let lines = keys
        .filter(|key| is_key(key) && known.insert(*key))
        .map(|key| format!("      - ref: {}\n", scalar(key, 10)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("    attributes:\n{lines}") }
}

/// The first text that says something. Weaver takes nothing that says nothing.
fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    [text.trim(), otherwise.trim()].into_iter().find(|text| !text.is_empty()).unwrap_or("unnamed")
}

/// Whether it names an attribute at all.
fn is_key(key: &str) -> bool {
    !key.trim().is_empty()
}

/// An id that no other group has.
fn unlike(id: String, ids: &mut BTreeSet<String>) -> String {
    let mut free = id.clone();
    let mut count = 1;
    while !ids.insert(free.clone()) {
        count += 1;
        free = format!("{id}.{count}");
    }
    free
}

/// A text as part of an id.
fn identifier(text: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let identifier: String = text.chars().map(part).collect();
    if identifier.is_empty() { "_".to_owned() } else { identifier }
}

/// A version as part of an address.
fn identifier_of_version(version: &str) -> String {
    version
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' })
        .collect()
}
