//! What is pushed: the value of each series, as OpenTelemetry has it.

#[cfg(all(test, feature = "otlp"))]
pub(super) mod any;

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Temporality;
use super::delta::{Change, Deltas, is_counted};
use crate::registry::{Family, Kind, NativeHistogram, Series, Snapshot, Value};

/// The most buckets of an exponential histogram: what OpenTelemetry's own have by default.
const MOST_BUCKETS: usize = 160;

/// The value of one series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<'a> {
    pub(super) family: &'a Family,
    pub(super) series: &'a Series,
    /// Since when it counts; nothing where that is not known, and of gauges.
    pub(super) start: Option<SystemTime>,
    /// When it was this value.
    pub(super) time: SystemTime,
    pub(super) temporality: Temporality,
}

/// What a metric is to OpenTelemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Gauge,
    Sum { is_monotonic: bool },
    Histogram,
    ExponentialHistogram,
}

impl Data {
    /// Whether it is a sum that only grows.
    pub(super) fn is_monotonic(self) -> bool {
        self == Self::Sum { is_monotonic: true }
    }
}

impl Point<'_> {
    /// What its metric is: by the value, since who feeds a registry may mistake its kind.
    pub(super) fn data(&self) -> Data {
        match (&self.series.value, self.family.kind) {
            (Value::Counter(_) | Value::FloatCounter(_), _) => Data::Sum { is_monotonic: true },
            (Value::Gauge(_), Kind::UpDownCounter) => Data::Sum { is_monotonic: false },
            (Value::Gauge(_), _) => Data::Gauge,
            (Value::Histogram(_), _) => Data::Histogram,
            (Value::NativeHistogram(_), _) => Data::ExponentialHistogram,
        }
    }

    /// The unit of its metric, as UCUM has it.
    pub(super) fn unit(&self) -> Cow<'_, str> {
        let stated = self.family.otel.as_ref().map(|otel| otel.unit.as_str()).filter(|unit| !unit.is_empty());
        stated.map_or_else(|| ucum(&self.family.unit), Cow::Borrowed)
    }

    /// The attributes, by OpenTelemetry's keys.
    pub(super) fn attributes(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.series.labels.iter().map(|(name, value)| (self.family.otel_key(name), value))
    }

    /// Whether both are of one metric.
    pub(super) fn shares_metric(&self, other: &Self) -> bool {
        std::ptr::eq(self.family, other.family) && self.data() == other.data()
    }

    /// The number of `AGGREGATION_TEMPORALITY_DELTA` or `AGGREGATION_TEMPORALITY_CUMULATIVE`.
    pub(super) fn temporality_number(&self) -> u32 {
        match self.temporality {
            Temporality::Delta => 1,
            Temporality::Cumulative => 2,
        }
    }

    /// Since when it counts, in nanoseconds of Unix time.
    pub(super) fn start_unix_nanos(&self) -> Option<u64> {
        self.start.filter(|_| self.data() != Data::Gauge).map(unix_nanos)
    }
}

/// All points of a snapshot whose values agree with themselves.
pub(super) fn all(snapshot: &Snapshot) -> impl Iterator<Item = Point<'_>> {
    snapshot.families.iter().flat_map(|family| {
        family.series.iter().filter(|series| series.value.is_sound()).map(|series| Point {
            family,
            series,
            start: family.start,
            time: snapshot.time,
            temporality: Temporality::Cumulative,
        })
    })
}

/// The changes, and of the snapshot all that is no change of anything: gauges and up-down counters.
pub(super) fn with_changes<'a>(snapshot: &'a Snapshot, changes: &'a [Change]) -> Vec<Point<'a>> {
    let of_changes = changes.iter().flat_map(|Change { family, starts }| {
        family.series.iter().zip(starts).map(|(series, start)| Point {
            family,
            series,
            start: Some(*start),
            time: snapshot.time,
            temporality: Temporality::Delta,
        })
    });
    all(snapshot).filter(|point| !is_counted(&point.series.value)).chain(of_changes).collect()
}

impl Deltas {
    /// Notes that these points need not be sent again.
    pub(super) fn settle_all(&mut self, points: &[Point<'_>]) {
        points.iter().for_each(|point| self.settle(&point.family.name, &point.series.labels));
    }
}

/// The histogram with no more buckets than receivers expect, and the number of the first one by its lower bound, as
/// OpenTelemetry has it; ours are numbered by their upper bounds.
pub(super) fn exponential(histogram: &NativeHistogram) -> (Cow<'_, NativeHistogram>, i32) {
    let histogram = if histogram.buckets.len() > MOST_BUCKETS {
        Cow::Owned(histogram.clone().coarsened(MOST_BUCKETS))
    } else {
        Cow::Borrowed(histogram)
    };
    let offset = histogram.offset.saturating_sub(1);
    (histogram, offset)
}

/// A time in nanoseconds of Unix time.
pub(super) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The unit as [UCUM](https://ucum.org) has it; a word that it does not know becomes an annotation, which is in braces.
///
/// Source: the table of OpenTelemetry's
/// [compatibility with Prometheus](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/),
/// read backwards.
pub(super) fn ucum(unit: &str) -> Cow<'_, str> {
    let known = match unit {
        "" => "",
        "days" => "d",
        "hours" => "h",
        "minutes" => "min",
        "seconds" => "s",
        "milliseconds" => "ms",
        "microseconds" => "us",
        "nanoseconds" => "ns",
        "bytes" => "By",
        "kibibytes" => "KiBy",
        "mebibytes" => "MiBy",
        "gibibytes" => "GiBy",
        "tebibytes" => "TiBy",
        "kilobytes" => "KBy",
        "megabytes" => "MBy",
        "gigabytes" => "GBy",
        "terabytes" => "TBy",
        "bits" => "bit",
        "meters" => "m",
        "volts" => "V",
        "amperes" => "A",
        "joules" => "J",
        "watts" => "W",
        "grams" => "g",
        "celsius" => "Cel",
        "hertz" => "Hz",
        "kelvin" => "K",
        "ratio" => "1",
        "percent" => "%",
        other => {
            // Braces don't nest.
            let word: String = other.chars().filter(|c| c.is_ascii_graphic() && !"{}".contains(*c)).collect();
            return if word.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("{{{word}}}")) };
        }
    };
    Cow::Borrowed(known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::export::exposition::tests::wild::any_wild_snapshot;

    #[test]
    fn units_are_those_of_ucum() {
        for (unit, expected) in [
            ("", ""),
            ("seconds", "s"),
            ("bytes", "By"),
            ("ratio", "1"),
            ("orders", "{orders}"),
            ("{orders}", "{orders}"),
            ("a b\n", "{ab}"),
            ("☃", ""),
        ] {
            assert_eq!(ucum(unit), expected, "{unit}");
        }
    }

    proptest! {
        #[test]
        fn no_value_makes_a_point_panic_or_grow(snapshot in any_wild_snapshot()) {
            for point in all(&snapshot) {
                let Value::NativeHistogram(native) = &point.series.value else { continue };
                let (coarse, offset) = exponential(native);
                prop_assert!(coarse.buckets.len() <= native.buckets.len());
                prop_assert_eq!((coarse.count(), offset), (native.count(), coarse.offset - 1));
            }
        }
    }
}
