//! The values of classic histograms.

use std::sync::Arc;

/// A histogram's value; sum and buckets are of the same moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Upper bounds, inclusive, ascending, without the infinite one.
    pub bounds: Arc<[f64]>,
    /// Observations in each bucket, not cumulative; one more than there are bounds.
    pub buckets: Vec<u64>,
    /// The sum of all observations, in the family's unit.
    pub sum: f64,
}

impl Histogram {
    /// How many observations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Upper bounds with how many observations are not above them: the infinite one, with the count, is the last.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds.zip(&self.buckets).scan(0_u64, |up_to, (bound, count)| {
            *up_to = up_to.saturating_add(*count);
            Some((bound, *up_to))
        })
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
            let up_to = before.saturating_add(*in_bucket);
            if *in_bucket > 0 && up_to as f64 >= rank {
                let lower =
                    if at == 0 { 0.0_f64.min(*self.bounds.first()?) } else { *self.bounds.get(at - 1)? };
                // Nothing is known above the last bound but that it was passed.
                let Some(upper) = self.bounds.get(at) else { return Some(lower) };
                let share = ((rank - before as f64) / *in_bucket as f64).clamp(0.0, 1.0);
                return Some(lower + (upper - lower) * share);
            }
            before = up_to;
        }
        self.bounds.last().copied()
    }

    /// What was observed since `last`; nothing where a count has fallen, or the buckets are others.
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "what is pushed is"))]
    pub(super) fn since(&self, last: &Self) -> Option<Self> {
        if self.bounds != last.bounds || self.buckets.len() != last.buckets.len() {
            return None;
        }
        let counts = self.buckets.iter().zip(&last.buckets);
        let buckets = counts.map(|(now, last)| now.checked_sub(*last)).collect::<Option<_>>()?;
        Some(Self { bounds: Arc::clone(&self.bounds), buckets, sum: self.sum - last.sum })
    }

    /// Adds another one's observations; `false` where it has other bounds.
    pub(crate) fn add(&mut self, other: &Self) -> bool {
        if self.bounds != other.bounds || self.buckets.len() != other.buckets.len() {
            return false;
        }
        self.sum += other.sum;
        for (count, other) in self.buckets.iter_mut().zip(&other.buckets) {
            *count = count.saturating_add(*other);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(buckets: &[u64]) -> Histogram {
        Histogram { bounds: Arc::new([1.0, 2.0, 4.0]), buckets: buckets.to_vec(), sum: 0.0 }
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
