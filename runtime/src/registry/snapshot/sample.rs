//! Names and values one by one, to feed any other recorder.

use super::{Histogram, Series, Snapshot, Value};

/// One number of a snapshot, named as in Prometheus' text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The family's name, of a histogram's samples with `_bucket`, `_sum` or `_count`.
    pub name: &'a str,
    /// Names and values of labels; of a `_bucket`, with its upper bound as the last, `le`.
    pub labels: &'a [(&'a str, &'a str)],
    /// The value, in the family's unit. A counter above 2⁵³ loses precision.
    pub value: f64,
}

impl Snapshot {
    /// Calls `each` with every number, in the order of the text formats: buckets are cumulative.
    ///
    /// ```
    /// use spanwright::registry::{Family, Kind, Snapshot, Value};
    ///
    /// let visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
    /// let mut seen = Vec::new();
    /// Snapshot::from(vec![visits]).for_each(|sample| seen.push(format!("{}: {}", sample.name, sample.value)));
    /// assert_eq!(seen, ["visits_total: 3"]);
    /// ```
    pub fn for_each(&self, mut each: impl FnMut(Sample<'_>)) {
        for family in &self.families {
            for series in &family.series {
                samples(&family.name, series, &mut each);
            }
        }
    }
}

fn samples(name: &str, series: &Series, each: &mut impl FnMut(Sample<'_>)) {
    let labels: Vec<(&str, &str)> = series.labels.iter().collect();
    let mut one = |value| each(Sample { name, labels: &labels, value });
    match &series.value {
        Value::Counter(value) => one(*value as f64),
        Value::FloatCounter(value) | Value::Gauge(value) => one(*value),
        Value::Histogram(histogram) => distribution(name, &labels, histogram, each),
        Value::NativeHistogram(native) => distribution(name, &labels, &native.to_classic(), each),
    }
}

fn distribution(
    name: &str,
    labels: &[(&str, &str)],
    histogram: &Histogram,
    each: &mut impl FnMut(Sample<'_>),
) {
    let bucket = format!("{name}_bucket");
    for (bound, count) in histogram.cumulative() {
        let le = crate::export::canonical_float(bound);
        let labels: Vec<_> = labels.iter().copied().chain([("le", le.as_str())]).collect();
        each(Sample { name: &bucket, labels: &labels, value: count as f64 });
    }
    each(Sample { name: &format!("{name}_sum"), labels, value: histogram.sum });
    each(Sample { name: &format!("{name}_count"), labels, value: histogram.count() as f64 });
}
