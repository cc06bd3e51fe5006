//! What a registry holds of one metric: its family's identity, its labels, and where its cells are.

use std::collections::HashMap;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use spanwright_core::cells::{self, Block, Shape};
use spanwright_core::descriptor::{Dimension, Values, cardinality};

use super::identity::Identity;
use super::members::Home;
use super::reading::Reading;
use super::snapshot::{Kind, LabelSet, Series, Text, Value};
use crate::metric::{Finder, Interner, MetricDescriptor, Scale};

/// The series of a metric exist at zero from the start where it has at most this many; else once they have a value.
pub const ZERO_SERIES: u32 = 64;

/// One metric in a registry. Metrics of the same name, kind, unit, help, labels and buckets add up to one family.
#[derive(Debug)]
pub struct Instrument {
    pub(crate) identity: Identity,
    /// Where it was written, as `file:line`.
    pub(crate) place: (&'static str, u32),
    labels: LabelSpec,
    interner: Interner,
    /// Where the values are. Nothing where the layout had no room; then nothing is kept.
    block: Option<Arc<Block>>,
    content: Content,
    callbacks: Callbacks,
    /// When it was made.
    start: SystemTime,
    /// The registry that it is in.
    home: OnceLock<Home>,
    /// Which series of an up-down counter have ever had a value, a bit each: those stay when they are back at zero.
    shown: OnceLock<Box<[AtomicU64]>>,
    /// How many series there were at the last reading, to make room for as many at once. Publishes nothing else.
    series: AtomicUsize,
}

/// The labels of a metric's series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelSpec {
    /// Those with the same value in all series.
    pub(crate) constant: &'static [(&'static str, &'static str)],
    /// Those that tell series apart.
    pub(crate) dimensions: &'static [Dimension],
}

/// What the metric has of each combination's cells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// A sum.
    Sum {
        /// Its place among the combination's cells.
        offset: u32,
    },
    /// Adjacent sums from the first cell on, one for each value of a further label.
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "functions' metrics alone have it"))]
    Sums(Dimension),
    /// A value that is set.
    Gauge,
    /// The histogram behind the sums.
    Histogram,
}

/// Where a handle finds the cells of its combinations, by number.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    start: u32,
    stride: u32,
    /// None where there was no room.
    count: u32,
}

impl Places {
    /// Those of a block; of none, there are none.
    pub(crate) fn of(block: Option<&Block>) -> Self {
        let of = |block: &Block| Self { start: block.start(), stride: block.stride(), count: block.count() };
        block.map_or(Self { start: 0, stride: 0, count: 0 }, of)
    }

    /// The first cell of a combination; nothing where there is no such one.
    #[inline(always)]
    pub(crate) fn first(&self, combination: u32) -> Option<u32> {
        (combination < self.count).then(|| self.start + combination * self.stride)
    }
}

/// What reads the values of a gauge's series.
type Callback = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Callbacks, by their cells.
#[derive(Default)]
struct Callbacks(Mutex<HashMap<u32, Callback>>);

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
        Self::of(descriptor, Shape::SUM, None, Content::Sum { offset: 0 })
    }

    /// Of a gauge.
    pub(crate) fn gauge(descriptor: &'static MetricDescriptor) -> Self {
        Self::of(descriptor, Shape::SUM, None, Content::Gauge)
    }

    /// Of a histogram.
    pub(crate) fn histogram(descriptor: &'static MetricDescriptor) -> Self {
        let scale = Scale::new(descriptor.buckets, descriptor.unit);
        Self::of(descriptor, Shape::HISTOGRAM, Some(scale), Content::Histogram)
    }

    fn of(
        descriptor: &'static MetricDescriptor,
        shape: Shape,
        scale: Option<Scale>,
        content: Content,
    ) -> Self {
        let dimensions = descriptor.dimensions;
        let buckets = scale.as_ref().map_or(0, Scale::buckets);
        let block = Block::allocate(shape, buckets, cardinality(dimensions)).map(Arc::new);
        let identity = Identity {
            name: descriptor.name.into(),
            help: descriptor.help.into(),
            unit: descriptor.unit.into(),
            kind: descriptor.kind,
            label_names: dimensions.iter().map(|dimension| dimension.name).collect(),
            scale,
        };
        let labels = LabelSpec { constant: &[], dimensions };
        Self::within(identity, (descriptor.file, descriptor.line), labels, block, content)
    }

    /// Part of a block that others share.
    pub(crate) fn within(
        identity: Identity,
        place: (&'static str, u32),
        labels: LabelSpec,
        block: Option<Arc<Block>>,
        content: Content,
    ) -> Self {
        let (interner, callbacks) = (Interner::new(labels.dimensions), Callbacks::default());
        Self {
            identity,
            place,
            labels,
            interner,
            block,
            content,
            callbacks,
            start: SystemTime::now(),
            home: OnceLock::new(),
            shown: OnceLock::new(),
            series: AtomicUsize::new(0),
        }
    }

    /// Whether there was room for its values.
    pub(crate) fn has_cells(&self) -> bool {
        self.block.is_some()
    }

    /// Whether it is of the telemetry's own metrics.
    #[cfg(feature = "telemetry")]
    pub(crate) fn is_own(&self) -> bool {
        self.identity.name.starts_with("spanwright_")
    }

    #[inline]
    pub(crate) fn interner(&self) -> &Interner {
        &self.interner
    }

    /// When it was made.
    pub(crate) fn start(&self) -> SystemTime {
        self.start
    }

    /// The registry that it is in, where it is in one.
    pub(super) fn home(&self) -> Option<&Home> {
        self.home.get()
    }

    /// Notes the registry that it is in; the first one stays.
    pub(super) fn settle(&self, home: Home) {
        let _first = self.home.set(home);
    }

    /// Where a handle finds its cells.
    pub(crate) fn places(&self) -> Places {
        Places::of(self.block.as_deref())
    }

    /// What finds the buckets of a histogram's values.
    pub(crate) fn finder(&self) -> Finder {
        self.identity
            .scale
            .as_ref()
            .map_or_else(|| Scale::Explicit(Arc::new([])).finder(1.0), |scale| scale.finder(1.0))
    }

    /// Has a gauge's cell set by `callback` before each reading.
    pub(crate) fn read_by(&self, cell: u32, callback: Callback) {
        // Dropped without the lock: it may hold anything of the user's.
        let _replaced;
        let mut callbacks = self.callbacks.0.lock().unwrap_or_else(PoisonError::into_inner);
        _replaced = callbacks.insert(cell, callback);
        drop(callbacks);
    }

    /// Calls all callbacks, without a lock; how many panicked.
    pub(crate) fn call_back(&self) -> u64 {
        let callbacks = self.callbacks.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut panicked = 0;
        for (cell, callback) in callbacks {
            match panic::catch_unwind(AssertUnwindSafe(|| callback())) {
                Ok(value) => cells::set_shared(cell, gauge_bits(value)),
                Err(_) => panicked += 1,
            }
        }
        panicked
    }

    /// All series that have a value, or exist at zero.
    pub(crate) fn series(&self, reading: &mut Reading<'_>) -> Vec<Series> {
        let Some(block) = self.block.as_deref() else { return Vec::new() };
        let (inner, values) = match &self.content {
            Content::Sums(Dimension { name, values: Values::Static(values) }) => (Some(*name), *values),
            _ => (None, &[""][..]),
        };
        let keep_zero = block.count().saturating_mul(values.len() as u32) <= ZERO_SERIES;
        let names = self.label_names(inner);
        let mut all = Vec::with_capacity(self.series.load(Ordering::Relaxed));
        self.combinations(&mut |combination, labels| {
            let first = block.cell(combination);
            for (at, value) in (0..).zip(values) {
                let inner = inner.map(|_| *value);
                let labels = || LabelSet::new(Arc::clone(&names), self.label_values(labels, inner));
                all.extend(self.one(reading, block, first + at, keep_zero, labels));
            }
        });
        self.series.store(all.len(), Ordering::Relaxed);
        all
    }

    /// The series whose cells are from `cell` on; nothing where it has no value and is not to exist at zero.
    fn one(
        &self,
        reading: &mut Reading<'_>,
        block: &Block,
        cell: u32,
        keep_zero: bool,
        labels: impl FnOnce() -> LabelSet,
    ) -> Option<Series> {
        let (value, exemplars) = match self.content {
            Content::Sum { offset } => (self.sum(reading, cell + offset, keep_zero)?, (cell + offset, 1)),
            Content::Sums(_) => (self.sum(reading, cell, keep_zero)?, (cell, 1)),
            Content::Gauge => {
                let bits = reading.shared(cell);
                (keep_zero || bits != 0).then_some((Value::Gauge(gauge_value(bits)), (cell, 0)))?
            }
            Content::Histogram => {
                let histogram = reading.histogram(block, cell);
                if histogram.is_none() && !keep_zero {
                    return None;
                }
                let value = self.identity.scale.as_ref()?.read(histogram);
                (value, Reading::buckets(block, cell))
            }
        };
        Some(Series { labels: labels(), value, exemplars: reading.exemplars(block, exemplars) })
    }

    fn sum(&self, reading: &mut Reading<'_>, cell: u32, keep_zero: bool) -> Option<Value> {
        let sum = reading.sum(cell);
        match self.identity.kind {
            Kind::Counter => (keep_zero || sum != 0).then_some(Value::Counter(sum)),
            _ => (keep_zero || self.is_shown(cell, sum)).then_some(Value::Gauge(sum as i64 as f64)),
        }
    }

    /// Whether an up-down counter's series, which has this sum now, has ever been seen to have a value.
    fn is_shown(&self, cell: u32, sum: u64) -> bool {
        let Some(block) = &self.block else { return false };
        let words = || (0..block.count().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let combination = (cell - block.start()) / block.stride();
        let Some(word) = self.shown.get_or_init(words).get(combination as usize / 64) else { return false };
        let bit = 1 << (combination % 64);
        let before =
            if sum == 0 { word.load(Ordering::Relaxed) } else { word.fetch_or(bit, Ordering::Relaxed) };
        sum != 0 || before & bit != 0
    }

    /// The names of all labels: constant ones, those of the dimensions, and the inner one.
    fn label_names(&self, inner: Option<&'static str>) -> Arc<[Text]> {
        let constant = self.labels.constant.iter().map(|(name, _)| *name);
        let dimensions = self.labels.dimensions.iter().map(|dimension| dimension.name);
        constant.chain(dimensions).chain(inner).map(Text::constant).collect()
    }

    fn label_values(&self, labels: &[&Text], inner: Option<&'static str>) -> Box<[Text]> {
        let constant = self.labels.constant.iter().map(|(_, value)| Text::constant(value));
        let dimensions = labels.iter().map(|value| (*value).clone());
        constant.chain(dimensions).chain(inner.map(Text::constant)).collect()
    }

    /// Calls `each` with every combination's number and labels; of texts, with those that were seen.
    fn combinations(&self, each: &mut dyn FnMut(u32, &[&Text])) {
        let values: Vec<Vec<(u32, Text)>> = (0..)
            .zip(self.labels.dimensions)
            .map(|(place, dimension)| match dimension.values {
                Values::Static(values) => {
                    (0..).zip(values.iter().map(|value| Text::constant(value))).collect()
                }
                Values::Text { .. } => {
                    self.interner.seen(place).into_iter().map(|(at, text)| (at, Text::from(text))).collect()
                }
            })
            .collect();
        combine(self.labels.dimensions, &values, 0, &mut Vec::new(), each);
    }
}

/// Calls `each` with every combination of the values that are left, after those so far.
fn combine<'a>(
    dimensions: &[Dimension],
    values: &'a [Vec<(u32, Text)>],
    so_far: u32,
    labels: &mut Vec<&'a Text>,
    each: &mut dyn FnMut(u32, &[&Text]),
) {
    let ([dimension, dimensions @ ..], [own, values @ ..]) = (dimensions, values) else {
        return each(so_far, labels);
    };
    for (at, value) in own {
        labels.push(value);
        combine(dimensions, values, so_far * dimension.values.cardinality() + at, labels, each);
        labels.pop();
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_tuple("Callbacks").field(&count).finish()
    }
}
