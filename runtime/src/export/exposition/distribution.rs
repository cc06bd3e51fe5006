//! What all formats show of a histogram, classic or native: its classic buckets, and the exemplar of each.

use crate::registry::{Exemplar, Histogram, NativeHistogram, Series, Value};

/// The labels of an exemplar, whose values are 16 and 8 bytes in hexadecimal.
pub(super) const TRACE_ID: &str = "trace_id";
pub(super) const SPAN_ID: &str = "span_id";
// OpenMetrics has room for 128 characters in the names and values of an exemplar's labels.
const _: () = assert!(TRACE_ID.len() + 32 + SPAN_ID.len() + 16 <= 128);

/// A histogram with its exemplars.
#[derive(Clone, Copy)]
pub(super) struct Distribution<'a> {
    counts: Counts<'a>,
    exemplars: &'a [Exemplar],
    /// The upper bounds, without the infinite one.
    pub(super) bounds: &'a [f64],
    pub(super) count: u64,
    pub(super) sum: f64,
}

#[derive(Clone, Copy)]
enum Counts<'a> {
    Classic(&'a Histogram),
    Native(&'a NativeHistogram),
}

/// A classic bucket.
pub(super) struct Bucket<'a> {
    /// The upper bound, inclusive.
    pub(super) bound: f64,
    /// How many observations are not above it.
    pub(super) up_to: u64,
    /// Of those that fall into it, the newest.
    pub(super) exemplar: Option<&'a Exemplar>,
}

impl<'a> Distribution<'a> {
    /// Nothing where the value is a number.
    pub(super) fn of(series: &'a Series) -> Option<Self> {
        let exemplars = &series.exemplars;
        match &series.value {
            Value::Histogram(classic) => Some(Self {
                counts: Counts::Classic(classic),
                exemplars,
                bounds: finite(&classic.bounds),
                count: classic.count(),
                sum: classic.sum,
            }),
            Value::NativeHistogram(native) => Some(Self {
                counts: Counts::Native(native),
                exemplars,
                bounds: finite(&native.bounds),
                count: native.count(),
                sum: native.sum,
            }),
            Value::Counter(_) | Value::FloatCounter(_) | Value::Gauge(_) => None,
        }
    }

    /// What a native histogram has beside its classic buckets.
    pub(super) fn native(&self) -> Option<&'a NativeHistogram> {
        match self.counts {
            Counts::Classic(_) => None,
            Counts::Native(native) => Some(native),
        }
    }

    /// The buckets, without the infinite one. Those of a native histogram are what [`NativeHistogram::to_classic`] has, which a test
    /// compares. That one goes by the native buckets, hundreds of which need an `exp2` each, and allocates; this one goes by the
    /// bounds, which are few, and allocates nothing.
    pub(super) fn buckets(self) -> impl Iterator<Item = Bucket<'a>> {
        let (mut up_to, mut seen) = (0_u64, 0);
        let mut below = None;
        self.bounds.iter().enumerate().map(move |(at, bound)| {
            let end = match self.counts {
                Counts::Classic(_) => at + 1,
                Counts::Native(native) => {
                    let has_zero = |bound: f64| bound >= native.zero_threshold;
                    if has_zero(*bound) && !below.is_some_and(has_zero) {
                        up_to = up_to.saturating_add(native.zero_count);
                    }
                    buckets_up_to(native, *bound).max(seen)
                }
            };
            up_to = self.buckets_between(seen, end).fold(up_to, u64::saturating_add);
            seen = end;
            let exemplar = self.exemplar(below, *bound);
            below = Some(*bound);
            Bucket { bound: *bound, up_to, exemplar }
        })
    }

    /// The infinite bucket.
    pub(super) fn infinite(&self) -> Bucket<'a> {
        let exemplar = self.exemplar(self.bounds.last().copied(), f64::INFINITY);
        Bucket { bound: f64::INFINITY, up_to: self.count, exemplar }
    }

    /// Whether the sum can only go up.
    pub(super) fn is_monotonic(&self) -> bool {
        self.sum >= 0.0 && self.bounds.iter().all(|bound| *bound >= 0.0)
    }

    fn buckets_between(&self, start: usize, end: usize) -> impl Iterator<Item = u64> + use<'a> {
        let buckets = match self.counts {
            Counts::Classic(classic) => &classic.buckets,
            Counts::Native(native) => &native.buckets,
        };
        buckets.get(start..end).unwrap_or_default().iter().copied()
    }

    fn exemplar(&self, below: Option<f64>, bound: f64) -> Option<&'a Exemplar> {
        // What is not a number is above all bounds.
        let is_up_to = |value: f64, bound: f64| value <= bound || bound == f64::INFINITY;
        let is_here = |value: f64| is_up_to(value, bound) && !below.is_some_and(|below| value <= below);
        newest(self.exemplars.iter().filter(|exemplar| is_here(exemplar.value)))
    }
}

/// The bounds without an infinite one at their end, which every histogram has without saying so.
fn finite(bounds: &[f64]) -> &[f64] {
    &bounds[..bounds.partition_point(|bound| *bound < f64::INFINITY)]
}

/// The newest of some exemplars, which has a trace.
pub(super) fn newest<'a>(exemplars: impl IntoIterator<Item = &'a Exemplar>) -> Option<&'a Exemplar> {
    let traced = exemplars.into_iter().filter(|exemplar| exemplar.trace_id.is_some());
    traced.max_by_key(|exemplar| exemplar.time)
}

/// How many of the buckets are not above `bound`, a power of two: that has an exact logarithm, and ends a bucket.
fn buckets_up_to(native: &NativeHistogram, bound: f64) -> usize {
    // The cast saturates, and of no number (of a negative bound's logarithm) makes zero.
    let last = if bound > 0.0 { bound.log2() * f64::from(native.schema).exp2() } else { f64::NEG_INFINITY };
    let last = last.floor() as i64;
    let count = last.saturating_add(1).saturating_sub(native.offset.into());
    usize::try_from(count.max(0)).unwrap_or(usize::MAX).min(native.buckets.len())
}
