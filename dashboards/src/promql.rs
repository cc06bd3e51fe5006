//! PromQL of what a catalogue names: what dashboards and alerts ask alike.
//!
//! Any text may stand in a catalogue. A metric's name that PromQL does not take as such becomes a matcher of `__name__`; a label
//! with such a name can't be asked for, and is passed over.

use std::fmt;

use spanwright_catalog::{Buckets, Calls, Catalog, Kind, Metric, Values};

/// Of which series, and over which window of time, a question is asked.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// What stands in every selector besides the metric's own matchers: `job="shop"`.
    pub(crate) matchers: Vec<Matcher>,
    /// The range of rates: `5m`, `$__rate_interval`.
    pub(crate) window: String,
}

/// A label and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    label: String,
    operator: &'static str,
    value: String,
}

impl Matcher {
    pub(crate) fn is(label: &str, value: &str) -> Self {
        Self { label: label.to_owned(), operator: "=", value: value.to_owned() }
    }

    pub(crate) fn is_not(label: &str, value: &str) -> Self {
        Self { label: label.to_owned(), operator: "!=", value: value.to_owned() }
    }

    /// Fits a regular expression, which PromQL anchors at both ends.
    pub(crate) fn fits(label: &str, regex: &str) -> Self {
        Self { label: label.to_owned(), operator: "=~", value: regex.to_owned() }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.label, self.operator, quoted(&self.value))
    }
}

impl Scope {
    pub(crate) fn new(window: &str, matchers: Vec<Matcher>) -> Self {
        Self { matchers, window: window.to_owned() }
    }

    /// The same series over another window.
    pub(crate) fn over(&self, window: &str) -> Self {
        Self { window: window.to_owned(), ..self.clone() }
    }

    /// `name{job="shop",…}`
    pub(crate) fn select(&self, name: &str, more: &[Matcher]) -> String {
        let is_plain = is_metric_name(name);
        let named = (!is_plain).then(|| Matcher::is("__name__", name));
        let all =
            named.iter().chain(&self.matchers).chain(more).filter(|matcher| is_label_name(&matcher.label));
        let matchers: Vec<String> = all.map(Matcher::to_string).collect();
        let name = if is_plain { name } else { "" };
        if matchers.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", matchers.join(",")) }
    }

    /// `rate(name{…}[5m])`
    pub(crate) fn rate(&self, name: &str, more: &[Matcher]) -> String {
        format!("rate({}[{}])", self.select(name, more), self.window)
    }

    /// `sum by (job) (rate(name{…}[5m]))`
    pub(crate) fn sum_of_rates(&self, by: &[&str], name: &str, more: &[Matcher]) -> String {
        format!("sum{} ({})", by_labels(by), self.rate(name, more))
    }

    /// A quantile of a histogram, in its unit. A native histogram is asked as such, and as a classic one, which the text
    /// formats make of it.
    pub(crate) fn quantile(
        &self,
        quantile: f64,
        by: &[&str],
        histogram: &str,
        buckets: Option<&Buckets>,
        more: &[Matcher],
    ) -> String {
        let with_le: Vec<&str> = by.iter().copied().chain(["le"]).collect();
        let of_buckets = self.sum_of_rates(&with_le, &format!("{histogram}_bucket"), more);
        let classic = format!("histogram_quantile({quantile}, {of_buckets})");
        match buckets {
            Some(Buckets::Native) => {
                // What a recording rule makes of it under the same name has a quantile, and is no histogram.
                let more: Vec<_> = more.iter().cloned().chain([Matcher::is("quantile", "")]).collect();
                let native = self.sum_of_rates(by, histogram, &more);
                format!("{classic} or histogram_quantile({quantile}, {native})")
            }
            _ => classic,
        }
    }

    /// What a panel shows of a metric, and what `when` of an alert compares: of a counter its rate per second, of a gauge and
    /// an up-down counter the value, of a histogram a quantile over all that has the same labels.
    pub(crate) fn shown(&self, metric: &Metric, quantile: f64) -> String {
        match metric.kind {
            Kind::Counter => self.rate(&metric.name, &[]),
            Kind::Gauge | Kind::UpDownCounter => self.select(&metric.name, &[]),
            Kind::Histogram => {
                let bucket = self.rate(&format!("{}_bucket", metric.name), &[]);
                let classic = format!("histogram_quantile({quantile}, {bucket})");
                match metric.buckets {
                    Some(Buckets::Native) => {
                        let native = self.rate(&metric.name, &[Matcher::is("quantile", "")]);
                        format!("({classic} or histogram_quantile({quantile}, {native}))")
                    }
                    _ => classic,
                }
            }
        }
    }
}

/// Questions about the calls of a function, or of all functions whose calls go into the same families.
pub(crate) struct CallsIn<'a> {
    pub(crate) calls: &'a Calls,
    pub(crate) scope: &'a Scope,
    /// The labels that the answers keep.
    pub(crate) by: &'a [&'a str],
    /// What tells the calls from others of the same families: [`of_function`].
    pub(crate) of: &'a [Matcher],
}

impl CallsIn<'_> {
    /// Calls per second, however they end; `None` where they are not counted.
    pub(crate) fn rate(&self) -> Option<String> {
        let name = first_of([&self.calls.total])?;
        Some(self.scope.sum_of_rates(self.by, name, self.of))
    }

    /// Calls per second that ended in an error or a panic; `None` where nothing tells them.
    pub(crate) fn bad(&self) -> Option<String> {
        let Calls { total, has_outcome, errors, .. } = self.calls;
        if let Some(errors) = first_of([errors]) {
            return Some(self.scope.sum_of_rates(self.by, errors, self.of));
        }
        let total = first_of([total]).filter(|_| *has_outcome)?;
        let bad = self.and(Matcher::fits("outcome", "error|panicked"));
        Some(self.scope.sum_of_rates(self.by, total, &bad))
    }

    /// Calls per second that say something about the function: all but the cancelled ones.
    pub(crate) fn counted(&self) -> Option<String> {
        let Calls { total, has_outcome, cancelled, .. } = self.calls;
        let name = first_of([total])?;
        if *has_outcome {
            let ended = self.and(Matcher::is_not("outcome", "cancelled"));
            return Some(self.scope.sum_of_rates(self.by, name, &ended));
        }
        let all = self.scope.sum_of_rates(self.by, name, self.of);
        Some(match first_of([cancelled]) {
            Some(cancelled) => {
                // Where nothing was ever cancelled there may be no series.
                let cancelled = self.scope.sum_of_rates(self.by, cancelled, self.of);
                format!("({all} - ({cancelled} or 0 * {all}))")
            }
            None => all,
        })
    }

    /// The share of calls that end badly, from 0 to 1; `None` where nothing tells them.
    pub(crate) fn error_ratio(&self) -> Option<String> {
        Some(format!("{} / {}", self.bad()?, self.counted()?))
    }

    /// The share of calls that take longer than a bucket's upper bound, from 0 to 1.
    pub(crate) fn slow_ratio(&self, bucket: f64) -> Option<String> {
        let duration = first_of([&self.calls.duration])?;
        let within = self.and(bound(bucket));
        let fast = self.scope.sum_of_rates(self.by, &format!("{duration}_bucket"), &within);
        let all = self.scope.sum_of_rates(self.by, &format!("{duration}_count"), self.of);
        Some(format!("1 - {fast} / {all}"))
    }

    /// Calls per second that take longer than a bucket's upper bound.
    pub(crate) fn slow(&self, bucket: f64) -> Option<String> {
        let duration = first_of([&self.calls.duration])?;
        let within = self.and(bound(bucket));
        let fast = self.scope.sum_of_rates(self.by, &format!("{duration}_bucket"), &within);
        Some(format!("({} - {fast})", self.observed()?))
    }

    /// Calls per second whose duration is known.
    pub(crate) fn observed(&self) -> Option<String> {
        let duration = first_of([&self.calls.duration])?;
        Some(self.scope.sum_of_rates(self.by, &format!("{duration}_count"), self.of))
    }

    /// A quantile of the durations, in the histogram's unit.
    pub(crate) fn quantile(&self, quantile: f64, catalog: &Catalog) -> Option<String> {
        let duration = first_of([&self.calls.duration])?;
        let buckets = catalog.metric(duration).and_then(|metric| metric.buckets.as_ref());
        Some(self.scope.quantile(quantile, self.by, duration, buckets, self.of))
    }

    /// Calls that have not ended.
    pub(crate) fn in_flight(&self) -> Option<String> {
        let name = first_of([&self.calls.in_flight])?;
        Some(format!("sum{} ({})", by_labels(self.by), self.scope.select(name, self.of)))
    }

    fn and(&self, matcher: Matcher) -> Vec<Matcher> {
        self.of.iter().cloned().chain([matcher]).collect()
    }
}

/// What tells a function's calls from those of others.
pub(crate) fn of_function(calls: &Calls) -> Vec<Matcher> {
    calls.constant.iter().map(|(label, value)| Matcher::is(label, value)).collect()
}

/// The bucket of an upper bound. Of a whole number the text formats write either `1` or `1.0`.
pub(crate) fn bound(bucket: f64) -> Matcher {
    let written = bucket.to_string();
    if written.chars().all(|c| c.is_ascii_digit()) {
        Matcher::fits("le", &format!("{written}|{written}\\.0"))
    } else {
        Matcher::is("le", &written)
    }
}

/// Gauges that say how full something is: the name of what is used, and of its limit (`…_used_…` and `…_limit_…`, or a name
/// and the same with `limit` before its unit; `process_open_fds` and `process_max_fds`).
pub(crate) fn fullness(catalog: &Catalog) -> Vec<(&Metric, &Metric)> {
    let is_level = |metric: &&Metric| matches!(metric.kind, Kind::Gauge | Kind::UpDownCounter);
    let limits = |name: &str| {
        let before_unit = name.rsplit_once('_').map(|(start, unit)| format!("{start}_limit_{unit}"));
        let names = [
            name.contains("_used_").then(|| name.replace("_used_", "_limit_")),
            name.contains("_open_").then(|| name.replace("_open_", "_max_")),
            before_unit,
        ];
        names.into_iter().flatten().find_map(|name| catalog.metric(&name).filter(is_level))
    };
    catalog.metrics.iter().filter(is_level).filter_map(|used| Some((used, limits(&used.name)?))).collect()
}

/// The names of a metric's labels that PromQL takes, in their order.
pub(crate) fn label_names(metric: &Metric) -> Vec<&str> {
    metric.labels.iter().map(|label| label.name.as_str()).filter(|name| is_label_name(name)).collect()
}

/// A value that each label of a metric may have: the first of those that are known, or `any`.
pub(crate) fn some_values(metric: &Metric) -> Vec<(&str, &str)> {
    metric
        .labels
        .iter()
        .filter(|label| is_label_name(&label.name))
        .map(|label| match &label.values {
            Values::Known(values) => (label.name.as_str(), values.first().map_or("any", String::as_str)),
            Values::Text { .. } => (label.name.as_str(), "any"),
        })
        .collect()
}

/// ` by (job,instance)`; nothing by none. Names that PromQL does not take are left out.
pub(crate) fn by_labels(names: &[&str]) -> String {
    let names: Vec<&str> = names.iter().copied().filter(|name| is_label_name(name)).collect();
    if names.is_empty() { String::new() } else { format!(" by ({})", names.join(", ")) }
}

/// A text as PromQL writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            // PromQL takes U+FFFD for a sign of broken UTF-8.
            c if c.is_control() || c == '\u{fffd}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

pub(crate) fn is_metric_name(name: &str) -> bool {
    // A keyword would be read as an operator.
    !is_keyword(name)
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

pub(crate) fn is_label_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Words that are no names where a metric is expected.
pub(crate) fn is_keyword(name: &str) -> bool {
    const WORDS: [&str; 31] = [
        "and",
        "or",
        "unless",
        "atan2",
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "limitk",
        "limit_ratio",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "start",
        "end",
        "inf",
        "nan",
        "smoothed",
    ];
    WORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// A label that is one of these values.
pub(crate) fn one_of(label: &str, values: &[&str]) -> Matcher {
    match values {
        [value] => Matcher::is(label, value),
        values => {
            let values: Vec<String> = values.iter().map(|value| exactly(value)).collect();
            Matcher::fits(label, &values.join("|"))
        }
    }
}

/// The regular expression that fits this text alone.
pub(crate) fn exactly(text: &str) -> String {
    let mut regex = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex
}

fn first_of<const N: usize>(names: [&String; N]) -> Option<&str> {
    names.into_iter().find(|name| !name.is_empty()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::new("5m", vec![Matcher::is("job", "shop")])
    }

    #[test]
    fn any_name_and_any_value_can_be_asked_for() {
        assert_eq!(scope().select("up", &[]), r#"up{job="shop"}"#);
        assert_eq!(Scope::new("5m", vec![]).select("up", &[]), "up");
        assert_eq!(
            scope().select("a b", &[Matcher::is("c", "d\"\\\n\u{fffd}")]),
            r#"{__name__="a b",job="shop",c="d\"\\\n\ufffd"}"#
        );
        assert_eq!(scope().select("sum", &[]), r#"{__name__="sum",job="shop"}"#);
        assert_eq!(scope().select("up", &[Matcher::is("no label", "x")]), r#"up{job="shop"}"#);
    }

    #[test]
    fn a_whole_bound_is_written_in_either_way() {
        assert_eq!(bound(0.25).to_string(), r#"le="0.25""#);
        assert_eq!(bound(10.0).to_string(), r#"le=~"10|10\\.0""#);
    }

    #[test]
    fn one_of_several_values_is_that_value_and_nothing_else() {
        assert_eq!(one_of("route", &["GET /{id}"]).to_string(), r#"route="GET /{id}""#);
        assert_eq!(one_of("route", &["GET /{id}", "a.b"]).to_string(), r#"route=~"GET /\\{id\\}|a\\.b""#);
    }

    #[test]
    fn of_calls_the_cancelled_ones_do_not_count() {
        let calls = Calls { total: "calls_total".to_owned(), ..Calls::default() };
        let questions = CallsIn { calls: &calls, scope: &scope(), by: &["job"], of: &[] };
        assert_eq!(
            questions.error_ratio().unwrap(),
            r#"sum by (job) (rate(calls_total{job="shop",outcome=~"error|panicked"}[5m])) / sum by (job) (rate(calls_total{job="shop",outcome!="cancelled"}[5m]))"#
        );
        let unknown = Calls { has_outcome: false, ..calls };
        assert_eq!(CallsIn { calls: &unknown, scope: &scope(), by: &[], of: &[] }.error_ratio(), None);
    }
}
