//! What a registry held at one moment: plain data, which is all that exporters ever see.

mod exemplar;
mod histogram;
mod labels;
mod native;
mod otel;
mod sample;
mod sound;
mod text;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use exemplar::Exemplar;
pub use histogram::Histogram;
pub use labels::LabelSet;
pub(super) use labels::Table;
pub use native::NativeHistogram;
pub use otel::OtelNames;
pub use sample::Sample;
pub(crate) use sound::FINEST;
pub use text::Text;

pub use spanwright_core::descriptor::Kind;

/// All families of a registry, sorted by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The families.
    pub families: Vec<Family>,
    /// When it was taken.
    pub time: SystemTime,
}

impl Snapshot {
    /// The family of that name.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        let at = self.families.binary_search_by(|family| family.name.as_str().cmp(name)).ok()?;
        self.families.get(at)
    }
}

impl Default for Snapshot {
    /// No families, at the Unix epoch.
    fn default() -> Self {
        Self { families: Vec::new(), time: UNIX_EPOCH }
    }
}

impl From<Vec<Family>> for Snapshot {
    /// These families, sorted, at the Unix epoch.
    fn from(mut families: Vec<Family>) -> Self {
        families.sort_by(|one, other| one.name.cmp(&other.name));
        Self { families, ..Self::default() }
    }
}

/// One metric with all its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The Prometheus name, with its unit and, for counters, `_total`.
    pub name: Text,
    /// What it measures.
    pub help: Text,
    /// The unit, as in the name (`seconds`, `bytes`), or nothing.
    pub unit: Text,
    /// What kind of metric it is.
    pub kind: Kind,
    /// What OpenTelemetry calls it and its labels, where that is something else.
    pub otel: Option<Arc<OtelNames>>,
    /// Since when counters and histograms have been counting: the oldest of them. Nothing where that is not known.
    pub start: Option<SystemTime>,
    /// One for each combination of label values.
    pub series: Vec<Series>,
}

impl Family {
    /// A family without help, unit and series.
    #[must_use]
    pub fn new(name: impl Into<Text>, kind: Kind) -> Self {
        let (help, unit) = (Text::default(), Text::default());
        Self { name: name.into(), help, unit, kind, otel: None, start: None, series: Vec::new() }
    }

    /// The same with another series.
    #[must_use]
    pub fn with(mut self, labels: impl Into<LabelSet>, value: Value) -> Self {
        self.series.push(Series { labels: labels.into(), value, start: None, exemplars: Vec::new() });
        self
    }

    /// Since when one of its series has been counting; nothing where that is not known.
    #[must_use]
    pub fn start_of(&self, series: &Series) -> Option<SystemTime> {
        series.start.or(self.start)
    }

    /// The series with these labels, in any order.
    #[must_use]
    pub fn series(&self, labels: &[(&str, &str)]) -> Option<&Series> {
        self.series.iter().find(|series| series.labels.is(labels))
    }
}

/// One time series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Label names and values.
    pub labels: LabelSet,
    /// The value.
    pub value: Value,
    /// Since when it has been counting, where that is another time than the family's: it came later, or began anew.
    pub start: Option<SystemTime>,
    /// Traces behind the value: one at most of a counter, and of a histogram one at most in each bucket. By value,
    /// ascending.
    pub exemplars: Vec<Exemplar>,
}

impl Series {
    /// Adds another one with the same labels; `false` where its value is of another kind.
    pub(crate) fn add(&mut self, other: Self) -> bool {
        let fits = self.value.add(&other.value);
        if fits {
            // Nothing is as old as the family.
            self.start = self.start.min(other.start);
        }
        if fits && !other.exemplars.is_empty() {
            self.exemplars.extend(other.exemplars);
            let key = |one: &Exemplar| (self.value.bucket(one.value), Reverse(one.time));
            self.exemplars.sort_by_key(key);
            // Of each bucket, the latest stays.
            self.exemplars.dedup_by_key(|one| self.value.bucket(one.value));
        }
        fits
    }
}

/// Whether a series began anew since the last look, by when it says that it began. Where it merely says a later time than
/// before, an older part of its family has gone.
pub(crate) fn is_anew(
    before: Option<SystemTime>,
    began: Option<SystemTime>,
    last_look: Option<SystemTime>,
) -> bool {
    before.is_some() && began > before && began >= last_look
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A counter's.
    Counter(u64),
    /// The value of a counter that does not count in ones: seconds, say.
    FloatCounter(f64),
    /// A gauge's or an up-down counter's.
    Gauge(f64),
    /// A histogram's; in a box, so that the series of a counter is small.
    Histogram(Box<Histogram>),
    /// A native histogram's.
    NativeHistogram(Box<NativeHistogram>),
}

impl From<Histogram> for Value {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(Box::new(histogram))
    }
}

impl From<NativeHistogram> for Value {
    fn from(histogram: NativeHistogram) -> Self {
        Self::NativeHistogram(Box::new(histogram))
    }
}

impl Value {
    /// A value that is one number, as such.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Counter(value) => Some(*value as f64),
            Self::FloatCounter(value) | Self::Gauge(value) => Some(*value),
            Self::Histogram(_) | Self::NativeHistogram(_) => None,
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Counter(value) => *value == 0,
            Self::FloatCounter(value) | Self::Gauge(value) => *value == 0.0,
            Self::Histogram(value) => value.count() == 0,
            Self::NativeHistogram(value) => value.count() == 0,
        }
    }

    /// The number of the bucket that an observation fell into; of what has no buckets, zero.
    fn bucket(&self, observed: f64) -> i32 {
        match self {
            Self::Counter(_) | Self::FloatCounter(_) | Self::Gauge(_) => 0,
            Self::Histogram(histogram) => histogram.bounds.partition_point(|bound| *bound < observed) as i32,
            Self::NativeHistogram(native) => native.bucket(observed),
        }
    }

    /// What came since `last`, the same series' value before; nothing where it has fallen, or can't be compared.
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "what is pushed is"))]
    pub(crate) fn since(&self, last: &Self) -> Option<Self> {
        match (self, last) {
            (Self::Counter(now), Self::Counter(last)) => now.checked_sub(*last).map(Self::Counter),
            (Self::FloatCounter(now), Self::FloatCounter(last)) => {
                (now >= last).then(|| Self::FloatCounter(now - last))
            }
            (Self::Histogram(now), Self::Histogram(last)) => now.since(last).map(Self::from),
            (Self::NativeHistogram(now), Self::NativeHistogram(last)) => now.since(last).map(Self::from),
            _ => None,
        }
    }

    /// Adds the value of another series with the same labels; `false` where it is of another kind, or has other buckets.
    pub(crate) fn add(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Counter(one), Self::Counter(other)) => *one = one.wrapping_add(*other),
            (Self::FloatCounter(one), Self::FloatCounter(other)) | (Self::Gauge(one), Self::Gauge(other)) => {
                *one += other;
            }
            (Self::Histogram(one), Self::Histogram(other)) => return one.add(other),
            (Self::NativeHistogram(one), Self::NativeHistogram(other)) => return one.add(other),
            _ => return false,
        }
        true
    }
}
