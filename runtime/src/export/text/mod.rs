//! Metrics as text: Prometheus' exposition format 0.0.4 and OpenMetrics 1.0.
//!
//! | Module | Does |
//! | --- | --- |
//! | [`Format::negotiate`] (`negotiate`) | chooses the format that a scraper asks for |
//! | [`encode`] | writes a snapshot |
//! | `number` | writes numbers as Go does, which both formats take for canonical |
//!
//! Sources: [Prometheus' formats](https://prometheus.io/docs/instrumenting/exposition_formats/),
//! [OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/).
//!
//! Invariants:
//! - the names of samples are the same in both formats, so that a dashboard does not depend on what was negotiated;
//! - help and label values may hold anything; names of metrics and labels are valid, which the macros saw to;
//! - what the formats can't say is left out rather than written wrong: see [`encode_into`].

mod negotiate;
mod number;
#[cfg(test)]
mod tests;

pub(crate) use number::canonical_float;

use crate::registry::{Family, Histogram, Kind, Series, Snapshot, Value};

/// A text format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4: what every scraper reads.
    #[default]
    PrometheusText,
    /// OpenMetrics, version 1.0.0: with units and an end mark, so that a cut answer is noticed.
    OpenMetrics,
}

impl Format {
    /// The format to answer a request with, by its `Accept` header (several such headers: joined with commas).
    ///
    /// Media ranges, parameters and quality values are read as RFC 9110 (12.5.1) has them: for each format the most
    /// specific range that covers it counts, and the format with the greater quality wins; among equals the one that
    /// is asked for more specifically, then [`Format::PrometheusText`]. A `version` other than the format's own does
    /// not cover it. Where nothing that is asked for can be given, or the header can't be read, the answer is
    /// [`Format::PrometheusText`], since some text is of more use to a scraper than an error.
    ///
    /// ```
    /// use spanwright::export::text::Format;
    ///
    /// assert_eq!(Format::negotiate(None), Format::PrometheusText);
    /// assert_eq!(Format::negotiate(Some("*/*")), Format::PrometheusText);
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate(Some(prometheus)), Format::OpenMetrics);
    /// ```
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        accept.map_or(Self::PrometheusText, negotiate::negotiate)
    }

    /// The `Content-Type` of text in this format.
    ///
    /// ```
    /// use spanwright::export::text::Format;
    ///
    /// assert_eq!(Format::PrometheusText.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A snapshot as text; see [`encode_into`].
///
/// ```
/// use spanwright::export::text::{Format, encode};
/// use spanwright::registry::{Family, Kind, Snapshot, Value};
///
/// let mut visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
/// visits.help = "Visits of the page.".into();
/// let text = encode(Format::OpenMetrics, &Snapshot::from(vec![visits]));
/// assert_eq!(
///     text,
///     "# HELP visits Visits of the page.\n# TYPE visits counter\nvisits_total{page=\"home\"} 3\n# EOF\n"
/// );
/// ```
#[must_use]
pub fn encode(format: Format, snapshot: &Snapshot) -> String {
    let mut out = String::new();
    encode_into(format, snapshot, &mut out);
    out
}

/// Appends a snapshot as text to `out`.
///
/// Values are in the families' units. A family without series still has its `# HELP` and `# TYPE`. In OpenMetrics:
/// - a counter is declared without `_total`; one whose name lacks that suffix, or would then be another family's
///   name, is declared `unknown` under its full name;
/// - the unit is declared where the name ends in it;
/// - `_sum` and `_count` of a histogram with a negative bound or a sum that is negative or NaN are left out, as the
///   format demands (the infinite bucket has the count).
///
/// OpenMetrics ends with `# EOF`, so texts of two registries can't be joined; join their snapshots.
///
/// ```
/// use spanwright::export::text::{Format, encode_into};
/// use spanwright::registry::Snapshot;
///
/// let mut out = String::new();
/// encode_into(Format::OpenMetrics, &Snapshot::default(), &mut out);
/// assert_eq!(out, "# EOF\n");
/// ```
pub fn encode_into(format: Format, snapshot: &Snapshot, out: &mut String) {
    let mut writer = Writer { format, out };
    for family in &snapshot.families {
        writer.family(family, &Declaration::of(format, family, snapshot));
    }
    if format == Format::OpenMetrics {
        writer.out.push_str("# EOF\n");
    }
}

/// How a family is declared: its name and type in `# HELP`, `# TYPE` and `# UNIT`.
struct Declaration<'a> {
    name: &'a str,
    kind: &'static str,
}

impl<'a> Declaration<'a> {
    fn of(format: Format, family: &'a Family, snapshot: &Snapshot) -> Self {
        let name = family.name.as_str();
        if format == Format::PrometheusText || family.kind != Kind::Counter {
            return Self { name, kind: family.kind.prometheus_type() };
        }
        match name.strip_suffix("_total") {
            Some(stem) if snapshot.family(stem).is_none() => Self { name: stem, kind: "counter" },
            _ => Self { name, kind: "unknown" },
        }
    }

    /// Whether the name ends in the unit, as OpenMetrics asks of a family that declares one.
    fn ends_in(&self, unit: &str) -> bool {
        !unit.is_empty() && self.name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'))
    }
}

/// The number after a sample's name.
#[derive(Clone, Copy)]
enum Number {
    Count(u64),
    Float(f64),
}

struct Writer<'a> {
    format: Format,
    out: &'a mut String,
}

impl Writer<'_> {
    fn family(&mut self, family: &Family, declared: &Declaration<'_>) {
        if !family.help.is_empty() {
            self.push(&["# HELP ", declared.name, " "]);
            self.escaped(&family.help, self.format == Format::OpenMetrics);
            self.out.push('\n');
        }
        self.push(&["# TYPE ", declared.name, " ", declared.kind, "\n"]);
        if self.format == Format::OpenMetrics && declared.ends_in(&family.unit) {
            self.push(&["# UNIT ", declared.name, " ", &family.unit, "\n"]);
        }
        for series in &family.series {
            match &series.value {
                Value::Counter(value) => self.sample([&family.name, ""], series, None, Number::Count(*value)),
                Value::FloatCounter(value) | Value::Gauge(value) => {
                    self.sample([&family.name, ""], series, None, Number::Float(*value));
                }
                Value::Histogram(histogram) => self.histogram(&family.name, series, histogram),
                Value::NativeHistogram(native) => self.histogram(&family.name, series, &native.to_classic()),
            }
        }
    }

    fn histogram(&mut self, name: &str, series: &Series, histogram: &Histogram) {
        let mut cumulative = 0_u64;
        for (bound, in_bucket) in histogram.bounds.iter().zip(&histogram.buckets) {
            cumulative = cumulative.saturating_add(*in_bucket);
            self.sample([name, "_bucket"], series, Some(*bound), Number::Count(cumulative));
        }
        let count = Number::Count(histogram.count());
        self.sample([name, "_bucket"], series, Some(f64::INFINITY), count);
        if self.format == Format::PrometheusText || sum_is_monotonic(histogram) {
            self.sample([name, "_sum"], series, None, Number::Float(histogram.sum));
            self.sample([name, "_count"], series, None, count);
        }
    }

    fn sample(&mut self, name: [&str; 2], series: &Series, le: Option<f64>, value: Number) {
        self.push(&name);
        let mut separator = '{';
        for (label, value) in series.labels.iter() {
            self.out.push(separator);
            self.push(&[label, "=\""]);
            self.escaped(value, true);
            self.out.push('"');
            separator = ',';
        }
        if let Some(bound) = le {
            self.out.push(separator);
            self.out.push_str("le=\"");
            number::write_float(bound, self.out);
            self.out.push_str("\"}");
        } else if separator == ',' {
            self.out.push('}');
        }
        self.out.push(' ');
        match value {
            Number::Count(count) => number::write_integer(count, self.out),
            Number::Float(float) => number::write_float(float, self.out),
        }
        self.out.push('\n');
    }

    /// Writes what stands in a line or between quotes. Double quotes are escaped in label values, and in OpenMetrics
    /// everywhere.
    fn escaped(&mut self, text: &str, quotes: bool) {
        let mut rest = text;
        while let Some(at) = rest.find(|c| matches!(c, '\\' | '\n') || (c == '"' && quotes)) {
            let (plain, special) = rest.split_at(at);
            let escape = match special.as_bytes()[0] {
                b'\\' => "\\\\",
                b'\n' => "\\n",
                _ => "\\\"",
            };
            self.push(&[plain, escape]);
            rest = &special[1..];
        }
        self.out.push_str(rest);
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.push_str(part);
        }
    }
}

/// Whether the sum can only go up, without which OpenMetrics takes neither `_sum` nor `_count`.
fn sum_is_monotonic(histogram: &Histogram) -> bool {
    histogram.sum >= 0.0 && histogram.bounds.iter().all(|bound| *bound >= 0.0)
}
