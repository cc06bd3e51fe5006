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
            start: family.start_of(series),
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

/// The unit as [UCUM](https://ucum.org) has it; a word that Prometheus would not take for the same one again becomes an
/// annotation, which is in braces: of that, it makes nothing.
///
/// Source: the table in
/// [`metric_namer.go`](https://github.com/prometheus/otlptranslator/blob/main/metric_namer.go), by which Prometheus appends a
/// unit to a name that does not have it, read backwards. Of its versions, some call `TiBy` tibibytes and some tebibytes.
pub(super) fn ucum(unit: &str) -> Cow<'_, str> {
    if let Some((_, known)) = UCUM.iter().find(|(word, _)| *word == unit) {
        return Cow::Borrowed(known);
    }
    // Braces don't nest.
    let word: String = unit.chars().filter(|c| c.is_ascii_graphic() && !"{}".contains(*c)).collect();
    if word.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("{{{word}}}")) }
}

const UCUM: [(&str, &str); 25] = [
    ("days", "d"),
    ("hours", "h"),
    ("minutes", "min"),
    ("seconds", "s"),
    ("milliseconds", "ms"),
    ("microseconds", "us"),
    ("nanoseconds", "ns"),
    ("bytes", "By"),
    ("kibibytes", "KiBy"),
    ("mebibytes", "MiBy"),
    ("gibibytes", "GiBy"),
    ("kilobytes", "KBy"),
    ("megabytes", "MBy"),
    ("gigabytes", "GBy"),
    ("terabytes", "TBy"),
    ("meters", "m"),
    ("volts", "V"),
    ("amperes", "A"),
    ("joules", "J"),
    ("watts", "W"),
    ("grams", "g"),
    ("celsius", "Cel"),
    ("hertz", "Hz"),
    ("ratio", "1"),
    ("percent", "%"),
];

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
            ("bits", "{bits}"),
            ("kelvin", "{kelvin}"),
        ] {
            assert_eq!(ucum(unit), expected, "{unit}");
        }
    }

    /// What Prometheus calls what it gets by OTLP: `normalizeName` of `metric_namer.go`, `buildUnitSuffixes` and
    /// `addUnitTokens`, in github.com/prometheus/otlptranslator.
    fn prometheus_name(name: &str, unit: &str, kind: Kind, tebi: &str) -> String {
        let mut tokens: Vec<String> =
            name.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').map(str::to_owned).collect();
        tokens.retain(|token| !token.is_empty());
        let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
        let known = |unit: &str| !unit.trim().is_empty() && !unit.contains(['{', '}']);
        let mut suffixes = Vec::new();
        if known(main) {
            suffixes.push(main_unit(main.trim(), tebi));
        }
        if known(per) {
            let names = [
                ("s", "second"),
                ("m", "minute"),
                ("h", "hour"),
                ("d", "day"),
                ("w", "week"),
                ("mo", "month"),
                ("y", "year"),
            ];
            let name =
                names.iter().find(|(unit, _)| *unit == per.trim()).map_or(per.trim(), |(_, name)| name);
            suffixes.push(format!("per_{name}"));
        }
        for suffix in suffixes {
            if !suffix.is_empty() && !tokens.contains(&suffix) {
                tokens.push(suffix);
            }
        }
        let mut end_with = |last: &str| {
            tokens.retain(|token| token != last);
            tokens.push(last.to_owned());
        };
        if kind == Kind::Counter {
            end_with("total");
        }
        if kind == Kind::Gauge && unit == "1" {
            end_with("ratio");
        }
        tokens.join("_")
    }

    fn main_unit(unit: &str, tebi: &str) -> String {
        let name = match unit {
            "d" => "days",
            "h" => "hours",
            "min" => "minutes",
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "ns" => "nanoseconds",
            "By" => "bytes",
            "KiBy" => "kibibytes",
            "MiBy" => "mebibytes",
            "GiBy" => "gibibytes",
            "TiBy" => tebi,
            "KBy" => "kilobytes",
            "MBy" => "megabytes",
            "GBy" => "gigabytes",
            "TBy" => "terabytes",
            "m" => "meters",
            "V" => "volts",
            "A" => "amperes",
            "J" => "joules",
            "W" => "watts",
            "g" => "grams",
            "Cel" => "celsius",
            "Hz" => "hertz",
            "1" => "",
            "%" => "percent",
            other => other,
        };
        // What no name can have is an underscore, and none is in front.
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        name.trim_start_matches('_').to_owned()
    }

    #[test]
    fn prometheus_appends_no_unit_to_a_name_that_has_it() {
        assert_eq!(
            prometheus_name("x.bits", "bit", Kind::Gauge, ""),
            "x_bits_bit",
            "which is what goes wrong"
        );
        assert_eq!(prometheus_name("disk.io", "By/s", Kind::Counter, ""), "disk_io_bytes_per_second_total");
        let others =
            ["", "bits", "kelvin", "tebibytes", "tibibytes", "orders", "per_second", "bytes_per_second"];
        for unit in UCUM.iter().map(|(word, _)| *word).chain(others) {
            let name = format!("x_{unit}").trim_end_matches('_').to_owned();
            for (name, kind) in [
                (name.clone(), Kind::Gauge),
                (name.clone(), Kind::UpDownCounter),
                (name.clone(), Kind::Histogram),
                (format!("{name}_total"), Kind::Counter),
            ] {
                for tebi in ["tibibytes", "tebibytes"] {
                    assert_eq!(prometheus_name(&name, &ucum(unit), kind, tebi), name, "{unit} {kind:?}");
                }
            }
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
