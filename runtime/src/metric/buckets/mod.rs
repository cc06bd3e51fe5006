//! The buckets of histograms: which there are, which one a value falls into, and what they are when read.

mod finder;

use std::sync::Arc;

use spanwright_core::cells::{HistogramCells, Sum};
use spanwright_core::descriptor::{Buckets, TimeUnit};

pub(crate) use finder::Finder;
use finder::Native;

use crate::registry::{Histogram, NativeHistogram, Value};

/// How fine native histograms are: eight buckets for each power of two, so that a quantile is off by 4.5 % at most.
const SCHEMA: u32 = 3;
/// How many powers of two they span.
const OCTAVES: u32 = 63;

/// Which buckets a histogram has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Those with these upper bounds, and the infinite one.
    Explicit(Arc<[f64]>),
    /// A native histogram's, from two to the power of `lowest` on. What is not above that counts as zero.
    Native {
        lowest: i32,
        /// The bounds that formats without native histograms show.
        bounds: Arc<[f64]>,
    },
}

impl Scale {
    /// The buckets of values in that unit.
    pub(crate) fn new(buckets: Buckets, unit: &str) -> Self {
        match buckets {
            Buckets::Explicit(bounds) => Self::Explicit(bounds.into()),
            Buckets::Default => Self::Explicit(Buckets::default_bounds(unit).into()),
            Buckets::Native => match TimeUnit::named(unit).map(TimeUnit::in_a_second) {
                // From a nanosecond to centuries, shown from a microsecond to a minute; or as much of a longer unit.
                Some(1.0) => Self::native(-30, (-20..=6).collect()),
                // From a thousandth to 10¹⁶, shown from one to 10¹².
                _ => Self::native(-10, (0..=40).step_by(2).collect()),
            },
        }
    }

    fn native(lowest: i32, shown: Vec<i32>) -> Self {
        Self::Native { lowest, bounds: shown.into_iter().map(|power| f64::from(power).exp2()).collect() }
    }

    /// How many buckets there are.
    pub(crate) fn buckets(&self) -> u32 {
        match self {
            Self::Explicit(bounds) => bounds.len() as u32 + 1,
            Self::Native { .. } => (OCTAVES << SCHEMA) + 1,
        }
    }

    /// What finds the buckets of values that are `per_unit` to the unit: 10⁹ for nanoseconds where that is the second.
    pub(crate) fn finder(&self, per_unit: f64) -> Finder {
        match self {
            // A bound that is a whole number there is one exactly.
            Self::Explicit(bounds) if per_unit > 1.0 => {
                let bounds: Vec<f64> = bounds.iter().map(|bound| (bound * per_unit).round()).collect();
                Finder::explicit(&bounds)
            }
            Self::Explicit(bounds) => Finder::explicit(bounds),
            Self::Native { lowest, .. } => {
                let (first, threshold) = (first(*lowest), f64::from(*lowest).exp2());
                Finder::Native(Native::new(SCHEMA, first, OCTAVES << SCHEMA, threshold, 1.0 / per_unit))
            }
        }
    }

    /// The value of a histogram with these cells; of one without any, nothing was observed.
    pub(crate) fn read(&self, cells: Option<HistogramCells>) -> Value {
        let nothing = || HistogramCells { sum: Sum::Float(0.0), buckets: vec![0; self.buckets() as usize] };
        let HistogramCells { sum, buckets } = cells.unwrap_or_else(nothing);
        let sum = match sum {
            Sum::Float(sum) => sum,
            Sum::Integer(nanos) => nanos as f64 / 1e9,
        };
        match self {
            Self::Explicit(bounds) => Value::from(Histogram { bounds: Arc::clone(bounds), buckets, sum }),
            Self::Native { lowest, bounds } => Value::from(native(*lowest, bounds, &buckets, sum)),
        }
    }
}

/// The number of the first bucket above a power of two.
fn first(lowest: i32) -> i32 {
    (lowest << SCHEMA) + 1
}

/// The zero bucket is the first one; the empty ones at either end are left out.
fn native(lowest: i32, bounds: &Arc<[f64]>, buckets: &[u64], sum: f64) -> NativeHistogram {
    let (zero_count, buckets) = buckets.split_first().map_or((0, &[][..]), |(zero, rest)| (*zero, rest));
    let from = buckets.iter().position(|count| *count != 0).unwrap_or(buckets.len());
    let to = buckets.iter().rposition(|count| *count != 0).map_or(from, |last| last + 1);
    NativeHistogram {
        schema: SCHEMA as i8,
        zero_threshold: f64::from(lowest).exp2(),
        zero_count,
        offset: if from == to { 0 } else { first(lowest) + from as i32 },
        buckets: buckets[from..to].to_vec(),
        sum,
        bounds: Arc::clone(bounds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_their_own_buckets_in_every_unit_of_time() {
        let ends = |unit| match Scale::new(Buckets::Default, unit) {
            Scale::Explicit(bounds) => (bounds[0], bounds[bounds.len() - 1]),
            Scale::Native { .. } => panic!("native"),
        };
        for (unit, expected) in [
            ("nanoseconds", (1e5, 1e10)),
            ("microseconds", (100.0, 1e7)),
            ("milliseconds", (0.1, 1e4)),
            ("seconds", (1e-4, 10.0)),
            ("minutes", (1e-4, 10.0)),
            ("days", (1e-4, 10.0)),
            ("bytes", (5.0, 1e4)),
        ] {
            assert_eq!(ends(unit), expected, "{unit}");
        }
    }

    #[test]
    fn a_native_histogram_reads_back_what_was_found() {
        let scale = Scale::new(Buckets::Native, "seconds");
        let finder = scale.finder(1.0);
        let values = [0.0, 1e-9, 0.25, 0.250_001, 0.3, 60.0];
        let mut buckets = vec![0_u64; scale.buckets() as usize];
        values.iter().for_each(|value| buckets[finder.find(*value) as usize] += 1);
        let Value::NativeHistogram(native) =
            scale.read(Some(HistogramCells { sum: Sum::Float(1.0), buckets }))
        else {
            panic!("not native")
        };
        assert_eq!((native.zero_count, native.count()), (1, 6));
        for (upper, count) in native.upper_bounds().filter(|(_, count)| *count > 0) {
            let lower = if upper < 1e-9 { -1.0 } else { upper / (1.0_f64 / 8.0).exp2() };
            let within = values.iter().filter(|value| **value > lower && **value <= upper).count();
            assert_eq!(within as u64, count, "up to {upper}");
        }
        let classic = native.to_classic();
        let up_to = |bound: f64| classic.cumulative().find(|(its, _)| *its == bound).map(|(_, count)| count);
        assert_eq!((up_to(0.25), up_to(0.5), up_to(64.0)), (Some(3), Some(5), Some(6)));
    }

    #[test]
    fn nanoseconds_fall_where_their_seconds_do() {
        for buckets in [Buckets::Default, Buckets::Native] {
            let scale = Scale::new(buckets, "seconds");
            let (seconds, nanos) = (scale.finder(1.0), scale.finder(1e9));
            for value in [100_000.0, 100_001.0, 99_999.0, 1e9, 1e9 + 1.0, 2.5e9, 3.0, 0.0, 1e15] {
                let found = nanos.find(value);
                assert!(found.abs_diff(seconds.find(value / 1e9)) <= u32::from(buckets == Buckets::Native));
            }
        }
        let nanos = Scale::new(Buckets::Default, "seconds").finder(1e9);
        assert_eq!((nanos.find(100_000.0), nanos.find(100_001.0)), (0, 1));
        // 6.5e-5 times 10⁹ is a little less than 65,000.
        let nanos = Scale::new(Buckets::Explicit(&[6.5e-5]), "seconds").finder(1e9);
        assert_eq!((nanos.find(65_000.0), nanos.find(65_001.0)), (0, 1));
    }
}
