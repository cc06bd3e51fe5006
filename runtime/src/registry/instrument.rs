//! What a registry holds of one metric: its family's identity, its labels, and where its cells are.

use std::sync::Arc;
use std::time::SystemTime;

use spanwright_core::cells::{Block, CellKind, Reader, Sum};
use spanwright_core::descriptor::{Buckets, Dimension, Values, cardinality};

use super::snapshot::{Family, Histogram, Kind, LabelSet, Series, Text, Value};
use crate::metric::{DEFAULT_BUCKETS, DURATION_BUCKETS, Interner, MetricDescriptor};

/// The series of a metric exist at zero from the start where it has at most this many; else once they have a value.
pub const ZERO_SERIES: u32 = 64;

/// What makes two metrics one family: of those with the same name, all else must be equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) name: Text,
    pub(crate) help: Text,
    pub(crate) unit: Text,
    pub(crate) kind: Kind,
    pub(crate) label_names: Vec<&'static str>,
    pub(crate) bounds: Arc<[f64]>,
}

/// What a histogram's samples are called, behind its name.
const SAMPLES: [&str; 3] = ["_bucket", "_sum", "_count"];

impl Identity {
    /// The family, without series.
    pub(crate) fn family(&self) -> Family {
        let (help, unit) = (self.help.clone(), self.unit.clone());
        Family { help, unit, ..Family::new(self.name.clone(), self.kind) }
    }

    /// Whether one of the family's samples, which is not the family's own name, has this name.
    pub(crate) fn has_sample(&self, name: &str) -> bool {
        let suffix = || name.strip_prefix(self.name.as_str());
        self.kind == Kind::Histogram && suffix().is_some_and(|suffix| SAMPLES.contains(&suffix))
    }

    /// The names of families that may be in conflict with this one.
    pub(crate) fn names_in_conflict(&self) -> impl Iterator<Item = String> {
        let own = std::iter::once(self.name.to_string());
        let samples = SAMPLES.iter().map(|suffix| format!("{}{suffix}", self.name));
        let histograms = SAMPLES.iter().filter_map(|suffix| Some(self.name.strip_suffix(suffix)?.to_owned()));
        own.chain(samples).chain(histograms)
    }
}

/// One metric in a registry. Metrics of the same name, kind, unit, help, labels and buckets add up to one family.
#[derive(Debug)]
pub struct Instrument {
    pub(crate) identity: Identity,
    /// Where it was written, as `file:line`.
    pub(crate) place: (&'static str, u32),
    /// Labels with the same value in all series.
    constant: &'static [(&'static str, &'static str)],
    dimensions: &'static [Dimension],
    interner: Interner,
    cells: Cells,
    /// When it was made.
    start: SystemTime,
}

/// Where the values are. Nothing where the layout had no room; then nothing is kept.
#[derive(Debug)]
enum Cells {
    /// Sums, `inner` adjacent ones for each combination, from `offset` on.
    Sums { block: Option<Arc<Block>>, offset: u32, inner: Option<Dimension> },
    /// Shared values of gauges.
    Gauge { block: Option<Arc<Block>> },
    /// Histograms, of floating-point values or of nanoseconds.
    Histogram { block: Option<Arc<Block>>, kind: CellKind },
}

/// The bits of a gauge's cell; never zero, which stands for "never set".
pub(crate) fn gauge_bits(value: f64) -> u64 {
    if value == 0.0 { (-0.0_f64).to_bits() } else { value.to_bits() }
}

/// The value of a gauge's bits.
pub(crate) fn gauge_value(bits: u64) -> f64 {
    f64::from_bits(bits) + 0.0
}

impl Instrument {
    /// Of a counter or an up-down counter.
    pub(crate) fn sums(descriptor: &'static MetricDescriptor) -> Self {
        let block = Block::allocate(CellKind::Sums, 1, cardinality(descriptor.dimensions)).map(Arc::new);
        Self::of(descriptor, Arc::new([]), Cells::Sums { block, offset: 0, inner: None })
    }

    /// Of a gauge.
    pub(crate) fn gauge(descriptor: &'static MetricDescriptor) -> Self {
        let block = Block::allocate(CellKind::Shared, 1, cardinality(descriptor.dimensions)).map(Arc::new);
        Self::of(descriptor, Arc::new([]), Cells::Gauge { block })
    }

    /// Of a histogram.
    pub(crate) fn histogram(descriptor: &'static MetricDescriptor) -> Self {
        let bounds: Arc<[f64]> = match descriptor.buckets {
            Buckets::Explicit(bounds) => bounds.into(),
            _ if descriptor.unit == "seconds" => DURATION_BUCKETS.into(),
            _ => DEFAULT_BUCKETS.into(),
        };
        let kind = CellKind::FloatHistogram;
        let used = bounds.len() as u32 + 3;
        let block = Block::allocate(kind, used, cardinality(descriptor.dimensions)).map(Arc::new);
        Self::of(descriptor, bounds, Cells::Histogram { block, kind })
    }

    fn of(descriptor: &'static MetricDescriptor, bounds: Arc<[f64]>, cells: Cells) -> Self {
        let identity = Identity {
            name: descriptor.name.into(),
            help: descriptor.help.into(),
            unit: descriptor.unit.into(),
            kind: descriptor.kind,
            label_names: descriptor.dimensions.iter().map(|dimension| dimension.name).collect(),
            bounds,
        };
        let place = (descriptor.file, descriptor.line);
        let interner = Interner::new(descriptor.dimensions);
        Self {
            identity,
            place,
            constant: &[],
            dimensions: descriptor.dimensions,
            interner,
            cells,
            start: SystemTime::now(),
        }
    }

    /// Adjacent sums within a block that others share, one for each value of `inner`.
    #[cfg(feature = "telemetry")]
    pub(crate) fn sums_within(
        identity: Identity,
        place: (&'static str, u32),
        labels: (&'static [(&'static str, &'static str)], &'static [Dimension]),
        block: Option<Arc<Block>>,
        offset: u32,
        inner: Option<Dimension>,
    ) -> Self {
        let (constant, dimensions) = labels;
        let interner = Interner::new(dimensions);
        Self {
            identity,
            place,
            constant,
            dimensions,
            interner,
            cells: Cells::Sums { block, offset, inner },
            start: SystemTime::now(),
        }
    }

    /// A histogram of nanoseconds, in seconds when read.
    #[cfg(feature = "telemetry")]
    pub(crate) fn durations(
        identity: Identity,
        place: (&'static str, u32),
        labels: (&'static [(&'static str, &'static str)], &'static [Dimension]),
        block: Option<Arc<Block>>,
    ) -> Self {
        let (constant, dimensions) = labels;
        let cells = Cells::Histogram { block, kind: CellKind::IntegerHistogram };
        Self {
            identity,
            place,
            constant,
            dimensions,
            interner: Interner::new(dimensions),
            cells,
            start: SystemTime::now(),
        }
    }

    /// Whether there was room for its values.
    pub(crate) fn has_cells(&self) -> bool {
        self.cells.block().is_some()
    }

    /// Whether it is of the telemetry's own metrics.
    #[cfg(feature = "telemetry")]
    pub(crate) fn is_own(&self) -> bool {
        self.identity.name.starts_with("spanwright_")
    }

    pub(crate) fn interner(&self) -> &Interner {
        &self.interner
    }

    /// When it was made.
    pub(crate) fn start(&self) -> SystemTime {
        self.start
    }

    /// A histogram's upper bounds.
    #[inline]
    pub(crate) fn bounds(&self) -> &[f64] {
        &self.identity.bounds
    }

    /// The first cell of a combination; nothing where there is none.
    #[inline]
    pub(crate) fn cell(&self, combination: u32) -> Option<u32> {
        let block = self.cells.block()?;
        (combination < block.count()).then(|| block.cell(combination))
    }

    /// All series that have a value, or exist at zero.
    pub(crate) fn series(&self, reader: &Reader<'_>) -> Vec<Series> {
        let mut all = Vec::new();
        let Some(block) = self.cells.block() else { return all };
        let inner = match &self.cells {
            Cells::Sums { inner: Some(inner), .. } => inner.values.cardinality(),
            _ => 1,
        };
        let keep_zero = block.count().saturating_mul(inner) <= ZERO_SERIES;
        let names = self.label_names();
        self.combinations(0, 0, &mut Vec::new(), &mut |combination, labels| match &self.cells {
            Cells::Sums { offset, inner: None, .. } => {
                let sum = reader.sum(block.cell(combination) + offset);
                if keep_zero || sum != 0 {
                    all.push(self.one(&names, labels, None, self.sum_value(sum)));
                }
            }
            Cells::Sums { offset, inner: Some(inner), .. } => {
                let Values::Static(values) = inner.values else { return };
                for (at, value) in (0..).zip(values) {
                    let sum = reader.sum(block.cell(combination) + offset + at);
                    if keep_zero || sum != 0 {
                        all.push(self.one(&names, labels, Some(value), self.sum_value(sum)));
                    }
                }
            }
            Cells::Gauge { .. } => {
                let bits = reader.shared(block.cell(combination));
                if keep_zero || bits != 0 {
                    all.push(self.one(&names, labels, None, Value::Gauge(gauge_value(bits))));
                }
            }
            Cells::Histogram { kind, .. } => {
                let read = reader.histogram(*kind, block.cell(combination), block.used());
                if keep_zero || read.buckets.iter().any(|count| *count != 0) {
                    let sum = match read.sum {
                        Sum::Float(sum) => sum,
                        Sum::Integer(nanos) => nanos as f64 / 1e9,
                    };
                    let bounds = Arc::clone(&self.identity.bounds);
                    let histogram = Histogram { bounds, buckets: read.buckets, sum };
                    all.push(self.one(&names, labels, None, Value::Histogram(histogram)));
                }
            }
        });
        all
    }

    fn sum_value(&self, sum: u64) -> Value {
        match self.identity.kind {
            Kind::Counter => Value::Counter(sum),
            _ => Value::Gauge(sum as i64 as f64),
        }
    }

    /// The names of all labels: constant ones, those of the dimensions, and the inner one.
    fn label_names(&self) -> Arc<[Text]> {
        let constant = self.constant.iter().map(|(name, _)| *name);
        let dimensions = self.dimensions.iter().map(|dimension| dimension.name);
        let inner = match &self.cells {
            Cells::Sums { inner, .. } => inner.map(|inner| inner.name),
            Cells::Gauge { .. } | Cells::Histogram { .. } => None,
        };
        constant.chain(dimensions).chain(inner).map(Text::constant).collect()
    }

    fn one(&self, names: &Arc<[Text]>, labels: &[Text], inner: Option<&'static str>, value: Value) -> Series {
        let constant = self.constant.iter().map(|(_, value)| Text::constant(value));
        let values: Box<[Text]> =
            constant.chain(labels.iter().cloned()).chain(inner.map(Text::constant)).collect();
        Series { labels: LabelSet::new(Arc::clone(names), values), value, exemplars: Vec::new() }
    }

    /// Calls `each` with every combination's number and labels; of texts, with those that were seen.
    fn combinations(
        &self,
        place: usize,
        so_far: u32,
        labels: &mut Vec<Text>,
        each: &mut dyn FnMut(u32, &[Text]),
    ) {
        let Some(dimension) = self.dimensions.get(place) else { return each(so_far, labels) };
        let values: Vec<(u32, Text)> = match dimension.values {
            Values::Static(values) => (0..).zip(values.iter().map(|value| Text::constant(value))).collect(),
            Values::Text { .. } => {
                self.interner.seen(place).into_iter().map(|(at, text)| (at, Text::from(text))).collect()
            }
        };
        for (at, value) in values {
            labels.push(value);
            self.combinations(place + 1, so_far * dimension.values.cardinality() + at, labels, each);
            labels.pop();
        }
    }
}

impl Cells {
    #[inline]
    fn block(&self) -> Option<&Block> {
        match self {
            Self::Sums { block, .. } | Self::Gauge { block } | Self::Histogram { block, .. } => {
                block.as_deref()
            }
        }
    }
}
