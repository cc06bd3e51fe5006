//! What a metric is called, by Prometheus and by OpenTelemetry.
//!
//! A name is Prometheus', behind the struct's prefix; or exactly as written (`name_exact`), and then, where Prometheus could not
//! take it, OpenTelemetry's, of which Prometheus gets the standard translation.
//!
//! Source of the translation:
//! [compatibility with Prometheus](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/). Where it
//! leaves a choice, the name is the one that Prometheus itself makes of what it gets by OTLP.

use proc_macro2::{Ident, Span};
use syn::LitStr;
use syn::ext::IdentExt;

use crate::args::{Arg, Eq, Text};
use crate::errors::Errors;
use crate::naming;

/// A text that depends on the metric's kind, which only the compiler knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ByKind {
    pub(super) counter: String,
    pub(super) gauge: String,
    pub(super) other: String,
}

impl ByKind {
    fn same(text: String) -> Self {
        Self { counter: text.clone(), gauge: text.clone(), other: text }
    }

    /// The text, where it does not depend on anything.
    pub(super) fn constant(&self) -> Option<&str> {
        (self.counter == self.gauge && self.gauge == self.other).then_some(&self.other)
    }

    /// Whether it may be that text.
    pub(super) fn is_ever(&self, text: &str) -> bool {
        [&self.counter, &self.gauge, &self.other].into_iter().any(|one| one == text)
    }
}

/// The names and units of one metric.
pub(super) struct Names {
    /// Prometheus'.
    pub(super) name: ByKind,
    pub(super) unit: ByKind,
    /// OpenTelemetry's, or nothing where it is the same.
    pub(super) otel_name: String,
    /// UCUM's, or nothing where it follows from the unit.
    pub(super) otel_unit: String,
    /// Whether nothing goes in front of it, and no rule holds for it.
    pub(super) is_exact: bool,
    /// What the name is written as, in a literal or by the field.
    pub(super) at: Span,
}

/// What was written about them.
pub(super) struct Written {
    pub(super) name: Arg<Eq<Text>>,
    pub(super) name_exact: Arg<Eq<Text>>,
    pub(super) otel_name: Arg<Eq<Text>>,
    pub(super) unit: Arg<Eq<Text>>,
}

/// The units that a name's suffix tells: OpenMetrics' base units.
const BASE_UNITS: [&str; 9] =
    ["seconds", "bytes", "ratio", "meters", "grams", "joules", "volts", "amperes", "celsius"];

/// UCUM's units beside Prometheus' words. What is not among them Prometheus leaves as it is.
///
/// Source: [`metric_namer.go`](https://github.com/prometheus/otlptranslator/blob/51da77392288a9e499af0900c6cde6a8d769dc34/metric_namer.go)
/// of Prometheus' translator, misspelt as it is there; but for `1`, which is a word only in names that are written out.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", "ratio"),
    ("%", "percent"),
];

/// What a unit is called behind a `/`.
const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

impl Names {
    pub(super) fn new(field: &Ident, prefix: Option<&str>, written: Written, errors: &mut Errors) -> Self {
        let Written { name, name_exact, otel_name, unit } = written;
        if let (Some(name), Some(exact)) = (&name, &name_exact) {
            let message = "`name` goes behind the prefix and `name_exact` does not: write one of them";
            errors.between(name.key.span(), exact.key.span(), message);
        }
        let otel_name = otel_name.map(|name| name.value.0.0);
        if let Some(name) = otel_name.as_ref().filter(|name| !is_otel_name(&name.value())) {
            errors.at(name.span(), no_otel_name(&name.value()));
        }
        let unit = unit.map(|unit| unit.value.0.0);
        match name_exact.map(|name| name.value.0.0) {
            Some(name) if is_prometheus_name(&name.value()) => Self::exact(&name, otel_name, unit, errors),
            Some(name) => Self::opentelemetry(&name, otel_name, unit, errors),
            None => Self::derived(field, name.map(|name| name.value.0.0), prefix, otel_name, unit, errors),
        }
    }

    /// Behind the prefix, by all rules.
    fn derived(
        field: &Ident,
        name: Option<LitStr>,
        prefix: Option<&str>,
        otel_name: Option<LitStr>,
        unit: Option<LitStr>,
        errors: &mut Errors,
    ) -> Self {
        let (suffix, at) = match &name {
            Some(name) => (name.value(), name.span()),
            None => (field.unraw().to_string(), field.span()),
        };
        if !naming::is_prometheus_name(&suffix) {
            let remedy = if suffix.contains('.') && is_otel_name(&suffix) {
                "; a name of OpenTelemetry's goes into `name_exact`"
            } else {
                ""
            };
            let message = format!(
                "`{suffix}` is no metric name: use letters, digits and `_`, and no digit in front{remedy}"
            );
            errors.at(at, message);
        }
        let full = prefix.map_or_else(|| suffix.clone(), |prefix| format!("{prefix}_{suffix}"));
        let unit = match unit {
            Some(unit) => {
                let word = word(&unit, errors);
                if word.as_ref().is_some_and(|word| !ends_in(&full, word)) {
                    let (total, stem) = (total(&full), without_total(&suffix));
                    let unit_text = unit.value();
                    let message = format!(
                        "the name `{full}` does not end in its unit: name the field `{stem}_{unit_text}{total}`"
                    );
                    errors.at(unit.span(), message);
                }
                word.unwrap_or_default()
            }
            None => told_by(&full),
        };
        let otel_name = otel_name.map(|name| name.value()).unwrap_or_default();
        let (name, unit) = (ByKind::same(full), ByKind::same(unit));
        Self { name, unit, otel_name, otel_unit: String::new(), is_exact: false, at }
    }

    /// Prometheus' name, by no rule.
    fn exact(name: &LitStr, otel_name: Option<LitStr>, unit: Option<LitStr>, errors: &mut Errors) -> Self {
        let (at, name) = (name.span(), name.value());
        let unit = match unit {
            Some(unit) => word(&unit, errors).unwrap_or_default(),
            None => told_by(&name),
        };
        let otel_name = otel_name.map(|name| name.value()).unwrap_or_default();
        let (name, unit) = (ByKind::same(name), ByKind::same(unit));
        Self { name, unit, otel_name, otel_unit: String::new(), is_exact: true, at }
    }

    /// OpenTelemetry's name, and what Prometheus makes of it.
    fn opentelemetry(
        name: &LitStr,
        otel_name: Option<LitStr>,
        unit: Option<LitStr>,
        errors: &mut Errors,
    ) -> Self {
        let (at, name) = (name.span(), name.value());
        if !is_otel_name(&name) {
            errors.at(at, no_otel_name(&name));
        } else if let Some(other) = otel_name {
            let message = format!("`{name}` is OpenTelemetry's name already: leave `otel_name` out");
            errors.at(other.span(), message);
        }
        let ucum = unit.map(|unit| ucum(&unit, errors)).unwrap_or_default();
        let (prometheus, unit) = translated(&name, &ucum);
        Self { name: prometheus, unit, otel_name: name, otel_unit: ucum, is_exact: true, at }
    }

    /// Whether the name is like a counter's, where a rule says that it must be; only the compiler knows whether it is one.
    pub(super) fn ends_in_total(&self) -> Option<bool> {
        (!self.is_exact).then(|| self.name.other.ends_with("_total"))
    }

    /// Whether the unit is one of those that durations are counted in.
    pub(super) fn is_time(&self) -> bool {
        ["seconds", "milliseconds", "microseconds", "nanoseconds"].contains(&self.unit.other.as_str())
    }
}

/// Whether Prometheus takes it as it is. Colons are for recording rules, but it may be just such a one's name.
fn is_prometheus_name(name: &str) -> bool {
    naming::is_prometheus_name(&name.replace(':', "_"))
}

/// Whether OpenTelemetry takes it for an instrument's name.
///
/// Source: [the API's specification](https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax).
fn is_otel_name(name: &str) -> bool {
    name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || "_.-/".contains(one))
}

fn no_otel_name(name: &str) -> String {
    format!(
        "`{name}` is no name of OpenTelemetry's: use letters, digits, `.`, `_`, `-` and `/`, a letter in front, and no more than 255"
    )
}

/// The unit of a name that is Prometheus': a word.
fn word(unit: &LitStr, errors: &mut Errors) -> Option<String> {
    let text = unit.value();
    let known = UNITS.iter().find(|(ucum, _)| *ucum == text);
    if let Some((_, word)) = known {
        errors.at(unit.span(), format_args!("`{text}` is no unit in a name of Prometheus': write `{word}`"));
    } else if !naming::is_prometheus_name(&text) {
        errors.at(unit.span(), format_args!("`{text}` is no unit: write a word, such as `seconds`"));
    } else {
        return Some(text);
    }
    None
}

/// The unit of a name that is OpenTelemetry's: UCUM's, written as such or in Prometheus' word.
fn ucum(unit: &LitStr, errors: &mut Errors) -> String {
    let text = unit.value();
    if let Some((ucum, _)) = UNITS.iter().find(|(_, word)| *word == text) {
        return (*ucum).to_owned();
    }
    let is_open = |open: bool, one: char| match one {
        '{' if !open => Some(true),
        '}' if open => Some(false),
        '{' | '}' => None,
        _ => Some(open),
    };
    let are_braces_closed = text.chars().try_fold(false, is_open) == Some(false);
    if text.len() > 63 || !are_braces_closed || !text.chars().all(|one| one.is_ascii_graphic()) {
        let message = format!("`{text}` is no unit: write UCUM's, such as `ms`, `By` or `{{event}}`");
        errors.at(unit.span(), message);
    }
    text
}

fn ends_in(name: &str, unit: &str) -> bool {
    without_total(name).strip_suffix(unit).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

fn without_total(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

fn total(name: &str) -> &str {
    name.strip_prefix(without_total(name)).unwrap_or_default()
}

/// The unit that a name's suffix tells; or nothing.
fn told_by(name: &str) -> String {
    BASE_UNITS.iter().find(|unit| ends_in(name, unit)).map_or_else(String::new, |unit| (*unit).to_owned())
}

/// What Prometheus calls a metric of OpenTelemetry's, and its unit. Each of the unit's two parts stands behind the name, unless
/// it is one of the name's parts already.
fn translated(name: &str, ucum: &str) -> (ByKind, ByKind) {
    let units = prometheus_units(ucum);
    let mut words = tokens(name);
    let missing: Vec<&str> =
        units.iter().map(String::as_str).filter(|unit| !unit.is_empty() && !words.contains(unit)).collect();
    words.extend(missing);
    let ending_in = |last: &'static str| {
        let others = words.iter().copied().filter(|word| *word != last);
        whole(&others.chain([last]).collect::<Vec<_>>())
    };
    let other = whole(&words);
    let is_ratio = ucum == "1";
    let gauge = if is_ratio { ending_in("ratio") } else { other.clone() };
    let stated: Vec<&str> = units.iter().map(String::as_str).filter(|unit| !unit.is_empty()).collect();
    let unit = stated.join("_");
    let of_gauge = if is_ratio { "ratio".to_owned() } else { unit.clone() };
    let names = ByKind { counter: ending_in("total"), gauge, other };
    (names, ByKind { counter: unit.clone(), gauge: of_gauge, other: unit })
}

/// The parts between characters that Prometheus does not take, and underscores.
fn tokens(name: &str) -> Vec<&str> {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == ':';
    name.split(|one| !is_part(one)).filter(|part| !part.is_empty()).collect()
}

fn whole(words: &[&str]) -> String {
    let name = words.join("_");
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The words for a unit of UCUM's, and for what is behind its `/`, without what is in braces; of a ratio, none.
///
/// Input: `By/s`; output: `bytes`, `per_second`.
fn prometheus_units(ucum: &str) -> [String; 2] {
    let word = |unit: &str, known: &[(&str, &str)]| {
        let unit = unit.trim();
        if unit.is_empty() || unit == "1" || unit.contains(['{', '}']) {
            return String::new();
        }
        let word = known.iter().find(|(ucum, _)| *ucum == unit).map_or(unit, |(_, word)| *word);
        tokens(word).join("_")
    };
    let (main, per) = ucum.split_once('/').unwrap_or((ucum, ""));
    let per = word(per, &PER);
    [word(main, &UNITS), if per.is_empty() { per } else { format!("per_{per}") }]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a counter, a gauge and a histogram.
    #[track_caller]
    fn becomes(name: &str, ucum: &str, [counter, gauge, other]: [&str; 3]) {
        let expected = ByKind { counter: counter.into(), gauge: gauge.into(), other: other.into() };
        assert_eq!(translated(name, ucum).0, expected, "{name} in {ucum}");
    }

    #[test]
    fn names_become_what_prometheus_makes_of_them() {
        let three = |one: &'static str, total: &'static str| [total, one, one];
        becomes("subscription.lag", "", three("subscription_lag", "subscription_lag_total"));
        becomes("subscription.lag", "{event}", three("subscription_lag", "subscription_lag_total"));
        becomes(
            "kafka.eventbus.handler.duration",
            "ms",
            three(
                "kafka_eventbus_handler_duration_milliseconds",
                "kafka_eventbus_handler_duration_milliseconds_total",
            ),
        );
        becomes("disk.io", "By/s", three("disk_io_bytes_per_second", "disk_io_bytes_per_second_total"));
        becomes("requests", "1/s", three("requests_per_second", "requests_per_second_total"));
        // As it is there: what is behind the `/` is compared with the name's single parts.
        becomes(
            "requests.per.second",
            "1/s",
            three("requests_per_second_per_second", "requests_per_second_per_second_total"),
        );
        becomes("disk.bytes", "By/s", three("disk_bytes_per_second", "disk_bytes_per_second_total"));
        becomes("network.io", "bit", three("network_io_bit", "network_io_bit_total"));
        becomes("room.temperature", "K", three("room_temperature_K", "room_temperature_K_total"));
        becomes("disk.size", "TiBy", three("disk_size_tibibytes", "disk_size_tibibytes_total"));
        becomes("sent.bytes", "By", three("sent_bytes", "sent_bytes_total"));
        becomes("bytes.sent", "By", three("bytes_sent", "bytes_sent_total"));
        becomes("memory.use", "1", ["memory_use_total", "memory_use_ratio", "memory_use"]);
        becomes("hit.ratio", "1", ["hit_ratio_total", "hit_ratio", "hit_ratio"]);
        becomes("total.sent", "By", ["sent_bytes_total", "total_sent_bytes", "total_sent_bytes"]);
        becomes("a--b../c", "%", three("a_b_c_percent", "a_b_c_percent_total"));
        becomes("4xx.rate", "", three("_4xx_rate", "_4xx_rate_total"));
        becomes("power", "kW.h", three("power_kW_h", "power_kW_h_total"));
    }

    /// Source: [`metric_namer_test.go`](https://github.com/prometheus/otlptranslator/blob/51da77392288a9e499af0900c6cde6a8d769dc34/metric_namer_test.go),
    /// its cases with suffixes and without a namespace.
    #[test]
    fn names_are_those_of_prometheus_own_tests() {
        for (name, ucum, expected, unit) in [
            ("cpu_usage", "1", "cpu_usage_ratio", ""),
            ("response_time", "ms", "response_time_milliseconds", "milliseconds"),
            ("memory_usage", "By", "memory_usage_bytes", "bytes"),
            ("requests", "1/s", "requests_per_second", "per_second"),
            ("throughput", "By/s", "throughput_bytes_per_second", "bytes_per_second"),
            ("custom_metric", "custom_unit", "custom_metric_custom_unit", "custom_unit"),
            ("custom_metric", "{custom}", "custom_metric", ""),
            ("custom_metric", "By/{custom}", "custom_metric_bytes", "bytes"),
            ("cpu_usage_ratio", "1", "cpu_usage_ratio", ""),
            ("response_time_seconds", "s", "response_time_seconds", "seconds"),
            ("metric@with#special$chars", "", "metric_with_special_chars", ""),
            ("123metric", "", "_123metric", ""),
        ] {
            let (names, units) = translated(name, ucum);
            assert_eq!((&*names.gauge, &*units.other), (expected, unit), "{name} in {ucum}");
        }
        for (name, ucum, expected) in [
            ("requests", "", "requests_total"),
            ("items", "1", "items_total"),
            ("requests_total", "", "requests_total"),
            ("cpu_seconds_total", "s", "cpu_seconds_total"),
            ("otelcol_process_cpu_seconds", "s", "otelcol_process_cpu_seconds_total"),
            ("requests", "1/s", "requests_per_second_total"),
        ] {
            assert_eq!(translated(name, ucum).0.counter, expected, "{name} in {ucum}");
        }
    }

    #[test]
    fn units_become_words() {
        for (ucum, word) in
            [("", ""), ("ms", "milliseconds"), ("1", ""), ("{event}/s", "per_second"), ("Cel", "celsius")]
        {
            assert_eq!(translated("a", ucum).1.other, word, "{ucum}");
        }
        assert_eq!(translated("a", "1").1.gauge, "ratio");
    }
}
