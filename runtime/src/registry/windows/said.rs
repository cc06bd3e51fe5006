//! What a series says, where that makes sense.

use crate::registry::FINEST;
use crate::registry::{Histogram, Kind, NativeHistogram, Value};

/// The most buckets of a native histogram that are remembered.
const NATIVE_BUCKETS: usize = 64;

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
        if !value.is_sound() {
            return None;
        }
        match (kind, value) {
            (Kind::Histogram, Value::Histogram(classic)) => Some(Self::Classic(classic)),
            (Kind::Histogram, Value::NativeHistogram(native)) => {
                // Prometheus knows none that are finer.
                Some(Self::Native(coarse((**native).clone().at_schema(FINEST))))
            }
            (Kind::Histogram, _) => None,
            (Kind::Counter, value) => value.number().filter(|total| total.is_finite()).map(Self::Total),
            (Kind::UpDownCounter | Kind::Gauge, value) => value.number().map(Self::Level),
        }
    }
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
