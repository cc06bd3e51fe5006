//! Which values agree with themselves.
//!
//! Values of [sources](crate::registry::Source) may be anything. A histogram that contradicts itself has no true buckets to show,
//! and numbers of buckets at the ends of what an `i32` holds would overflow, or make room for billions of empty ones between two.

use super::{Histogram, NativeHistogram, Value};

/// The schemas that anybody knows: [OpenTelemetry's scales](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale)
/// have those that Prometheus has, and more.
const SCHEMAS: std::ops::RangeInclusive<i8> = -10..=20;
/// The finest schema of Prometheus.
pub(crate) const FINEST: i8 = 8;
/// More than there are powers of two among the numbers of 64 bits, above or below 1.
const POWERS: i64 = 1100;

impl Value {
    /// Whether there are a histogram's buckets for its bounds, and the bounds ascend. All other values always agree with
    /// themselves.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Counter(_) | Self::FloatCounter(_) | Self::Gauge(_) => true,
            Self::Histogram(histogram) => is_sound_histogram(histogram),
            Self::NativeHistogram(native) => is_sound_native(native),
        }
    }
}

fn is_sound_histogram(histogram: &Histogram) -> bool {
    histogram.buckets.len() == histogram.bounds.len() + 1 && ascend(&histogram.bounds)
}

/// Its buckets are where there are numbers, or would be at the finest schema of Prometheus.
fn is_sound_native(native: &NativeHistogram) -> bool {
    let first = i64::from(native.offset);
    let end = i64::try_from(native.buckets.len()).map_or(i64::MAX, |count| first.saturating_add(count));
    let most = POWERS << native.schema.clamp(FINEST, *SCHEMAS.end());
    SCHEMAS.contains(&native.schema)
        && native.zero_threshold >= 0.0
        && ascend(&native.bounds)
        && first >= -most
        && end <= most
}

/// Whether each is above the one before; what is not a number is not.
fn ascend(bounds: &[f64]) -> bool {
    bounds.iter().is_sorted_by(|one, next| one < next) && bounds.first().is_none_or(|first| !first.is_nan())
}
