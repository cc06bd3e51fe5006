//! A reference of metrics, spans and attributes, as Markdown.

use std::fmt::Write;

use spanwright_catalog::{
    Attribute, Buckets, Catalog, Derived, Indicator, Kind, Label, Metric, Objective, Redaction, Span, Values,
};

/// Writes the reference.
pub(crate) fn markdown(catalog: &Catalog) -> String {
    let title = match catalog.service.name.as_str() {
        "" => "Telemetry".to_owned(),
        name => format!("Telemetry of {}", plain(name)),
    };
    let mut page = format!("# {title}\n");
    section(&mut page, "Metrics", &catalog.metrics, metric);
    section(&mut page, "Metrics made by recording rules", &catalog.derived, derived);
    section(&mut page, "Spans", &catalog.spans, span);
    section(&mut page, "Attributes", &catalog.attributes, attribute);
    page
}

fn section<T>(page: &mut String, title: &str, all: &[T], write: impl Fn(&T) -> String) {
    if !all.is_empty() {
        let _ = write!(page, "\n## {title}\n");
        all.iter().for_each(|one| page.push_str(&write(one)));
    }
}

fn metric(metric: &Metric) -> String {
    let Metric {
        name,
        otel_name,
        kind,
        unit,
        otel_unit,
        help,
        labels,
        buckets,
        quantiles,
        threshold,
        alerts,
        place,
        ..
    } = metric;
    let mut text = format!("\n### {}\n\n{}\n\n", code(name), paragraph(help));
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {what}: {value}");
        }
    };
    row("kind", self::kind(*kind).to_owned());
    row("unit", unit_of(unit, otel_unit));
    row("OpenTelemetry name", code(otel_name));
    row("buckets", buckets.as_ref().map_or_else(String::new, self::buckets));
    row(
        "quantiles",
        quantiles
            .iter()
            .map(|quantile| code(&format!("{name}{{quantile=\"{quantile}\"}}")))
            .collect::<Vec<_>>()
            .join(", "),
    );
    if let Some(threshold) = threshold {
        let bounds = [("warning", threshold.warning), ("critical", threshold.critical)];
        let stated = bounds.iter().filter_map(|(name, bound)| Some(format!("{name} at {}", (*bound)?)));
        row("thresholds", stated.collect::<Vec<_>>().join(", "));
    }
    row("alerts", alerts.iter().map(|alert| code(&alert.name)).collect::<Vec<_>>().join(", "));
    row("declared", at(&place.file, place.line));
    text.push_str(&table(labels));
    text
}

fn derived(Derived { name, help, unit, expr, place }: &Derived) -> String {
    let mut text = format!("\n### {}\n\n{}\n\n", code(name), paragraph(help));
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {what}: {value}");
        }
    };
    row("unit", unit.clone());
    row("expression", code(expr));
    row("declared", at(&place.file, place.line));
    text
}

fn span(span: &Span) -> String {
    let Span { name, target, level, kind, component, doc, attributes, calls, objectives, place, function } =
        span;
    let mut text = format!("\n### {}\n", code(name));
    if !doc.is_empty() {
        let _ = write!(text, "\n{}\n", paragraph(doc));
    }
    text.push('\n');
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {what}: {value}");
        }
    };
    row("kind", kind.clone());
    row("level", level.clone());
    row("target", code(target));
    row("component", code(component));
    row("function", format!("{}, {}", code(function), at(&place.file, place.line)));
    row("attributes", attributes.iter().map(|key| code(key)).collect::<Vec<_>>().join(", "));
    if let Some(calls) = calls {
        let names = [&calls.total, &calls.duration, &calls.in_flight];
        let names = names.iter().filter(|name| !name.is_empty()).map(|name| code(name));
        row("metrics", names.collect::<Vec<_>>().join(", "));
    }
    row("objectives", objectives.iter().map(objective).collect::<Vec<_>>().join("; "));
    text
}

fn attribute(attribute: &Attribute) -> String {
    let Attribute { key, value_type, help, examples, redaction, place } = attribute;
    let mut text = format!("\n### {}\n\n", code(key));
    if !help.is_empty() {
        let _ = write!(text, "{}\n\n", paragraph(help));
    }
    let mut row = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {what}: {value}");
        }
    };
    row("type", value_type.clone());
    row("examples", examples.iter().map(|example| code(example)).collect::<Vec<_>>().join(", "));
    let left = match redaction {
        Redaction::Shown => "",
        Redaction::Hashed => "a keyed hash of the value",
        Redaction::Masked => "stars",
        Redaction::Dropped => "nothing",
    };
    row("recorded", left.to_owned());
    row("declared", at(&place.file, place.line));
    text
}

fn objective(objective: &Objective) -> String {
    let share = percent(objective.ratio);
    let kept = match objective.indicator {
        Indicator::Success => format!("{share} of calls succeed"),
        Indicator::Latency { seconds: bound, .. } => {
            format!("{share} of calls take no longer than {}", seconds(bound))
        }
    };
    let name = if objective.name.is_empty() { String::new() } else { format!("{}: ", code(&objective.name)) };
    format!("{name}within {}, {kept}", window(objective.window_seconds))
}

fn window(seconds: u64) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match seconds % DAY {
        0 => format!("{} days", seconds / DAY),
        _ => format!("{seconds} s"),
    }
}

/// A share as it would be written: 99.9%, not 99.89999999999999%.
fn percent(share: f64) -> String {
    let rounded = (share * 100.0 * 1e9).round() / 1e9;
    format!("{rounded}%")
}

fn seconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1.0 => format!("{} ms", (seconds * 1e3 * 1e9).round() / 1e9),
        seconds => format!("{seconds} s"),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::UpDownCounter => "up-down counter",
    }
}

fn unit_of(unit: &str, otel_unit: &str) -> String {
    match (unit, otel_unit) {
        (unit, "") => unit.to_owned(),
        ("", otel_unit) => code(otel_unit),
        (unit, otel_unit) => format!("{unit} ({})", code(otel_unit)),
    }
}

fn buckets(buckets: &Buckets) -> String {
    match buckets {
        Buckets::Native => "native".to_owned(),
        Buckets::Explicit(bounds) => bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn table(labels: &[Label]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let mut text = "\n| Label | Values | Meaning |\n| --- | --- | --- |\n".to_owned();
    for Label { name, attribute, help, values } in labels {
        let values = match values {
            Values::Known(values) => values.iter().map(|value| code(value)).collect::<Vec<_>>().join(", "),
            Values::Text { max } => format!("any text, {max} of them kept apart"),
        };
        let stands = if attribute.is_empty() {
            String::new()
        } else {
            format!(" (the attribute {})", code(attribute))
        };
        let _ =
            writeln!(text, "| {} | {} | {}{stands} |", code(name), values.replace('|', "\\|"), cell(help));
    }
    text
}

fn at(file: &str, line: u32) -> String {
    if file.is_empty() { String::new() } else { code(&format!("{file}:{line}")) }
}

/// A text between backticks, however many it has itself; nothing for nothing.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{}{pad}{ticks}", text.replace('\n', " "))
}

/// A documentation comment, which is Markdown already, without headings that would be the page's.
fn paragraph(text: &str) -> String {
    let lines =
        text.lines().map(|line| if line.starts_with('#') { format!("\\{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A name, of which nothing is markup.
fn plain(text: &str) -> String {
    let escape = |c: char| {
        if c.is_ascii_punctuation() && !"-.".contains(c) { format!("\\{c}") } else { c.to_string() }
    };
    text.replace('\n', " ").chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_all_that_is_known() {
        let catalog = Catalog::from_json(include_str!("../../dashboards/tests/shop.json")).unwrap();
        let page = markdown(&catalog);
        assert_eq!(page, include_str!("../tests/shop.md"), "{page}");
    }

    #[test]
    fn texts_are_no_markup() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(cell("a|b\nc"), "a\\|b c");
        assert_eq!(paragraph("# no heading"), "\\# no heading");
        assert_eq!(plain("a*b-c"), "a\\*b-c");
        assert_eq!(
            (percent(0.999), percent(0.1), seconds(0.25)),
            ("99.9%".into(), "10%".into(), "250 ms".into())
        );
    }
}
