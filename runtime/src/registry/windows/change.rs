//! What series have done in a window.

use std::time::Instant;

use super::Window;
use super::tracked::Tracked;
use crate::registry::{Histogram, NativeHistogram};

pub(super) enum Change {
    /// A counter rose by that.
    Total(f64),
    /// A gauge's mean over time.
    Mean(f64),
    /// What a classic histogram observed.
    Classic(Histogram),
    /// What a native histogram observed.
    Native(NativeHistogram),
}

impl Change {
    /// With that of another series of the family.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Total(one), Self::Total(other)) => Self::Total(one + other),
            (Self::Mean(one), Self::Mean(other)) => Self::Mean(one + other),
            (Self::Classic(mut one), Self::Classic(other)) => {
                one.add(&other);
                Self::Classic(one)
            }
            (Self::Native(mut one), Self::Native(other)) => {
                one.add(&other);
                Self::Native(one)
            }
            // A family is of one kind.
            (one, _) => one,
        }
    }

    pub(super) fn increase(&self) -> Option<f64> {
        match self {
            Self::Total(total) => Some(*total),
            Self::Classic(histogram) => Some(histogram.count() as f64),
            Self::Native(native) => Some(native.count() as f64),
            Self::Mean(_) => None,
        }
    }

    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        match self {
            // What can't be counted has no middle.
            Self::Classic(histogram) if histogram.count() < u64::MAX => histogram.quantile(q),
            Self::Native(native) if native.count() < u64::MAX => native.quantile(q),
            _ => None,
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let of = |sum: f64, count: u64| (count > 0 && sum.is_finite()).then(|| sum / count as f64);
        match self {
            Self::Mean(mean) => Some(*mean),
            Self::Classic(histogram) => of(histogram.sum, histogram.count()),
            Self::Native(native) => of(native.sum, native.count()),
            Self::Total(_) => None,
        }
    }
}

/// Points of a gauge's value over time, or of a rate, of series added up; nothing where there are none. Times are in
/// seconds. The last one of `times` is the last tick, and those before it are of the slots that count.
pub(super) fn curve(times: &[Instant], series: &[&Tracked], window: Window) -> Option<Vec<(f64, f64)>> {
    let is_level = series.first()?.is_level();
    let (start, slots) = (*times.first()?, times.len() - 1);
    let curves: Vec<_> = series.iter().map(|series| series.curve(window, slots)).collect();
    let sums = (0..times.len()).map(|at| {
        let values = curves.iter().filter_map(|curve| *curve.get(at)?);
        Some((times[at].duration_since(start).as_secs_f64(), values.reduce(|one, other| one + other)?))
    });
    // Where a gauge was no number, or infinite, nothing is known of the sum.
    let values: Vec<(f64, f64)> = sums.flatten().filter(|(_, sum)| sum.is_finite()).collect();
    if is_level {
        return Some(values);
    }
    let rates = values.windows(2).filter_map(|pair| {
        let [(from, before), (to, after)] = *pair else { return None };
        (to > from).then(|| ((from + to) / 2.0, (after - before) / (to - from)))
    });
    Some(rates.collect())
}
