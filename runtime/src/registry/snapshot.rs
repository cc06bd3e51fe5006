//! What a registry held at one moment: plain data, which is all that exporters ever see.

use std::borrow::Cow;

/// All families of a registry, sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The families.
    pub families: Vec<Family>,
}

impl Snapshot {
    /// The family of that name.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        let at = self.families.binary_search_by(|family| family.name.as_ref().cmp(name)).ok()?;
        self.families.get(at)
    }
}

/// One metric with all its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The Prometheus name, with its unit and, for counters, `_total`.
    pub name: Cow<'static, str>,
    /// What it measures.
    pub help: Cow<'static, str>,
    /// The unit, as in the name (`seconds`, `bytes`), or nothing.
    pub unit: Cow<'static, str>,
    /// What kind of metric it is.
    pub kind: Kind,
    /// One for each combination of label values. All have the same label names in the same order.
    pub series: Vec<Series>,
}

impl Family {
    /// The series with these labels, in any order.
    #[must_use]
    pub fn series(&self, labels: &[(&str, &str)]) -> Option<&Series> {
        let has = |series: &Series, (name, value): &(&str, &str)| {
            series.labels.iter().any(|(its_name, its_value)| its_name == name && its_value == value)
        };
        self.series.iter().find(|series| {
            series.labels.len() == labels.len() && labels.iter().all(|label| has(series, label))
        })
    }
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only ever goes up.
    Counter,
    /// Goes up and down by amounts: a gauge to Prometheus, a non-monotonic sum to OpenTelemetry.
    UpDownCounter,
    /// Is set to a value.
    Gauge,
    /// Counts observations by bucket.
    Histogram,
}

impl Kind {
    /// The kind's name in Prometheus' text formats.
    #[must_use]
    pub const fn prometheus_type(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter | Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One time series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Label names and values.
    pub labels: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The value.
    pub value: Value,
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A counter's.
    Counter(u64),
    /// A gauge's or an up-down counter's.
    Gauge(f64),
    /// A histogram's.
    Histogram(Histogram),
}

impl Value {
    /// Adds the value of another series with the same labels.
    pub(crate) fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Counter(one), Self::Counter(other)) => *one = one.wrapping_add(*other),
            (Self::Gauge(one), Self::Gauge(other)) => *one += other,
            (Self::Histogram(one), Self::Histogram(other)) => {
                one.sum += other.sum;
                for (count, other) in one.buckets.iter_mut().zip(&other.buckets) {
                    *count += other;
                }
            }
            // Families are of one kind.
            _ => {}
        }
    }
}

/// A histogram's value; count, sum and buckets are of the same moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Upper bounds, inclusive, ascending, without the infinite one.
    pub bounds: Cow<'static, [f64]>,
    /// Observations in each bucket, not cumulative; one more than there are bounds.
    pub buckets: Vec<u64>,
    /// The sum of all observations, in the family's unit.
    pub sum: f64,
}

impl Histogram {
    /// How many observations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// An estimate of the `q` quantile (0 to 1), linear within its bucket as `histogram_quantile` of Prometheus
    /// does it; nothing where there are no observations.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = q * count as f64;
        let mut before = 0_u64;
        for (at, in_bucket) in self.buckets.iter().enumerate() {
            let up_to = before + in_bucket;
            if *in_bucket > 0 && up_to as f64 >= rank {
                let lower = if at == 0 { 0.0_f64.min(*self.bounds.first()?) } else { self.bounds[at - 1] };
                // Nothing is known above the last bound but that it was passed.
                let Some(upper) = self.bounds.get(at) else { return Some(lower) };
                let share = ((rank - before as f64) / *in_bucket as f64).clamp(0.0, 1.0);
                return Some(lower + (upper - lower) * share);
            }
            before = up_to;
        }
        self.bounds.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(buckets: &[u64]) -> Histogram {
        Histogram { bounds: Cow::Borrowed(&[1.0, 2.0, 4.0]), buckets: buckets.to_vec(), sum: 0.0 }
    }

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        assert_eq!(histogram(&[0, 10, 0, 0]).quantile(0.5), Some(1.5));
        assert_eq!(histogram(&[10, 0, 10, 0]).quantile(0.25), Some(0.5));
        assert_eq!(histogram(&[10, 0, 10, 0]).quantile(1.0), Some(4.0));
    }

    #[test]
    fn a_quantile_above_the_last_bound_is_that_bound() {
        assert_eq!(histogram(&[0, 0, 0, 3]).quantile(0.9), Some(4.0));
    }

    #[test]
    fn nothing_observed_has_no_quantile() {
        assert_eq!(histogram(&[0, 0, 0, 0]).quantile(0.5), None);
        assert_eq!(histogram(&[1, 0, 0, 0]).quantile(1.5), None);
    }
}
