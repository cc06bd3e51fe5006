//! What a series says, where that makes sense.

use crate::registry::{Histogram, Kind, NativeHistogram, Value};

/// The most buckets of a native histogram that are remembered.
const NATIVE_BUCKETS: usize = 64;
/// The finest buckets of a native histogram that are added up: Prometheus knows none that are finer.
const FINEST: i8 = 8;
/// The finest that there are, which are OpenTelemetry's.
const FINEST_KNOWN: i8 = 20;
/// No number but zero is above 2 to the power of this, or below 2 to its negative.
const LARGEST_EXPONENT: f64 = 1100.0;

/// A value that can be reckoned with: [sources](crate::registry::Source) promise sense, and are not believed.
pub(super) enum Said<'a> {
    /// What a counter has counted: a finite number.
    Total(f64),
    /// A gauge's value, which need not be finite.
    Level(f64),
    /// One bucket more than there are bounds.
    Classic(&'a Histogram),
    /// Few buckets, whose bounds are numbers.
    Native(NativeHistogram),
}

impl<'a> Said<'a> {
    /// Nothing where the value is not of that kind, or no metric's.
    pub(super) fn of(kind: Kind, value: &'a Value) -> Option<Self> {
        match (kind, value) {
            (Kind::Histogram, Value::Histogram(classic)) => {
                is_classic(classic).then_some(Self::Classic(classic))
            }
            (Kind::Histogram, Value::NativeHistogram(native)) => {
                is_native(native).then(|| Self::Native(coarse(native.clone().at_schema(FINEST))))
            }
            (Kind::Histogram, _) => None,
            (Kind::Counter, value) => value.number().filter(|total| total.is_finite()).map(Self::Total),
            (Kind::UpDownCounter | Kind::Gauge, value) => value.number().map(Self::Level),
        }
    }
}

fn is_classic(classic: &Histogram) -> bool {
    // Bounds that are not equal to themselves would be others at each look.
    classic.buckets.len() == classic.bounds.len() + 1 && !classic.bounds.iter().any(|bound| bound.is_nan())
}

/// Whether its buckets are where numbers are. All others would be empty; and far apart, they would need room for all between.
fn is_native(native: &NativeHistogram) -> bool {
    let (first, count) = (f64::from(native.offset), native.buckets.len() as f64);
    let last = LARGEST_EXPONENT * f64::from(native.schema).exp2() + 1.0;
    native.schema <= FINEST_KNOWN
        && first.abs() <= last
        && first + count <= last
        && native.zero_threshold.is_finite()
        && native.zero_threshold >= 0.0
}

/// The same with as many buckets as are remembered.
pub(super) fn coarse(mut native: NativeHistogram) -> NativeHistogram {
    // Where all numbers are in three buckets, the schema is far from its end.
    while native.buckets.len() > NATIVE_BUCKETS {
        let coarser = native.schema - 1;
        native = native.at_schema(coarser);
    }
    native
}
