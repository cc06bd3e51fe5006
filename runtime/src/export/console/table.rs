//! Metrics as lines, with their values one below the other.

use std::fmt::{self, Write as _};

use super::lines::Escaped;
use crate::logs::timestamp::Rfc3339;
use crate::registry::{Family, Kind, LabelSet, Series, Snapshot, Value};

/// The longest column of labels that values are moved aside for, in characters.
const WIDEST: usize = 60;
/// What is estimated of histograms.
const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// Appends a snapshot.
pub(super) fn write(out: &mut String, snapshot: &Snapshot) {
    add(out, format_args!("metrics at {}\n", Rfc3339(snapshot.time)));
    snapshot.families.iter().for_each(|family| write_family(out, family));
}

fn write_family(out: &mut String, family: &Family) {
    add(out, format_args!("{} {}", Escaped(&family.name), kind(family.kind)));
    if !family.unit.is_empty() {
        add(out, format_args!(" in {}", Escaped(&family.unit)));
    }
    match &family.series[..] {
        // A value on its own needs no line of its own.
        [Series { labels, value, .. }] if labels.is_empty() => {
            out.push_str("  ");
            write_value(out, value);
            out.push('\n');
        }
        series => {
            out.push('\n');
            write_series(out, series);
        }
    }
}

fn write_series(out: &mut String, series: &[Series]) {
    let (zero, others): (Vec<_>, Vec<_>) = series.iter().partition(|one| is_at_zero(&one.value));
    let labels: Vec<_> = others.iter().map(|one| shown(&one.labels)).collect();
    let width = labels.iter().map(|labels| labels.chars().count()).filter(|width| *width <= WIDEST).max();
    for (one, labels) in others.iter().zip(&labels) {
        add(out, format_args!("  {labels:width$}  ", width = width.unwrap_or(0)));
        write_value(out, &one.value);
        out.push('\n');
    }
    match (zero.len(), others.is_empty()) {
        (0, _) => {}
        (zero, true) => add(out, format_args!("  {zero} at zero\n")),
        (zero, false) => add(out, format_args!("  {zero} more at zero\n")),
    }
}

/// Input: `{"page": "home", "code": "200"}`; output: `page=home code=200`.
fn shown(labels: &LabelSet) -> String {
    let mut out = String::new();
    for (name, value) in labels.iter() {
        let space = if out.is_empty() { "" } else { " " };
        add(&mut out, format_args!("{space}{}=", Escaped(name)));
        if value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '"' || c == '=') {
            add(&mut out, format_args!("{value:?}"));
        } else {
            add(&mut out, Escaped(value));
        }
    }
    out
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::UpDownCounter => "up-down counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    }
}

/// Whether nothing has happened yet. A gauge at zero says something.
fn is_at_zero(value: &Value) -> bool {
    match value {
        Value::Counter(value) => *value == 0,
        Value::FloatCounter(value) => *value == 0.0,
        Value::Gauge(_) => false,
        Value::Histogram(value) => value.count() == 0,
        Value::NativeHistogram(value) => value.count() == 0,
    }
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Counter(value) => add(out, value),
        Value::FloatCounter(value) | Value::Gauge(value) => add(out, value),
        Value::Histogram(value) => {
            write_histogram(out, value.count(), value.sum, |q| value.quantile(q));
        }
        Value::NativeHistogram(value) => {
            write_histogram(out, value.count(), value.sum, |q| value.quantile(q));
        }
    }
}

fn write_histogram(out: &mut String, count: u64, sum: f64, quantile: impl Fn(f64) -> Option<f64>) {
    add(out, format_args!("count={count} sum={sum}"));
    for (name, q) in QUANTILES {
        if let Some(value) = quantile(q) {
            add(out, format_args!(" {name}≈{}", Rounded(value)));
        }
    }
}

/// A number with the three digits that an estimate may have.
struct Rounded(f64);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: Result<f64, _> = format!("{:.2e}", self.0).parse();
        write!(f, "{}", rounded.unwrap_or(self.0))
    }
}

fn add(out: &mut String, what: impl fmt::Display) {
    let _strings_take_all = write!(out, "{what}");
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::registry::{Histogram, NativeHistogram};

    #[test]
    fn a_snapshot_is_these_lines() {
        let waits = |buckets: [u64; 4], sum| {
            Value::from(Histogram { bounds: [0.005, 0.5, 2.5].into(), buckets: buckets.to_vec(), sum })
        };
        let sizes = NativeHistogram {
            schema: 0,
            zero_threshold: 0.0,
            zero_count: 0,
            offset: 10,
            buckets: vec![1, 0, 3],
            sum: 10_000.0,
            bounds: [].into(),
        };
        let seconds = Family { unit: "seconds".into(), ..Family::new("wait_seconds", Kind::Histogram) };
        let bytes = Family { unit: "bytes".into(), ..Family::new("size_bytes", Kind::Histogram) };
        let families = vec![
            Family::new("visits_total", Kind::Counter)
                .with([("page", "home"), ("code", "200")], Value::Counter(12))
                .with([("page", "a \"b\"\n=c"), ("code", "")], Value::Counter(3))
                .with([("page", "x"), ("code", "404")], Value::Counter(0)),
            Family::new("silent_total", Kind::Counter).with([("page", "x")], Value::Counter(0)),
            Family::new("cpu_seconds_total", Kind::Counter).with([("", ""); 0], Value::FloatCounter(0.25)),
            Family::new("level", Kind::Gauge).with([("", ""); 0], Value::Gauge(0.0)),
            Family::new("open\u{1b}[31m", Kind::UpDownCounter).with([("to", "db")], Value::Gauge(-2.0)),
            Family::new("nothing", Kind::Gauge),
            seconds
                .with([("lane", "fast")], waits([1, 2, 0, 4], 12.25))
                .with([("lane", "slow")], waits([0; 4], 0.0)),
            bytes.with([("", ""); 0], Value::from(sizes)),
        ];
        let time = UNIX_EPOCH + Duration::from_secs(1_760_178_645);
        let mut out = String::new();
        write(&mut out, &Snapshot { time, ..Snapshot::from(families) });
        assert_eq!(
            out,
            "metrics at 2025-10-11T10:30:45.000000Z\n\
             cpu_seconds_total counter  0.25\n\
             level gauge  0\n\
             nothing gauge\n\
             open\\u{1b}[31m up-down counter\n  \
               to=db  -2\n\
             silent_total counter\n  \
               1 at zero\n\
             size_bytes histogram in bytes  count=4 sum=10000 p50≈2580 p90≈3730 p99≈4060\n\
             visits_total counter\n  \
               page=home code=200          12\n  \
               page=\"a \\\"b\\\"\\n=c\" code=\"\"  3\n  \
               1 more at zero\n\
             wait_seconds histogram in seconds\n  \
               lane=fast  count=7 sum=12.25 p50≈2.5 p90≈2.5 p99≈2.5\n  \
               1 more at zero\n"
        );
    }
}
