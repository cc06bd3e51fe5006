//! Quantiles of durations, in memory that does not grow with their number.

/// Counts of values by their size: exact below 64, else within a 32nd.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) max: u64,
}

/// Two to this power are the buckets of each doubling.
const BITS: u32 = 5;

fn bucket(value: u64) -> usize {
    let doubling = value.max(1).ilog2().saturating_sub(BITS);
    ((doubling as usize) << BITS) + (value >> doubling) as usize
}

/// The largest value of a bucket.
fn largest(bucket: usize) -> u64 {
    let doubling = (bucket >> BITS).saturating_sub(1);
    let within = (bucket - (doubling << BITS)) as u64;
    (within << doubling) + ((1 << doubling) - 1)
}

impl Histogram {
    pub(crate) fn add(&mut self, value: u64) {
        let bucket = bucket(value);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.max = self.max.max(value);
    }

    /// Adds all values of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    pub(crate) fn mean(&self) -> u64 {
        self.sum / self.count.max(1)
    }

    /// The value that so many percent are not above; at most a 32nd too large.
    pub(crate) fn percentile(&self, percent: u64) -> u64 {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        self.at_rank(rank as u64)
    }

    /// The value that is so many-th, from 1, by its size.
    fn at_rank(&self, rank: u64) -> u64 {
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank.max(1) {
                return largest(bucket).min(self.max);
            }
        }
        self.max
    }

    /// Where the percentile of whatever these are a sample of lies: between the values whose ranks are so many standard deviations of a
    /// binomial distribution away. Nothing where there are too few values to have both.
    pub(crate) fn interval(&self, percent: u64, deviations: f64) -> Option<(u64, u64)> {
        let (count, share) = (self.count as f64, percent as f64 / 100.0);
        let away = deviations * (count * share * (1.0 - share)).sqrt();
        let (low, high) = ((count * share - away).floor(), (count * share + away).ceil() + 1.0);
        (low >= 1.0 && high <= count).then(|| (self.at_rank(low as u64), self.at_rank(high as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_32nd_of_its_values_wide_and_all_values_have_one() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1u64 << shift) | 1, (1u64 << shift) - 1, u64::MAX >> shift] {
                let largest = largest(bucket(value));
                assert!(largest >= value && largest - value <= value / 32, "{value}: {largest}");
            }
        }
        assert_eq!((bucket(0), bucket(63), bucket(64), largest(bucket(64))), (0, 63, 64, 65));
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.percentile(50), histogram.mean()), (0, 0));
        (1..=1000).rev().for_each(|value| histogram.add(value));
        assert_eq!((histogram.mean(), histogram.max, histogram.percentile(100)), (500, 1000, 1000));
        for (percent, exact) in [(50, 500), (99, 990), (1, 10)] {
            let found = histogram.percentile(percent);
            assert!((exact..=exact + exact / 32).contains(&found), "{percent}: {found}");
        }
    }

    #[test]
    fn an_interval_has_the_quantile_in_it_and_needs_enough_values() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|value| histogram.add(value));
        // The standard deviation of the median's rank is √(1000 / 4) = 15.8.
        let (low, high) = histogram.interval(50, 2.0).unwrap();
        assert!((468..=483).contains(&low) && (532..=550).contains(&high), "{low} {high}");
        assert_eq!(histogram.interval(99, 4.0), None, "the rank 990 and four times 3.1 is beyond 1000");
        assert_eq!(Histogram::default().interval(50, 1.0), None);
    }
}
