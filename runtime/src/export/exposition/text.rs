//! Prometheus' text format and OpenMetrics, written straight into one buffer.
//!
//! The labels of a histogram are written once and copied for its other lines; bounds are written once for all histograms
//! that share them.

use std::ops::Range;
use std::time::UNIX_EPOCH;

use super::declared::Declaration;
use super::distribution::{Bucket, Distribution, SPAN_ID, TRACE_ID, newest};
use super::names;
use super::number::{write_float, write_hexadecimal, write_integer};
use crate::registry::{Exemplar, Family, LabelSet, Series, Snapshot, Value};

pub(super) fn write_prometheus(snapshot: &Snapshot, out: &mut Vec<u8>) {
    let mut writer = Writer { is_openmetrics: false, out, bounds: Bounds::default() };
    for family in names::families(snapshot) {
        writer.family(family, Declaration::in_text(family));
    }
}

pub(super) fn write_openmetrics(snapshot: &Snapshot, out: &mut Vec<u8>) {
    let mut writer = Writer { is_openmetrics: true, out, bounds: Bounds::default() };
    for family in names::families(snapshot) {
        if let Some(declared) = Declaration::in_openmetrics(family, snapshot) {
            writer.family(family, declared);
        }
    }
    writer.push(&["# EOF\n"]);
}

struct Writer<'a, 'o> {
    is_openmetrics: bool,
    out: &'o mut Vec<u8>,
    bounds: Bounds<'a>,
}

/// The bounds of the last histogram, as text.
#[derive(Default)]
struct Bounds<'a> {
    of: &'a [f64],
    text: Vec<u8>,
    /// Where each one ends in the text.
    ends: Vec<usize>,
}

impl<'a> Bounds<'a> {
    /// Writes these, unless they are written already.
    fn look_at(&mut self, bounds: &'a [f64]) {
        if std::ptr::eq(self.of, bounds) {
            return;
        }
        self.of = bounds;
        self.text.clear();
        self.ends.clear();
        for bound in bounds {
            write_float(&mut self.text, *bound);
            self.ends.push(self.text.len());
        }
    }

    /// The bound at that place; behind the last, the infinite one.
    fn get(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|end| self.text.get(start..*end)).unwrap_or(b"+Inf")
    }
}

impl<'a> Writer<'a, '_> {
    fn family(&mut self, family: &'a Family, declared: Declaration<'_>) {
        if !family.help.is_empty() {
            self.push(&["# HELP ", declared.name, " "]);
            self.escaped(&family.help, self.is_openmetrics);
            self.out.push(b'\n');
        }
        self.push(&["# TYPE ", declared.name, " ", declared.kind, "\n"]);
        if self.is_openmetrics && declared.ends_in(&family.unit) {
            self.push(&["# UNIT ", declared.name, " ", &family.unit, "\n"]);
        }
        let is_counter = self.is_openmetrics && declared.kind == "counter";
        for series in names::series(family) {
            match Distribution::of(series) {
                Some(distribution) => self.histogram(&family.name, &series.labels, distribution),
                None if is_counter => self.strict_counter(&family.name, series),
                None => {
                    self.number(&family.name, series);
                    self.out.push(b'\n');
                }
            }
        }
    }

    /// A counter of OpenMetrics, which neither is negative nor no number.
    fn strict_counter(&mut self, name: &str, series: &Series) {
        if series.value.number().is_some_and(|value| value >= 0.0) {
            self.number(name, series);
            self.exemplar(newest(&series.exemplars));
            self.out.push(b'\n');
        }
    }

    /// A sample without the end of its line.
    fn number(&mut self, name: &str, series: &Series) {
        self.push(&[name]);
        self.labels(&series.labels);
        if !series.labels.is_empty() {
            self.out.push(b'}');
        }
        self.out.push(b' ');
        match &series.value {
            Value::Counter(value) => write_integer(self.out, *value),
            Value::FloatCounter(value) | Value::Gauge(value) => write_float(self.out, *value),
            // These are no numbers.
            Value::Histogram(_) | Value::NativeHistogram(_) => {}
        }
    }

    fn histogram(&mut self, name: &str, labels: &LabelSet, distribution: Distribution<'a>) {
        self.bounds.look_at(distribution.bounds);
        let start = self.out.len();
        self.push(&[name, "_bucket"]);
        let labels_start = self.out.len();
        self.labels(labels);
        let labels_end = self.out.len();
        self.push(&[if labels.is_empty() { "{le=\"" } else { ",le=\"" }]);
        let head = start..self.out.len();
        for (at, bucket) in distribution.buckets().chain([distribution.infinite()]).enumerate() {
            if at > 0 {
                self.out.extend_from_within(head.clone());
            }
            self.bucket(at, &bucket);
        }
        if !self.is_openmetrics || distribution.is_monotonic() {
            self.total(name, "_sum", labels_start..labels_end);
            write_float(self.out, distribution.sum);
            self.out.push(b'\n');
            self.total(name, "_count", labels_start..labels_end);
            write_integer(self.out, distribution.count);
            self.out.push(b'\n');
        }
    }

    /// A bucket's line from its bound on.
    fn bucket(&mut self, at: usize, bucket: &Bucket<'_>) {
        self.out.extend_from_slice(self.bounds.get(at));
        self.push(&["\"} "]);
        write_integer(self.out, bucket.up_to);
        if self.is_openmetrics {
            self.exemplar(bucket.exemplar);
        }
        self.out.push(b'\n');
    }

    /// A sample of a histogram up to its value, with labels that stand in the buffer already.
    fn total(&mut self, name: &str, suffix: &str, labels: Range<usize>) {
        self.push(&[name, suffix]);
        let has_labels = !labels.is_empty();
        self.out.extend_from_within(labels);
        self.push(&[if has_labels { "} " } else { " " }]);
    }

    /// `{name="value",…` without the end; nothing where there are none.
    fn labels(&mut self, labels: &LabelSet) {
        for (at, (name, value)) in labels.iter().enumerate() {
            self.push(&[if at == 0 { "{" } else { "," }, name, "=\""]);
            self.escaped(value, true);
            self.out.push(b'"');
        }
    }

    fn exemplar(&mut self, exemplar: Option<&Exemplar>) {
        let Some(exemplar) = exemplar else { return };
        self.push(&[" # {", TRACE_ID, "=\""]);
        write_hexadecimal(self.out, &exemplar.trace_id.to_bytes());
        if exemplar.span_id.is_some() {
            self.push(&["\",", SPAN_ID, "=\""]);
            write_hexadecimal(self.out, &exemplar.span_id.to_bytes());
        }
        self.push(&["\"} "]);
        write_float(self.out, exemplar.value);
        // Prometheus keeps milliseconds. A time before 1970 is none, and may be left out.
        if let Ok(time) = exemplar.time.duration_since(UNIX_EPOCH) {
            let millis = time.subsec_millis();
            let padding = if millis < 10 {
                ".00"
            } else if millis < 100 {
                ".0"
            } else {
                "."
            };
            self.out.push(b' ');
            write_integer(self.out, time.as_secs());
            self.push(&[padding]);
            write_integer(self.out, millis.into());
        }
    }

    /// Writes what stands in a line or between quotes. Double quotes are escaped in label values, and in OpenMetrics
    /// everywhere.
    fn escaped(&mut self, text: &str, quotes: bool) {
        let mut rest = text.as_bytes();
        let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (*byte == b'"' && quotes);
        while let Some(at) = rest.iter().position(is_special) {
            let (plain, special) = rest.split_at(at);
            self.out.extend_from_slice(plain);
            self.out.extend_from_slice(match special[0] {
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                _ => b"\\\"",
            });
            rest = &special[1..];
        }
        self.out.extend_from_slice(rest);
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }
}
