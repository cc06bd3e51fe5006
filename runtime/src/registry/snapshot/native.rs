//! The values of native histograms.

use std::borrow::Cow;
use std::sync::Arc;

use super::Histogram;

/// The value of a native (exponential) histogram, of observations that are not negative; sum and buckets are of the same
/// moment.
///
/// With `base = 2^(2^-schema)`, bucket `i` of `buckets` counts what is above `base^(offset + i - 1)` and not above
/// `base^(offset + i)`. That is [Prometheus' numbering](https://prometheus.io/docs/specs/native_histograms/);
/// OpenTelemetry's has an offset that is one less.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    /// How fine the buckets are: each power of two has `2^schema`.
    pub schema: i8,
    /// What is not above this is in `zero_count`.
    pub zero_threshold: f64,
    /// Observations that are zero, or nearly.
    pub zero_count: u64,
    /// The number of the first bucket.
    pub offset: i32,
    /// Observations in each bucket, without the empty ones at either end.
    pub buckets: Vec<u64>,
    /// The sum of all observations, in the family's unit.
    pub sum: f64,
    /// The upper bounds that formats without native histograms show. Each is a power of two, so that nothing is estimated.
    pub bounds: Arc<[f64]>,
}

impl NativeHistogram {
    /// How many observations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(self.zero_count, |sum, count| sum.saturating_add(*count))
    }

    /// The upper bound of the bucket with that number.
    #[must_use]
    pub fn upper_bound(&self, number: i32) -> f64 {
        (f64::from(number) * (-f64::from(self.schema)).exp2()).exp2()
    }

    /// The number of the bucket that holds `value`; the least for what counts as zero.
    pub(super) fn bucket(&self, value: f64) -> i32 {
        let is_zero = value <= self.zero_threshold;
        if is_zero { i32::MIN } else { (value.log2() * f64::from(self.schema).exp2()).ceil() as i32 }
    }

    /// The buckets with their upper bounds, the zero bucket first.
    pub fn upper_bounds(&self) -> impl Iterator<Item = (f64, u64)> {
        let buckets = self.numbered().map(|(number, count)| (self.upper_bound(number), count));
        std::iter::once((self.zero_threshold, self.zero_count)).chain(buckets)
    }

    /// The same with at most `most` buckets (but one at least): neighbours are merged, and the schema falls, as often as
    /// it takes.
    #[must_use]
    pub fn coarsened(mut self, most: usize) -> Self {
        while self.buckets.len() > most.max(1) && self.schema > -4 {
            self.halve();
        }
        self
    }

    /// The same with a schema that is not finer than this one.
    #[must_use]
    pub(crate) fn at_schema(mut self, schema: i8) -> Self {
        while self.schema > schema {
            self.halve();
        }
        self
    }

    /// Merges neighbours: buckets 2k - 1 and 2k become k, and the schema falls by one.
    fn halve(&mut self) {
        let offset = self.offset.saturating_add(1).div_euclid(2);
        let mut merged = Vec::with_capacity(self.buckets.len() / 2 + 1);
        for (number, count) in self.numbered() {
            let at = (number.saturating_add(1).div_euclid(2) - offset) as usize;
            merged.resize(at + 1, 0_u64);
            merged[at] = merged[at].saturating_add(count);
        }
        (self.schema, self.offset, self.buckets) = (self.schema - 1, offset, merged);
    }

    /// A classic histogram with the [`bounds`](Self::bounds).
    #[must_use]
    pub fn to_classic(&self) -> Histogram {
        let mut buckets = vec![0_u64; self.bounds.len() + 1];
        for (upper, count) in self.upper_bounds() {
            // Bounds are powers of two, and computed exactly for those.
            let bucket = &mut buckets[self.bounds.partition_point(|bound| *bound < upper)];
            *bucket = bucket.saturating_add(count);
        }
        Histogram { bounds: Arc::clone(&self.bounds), buckets, sum: self.sum }
    }

    /// An estimate of the `q` quantile (0 to 1), exponential within its bucket as `histogram_quantile` of Prometheus does
    /// it; nothing where there are no observations.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = q * count as f64;
        let base = (-f64::from(self.schema)).exp2().exp2();
        let mut before = 0_u64;
        for (at, (upper, in_bucket)) in self.upper_bounds().enumerate() {
            let up_to = before.saturating_add(in_bucket);
            if in_bucket > 0 && up_to as f64 >= rank {
                let share = ((rank - before as f64) / in_bucket as f64).clamp(0.0, 1.0);
                // The zero bucket, which is the first, has no logarithm.
                return Some(if at == 0 { upper * share } else { upper / base * base.powf(share) });
            }
            before = up_to;
        }
        None
    }

    /// Adds another one's observations, with the coarser one's buckets, or still coarser ones where both are far apart; `false`
    /// where they are farther than any numbers.
    pub(crate) fn add(&mut self, other: &Self) -> bool {
        let mut schema = self.schema.min(other.schema);
        let (mut sum, mut other) = (self.aligned(schema).into_owned(), other.aligned(schema).into_owned());
        while span(&sum, &other) > MOST && schema > -4 {
            schema -= 1;
            (sum, other) = (sum.at_schema(schema), other.at_schema(schema));
        }
        if span(&sum, &other) > MOST {
            return false;
        }
        sum.sum += other.sum;
        sum.zero_count = sum.zero_count.saturating_add(other.zero_count);
        if !other.buckets.is_empty() {
            sum.add_buckets(&other);
        }
        *self = sum;
        true
    }

    fn add_buckets(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.offset = other.offset;
        }
        let before = self.offset.saturating_sub(other.offset).max(0) as usize;
        self.buckets.splice(0..0, std::iter::repeat_n(0, before));
        self.offset = self.offset.min(other.offset);
        let shift = other.offset.saturating_sub(self.offset) as usize;
        self.buckets.resize(self.buckets.len().max(shift + other.buckets.len()), 0);
        for (count, other) in self.buckets[shift..].iter_mut().zip(&other.buckets) {
            *count = count.saturating_add(*other);
        }
    }

    /// Buckets by their numbers. Somebody else's may end where numbers do.
    fn numbered(&self) -> impl Iterator<Item = (i32, u64)> {
        let number = |at: usize| self.offset.saturating_add(i32::try_from(at).unwrap_or(i32::MAX));
        self.buckets.iter().enumerate().map(move |(at, count)| (number(at), *count))
    }

    /// What was observed since `last`, with the coarser one's buckets; nothing where a count has fallen, or other values count
    /// as zero.
    pub(crate) fn since(&self, last: &Self) -> Option<Self> {
        if self.zero_threshold != last.zero_threshold {
            return None;
        }
        let schema = self.schema.min(last.schema);
        let mut since = self.aligned(schema).into_owned();
        let last = last.aligned(schema);
        since.zero_count = since.zero_count.checked_sub(last.zero_count)?;
        since.sum -= last.sum;
        for (number, count) in last.numbered().filter(|(_, count)| *count > 0) {
            let at = usize::try_from(i64::from(number) - i64::from(since.offset)).ok()?;
            let bucket = since.buckets.get_mut(at)?;
            *bucket = bucket.checked_sub(count)?;
        }
        since.trim();
        Some(since)
    }

    /// The same at a schema that is not finer, copied only where that is another.
    fn aligned(&self, schema: i8) -> Cow<'_, Self> {
        if self.schema == schema { Cow::Borrowed(self) } else { Cow::Owned(self.clone().at_schema(schema)) }
    }

    /// Leaves out the empty buckets at either end.
    pub(crate) fn trim(&mut self) {
        let used = self.buckets.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        self.buckets.truncate(used);
        let empty = self.buckets.iter().take_while(|count| **count == 0).count();
        self.buckets.drain(..empty);
        self.offset = self.offset.saturating_add(empty as i32);
    }
}

/// The most buckets that a sum may have.
const MOST: i64 = 1 << 14;

/// How many buckets both have together, and between them.
fn span(one: &NativeHistogram, other: &NativeHistogram) -> i64 {
    let end = |of: &NativeHistogram| i64::from(of.offset) + of.buckets.len() as i64;
    if one.buckets.is_empty() || other.buckets.is_empty() {
        return 0;
    }
    end(one).max(end(other)) - i64::from(one.offset.min(other.offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(schema: i8, offset: i32, buckets: &[u64]) -> NativeHistogram {
        let bounds: Arc<[f64]> = Arc::new([1.0, 2.0, 4.0]);
        let buckets = buckets.to_vec();
        NativeHistogram { schema, zero_threshold: 0.0, zero_count: 0, offset, buckets, sum: 0.0, bounds }
    }

    #[test]
    fn of_nothing_there_is_no_quantile() {
        assert_eq!(native(0, 0, &[]).quantile(0.5), None);
    }

    #[test]
    fn native_quantiles_are_interpolated_exponentially() {
        // All between 1 and 4: the middle, on a logarithmic scale, is 2.
        assert_eq!(native(-1, 1, &[10]).quantile(0.5), Some(2.0));
        assert_eq!(native(-1, 1, &[10]).quantile(0.25), Some(2.0_f64.sqrt()));
        assert_eq!(native(0, 1, &[5, 5]).quantile(0.5), Some(2.0));
        assert_eq!(native(0, 1, &[5, 0, 5]).quantile(1.0), Some(8.0));
    }

    #[test]
    fn coarsening_keeps_each_observation_below_its_bound() {
        // Above 1/2, 1, 2, 4 and 8, and up to twice that.
        let fine = native(0, 0, &[1, 2, 3, 4, 5]);
        let coarse = fine.clone().coarsened(3);
        assert_eq!((coarse.schema, coarse.offset, &coarse.buckets[..]), (-1, 0, &[1, 5, 9][..]));
        assert_eq!(coarse.count(), fine.count());
        assert_eq!(coarse.upper_bounds().map(|(bound, _)| bound).collect::<Vec<_>>(), [0.0, 1.0, 4.0, 16.0]);
        assert_eq!(native(0, -3, &[1, 2]).coarsened(1).upper_bound(-1), 0.25);
        assert_eq!(fine.clone().at_schema(-1), coarse);
        assert_eq!(fine.clone().at_schema(1), fine);
        assert_eq!(native(3, 0, &[]).at_schema(0).buckets, [0; 0]);
    }

    #[test]
    fn a_classic_view_counts_what_is_below_each_bound() {
        let mut native = native(1, -1, &[1, 2, 4, 8, 16, 32, 64]);
        native.zero_count = 100;
        // Bounds at 2^-0.5, 1, 2^0.5, 2, 2^1.5, 4, 2^2.5.
        assert_eq!(native.to_classic().buckets, [103, 12, 48, 64]);
    }

    #[test]
    fn natives_add_up_wherever_they_begin() {
        for (one, other, sum) in [
            (native(3, 5, &[1, 1]), native(3, 2, &[2]), native(3, 2, &[2, 0, 0, 1, 1])),
            (native(3, 2, &[2]), native(3, 5, &[1, 1]), native(3, 2, &[2, 0, 0, 1, 1])),
            (native(3, 0, &[]), native(3, -4, &[7]), native(3, -4, &[7])),
            (native(3, -4, &[7]), native(3, 0, &[]), native(3, -4, &[7])),
        ] {
            let mut added = one;
            assert!(added.add(&other));
            assert_eq!(added, sum);
        }
    }

    #[test]
    fn what_is_far_apart_is_added_coarsely_or_not_at_all() {
        let mut sum = native(3, -8_000, &[1]);
        assert!(sum.add(&native(3, 8_000, &[2])));
        assert_eq!((sum.count(), sum.schema), (3, 3));
        let mut sum = native(3, -80_000, &[1]);
        assert!(sum.add(&native(3, 80_000, &[2])));
        assert_eq!((sum.count(), sum.schema), (3, -1));
        for (one, other) in [(i32::MIN, i32::MAX), (i32::MAX, i32::MIN)] {
            let mut sum = native(0, one, &[1, 1]);
            assert!(!sum.add(&native(0, other, &[1, 1])));
            assert_eq!(sum.count(), 2);
            assert!(sum.quantile(1.0).is_some() && sum.to_classic().count() == 2);
            assert_eq!(sum.coarsened(1).count(), 2);
        }
    }

    #[test]
    fn what_came_since_is_what_adds_up_to_now() {
        for (now, last, since) in [
            (native(3, 2, &[2, 0, 5]), native(3, 4, &[1]), Some(native(3, 2, &[2, 0, 4]))),
            (native(3, 2, &[2, 0, 5]), native(3, 2, &[2, 0, 5]), Some(native(3, 5, &[]))),
            (native(0, 0, &[3, 4, 5]), native(-1, 0, &[1, 5]), Some(native(-1, 0, &[2, 4]))),
            (native(3, 2, &[2]), native(3, 2, &[3]), None),
            (native(3, 2, &[2]), native(3, 3, &[1]), None),
        ] {
            let seen = now.since(&last);
            assert_eq!(seen.as_ref().map(NativeHistogram::count), since.as_ref().map(NativeHistogram::count));
            if let Some(mut seen) = seen {
                seen.add(&last);
                assert_eq!(seen, now.aligned(seen.schema).into_owned());
            }
        }
        let other = NativeHistogram { zero_threshold: 1.0, ..native(3, 2, &[2]) };
        assert_eq!(native(3, 2, &[2]).since(&other), None);
    }
}
