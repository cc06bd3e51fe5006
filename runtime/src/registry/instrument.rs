//! What a registry holds of one metric: its family's identity, its labels, and where its cells are.

use std::collections::HashMap;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use spanwright_core::cells::{self, Block, HISTOGRAM_HEAD, HistogramCells, Shape, StoreId};
use spanwright_core::descriptor::{Dimension, Values, cardinality};

use super::identity::Identity;
use super::look::Look;
use super::members::Home;
use super::scope::ScopeLabels;
use super::snapshot::{Kind, Series, Table, Text, Value};
use crate::metric::{Finder, Interner, MetricDescriptor, Scale};

/// The series of a metric exist at zero from the start where it has at most this many; else once they have a value.
pub const ZERO_SERIES: u32 = 64;

/// One metric in a registry. Metrics of the same name, kind, unit, help, labels and buckets add up to one family.
#[derive(Debug)]
pub struct Instrument {
    pub(crate) identity: Identity,
    /// Where it was written, as `file:line`.
    pub(crate) place: (&'static str, u32),
    /// What a derive has said of it.
    #[cfg(feature = "catalog")]
    pub(crate) descriptor: Option<&'static MetricDescriptor>,
    labels: LabelSpec,
    /// Labels of the registry's, which all its series have in front.
    pub(super) scope: ScopeLabels,
    interner: Interner,
    /// Where the values are. Nothing where the layout had no room; then nothing is kept.
    block: Option<Arc<Block>>,
    content: Content,
    callbacks: Callbacks,
    /// When it was made.
    start: SystemTime,
    /// The registry that it is in.
    home: OnceLock<Home>,
    /// Which series exist at zero, a bit each: those that were asked to, and of an up-down counter those that have ever had a value.
    kept: OnceLock<Box<[AtomicU64]>>,
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
        let labels = LabelSpec { constant: &[], dimensions };
        let identity = Identity::new(descriptor.name, descriptor.kind, &labels).called(
            descriptor.otel_name,
            descriptor.otel_unit,
            &labels,
        );
        let identity =
            Identity { help: descriptor.help.into(), unit: descriptor.unit.into(), scale, ..identity };
        let made = Self::within(identity, (descriptor.file, descriptor.line), labels, block, content);
        #[cfg(feature = "catalog")]
        let made = Self { descriptor: Some(descriptor), ..made };
        made
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
            #[cfg(feature = "catalog")]
            descriptor: None,
            labels,
            scope: Arc::new([]),
            interner,
            block,
            content,
            callbacks,
            start: SystemTime::now(),
            home: OnceLock::new(),
            kept: OnceLock::new(),
            series: AtomicUsize::new(0),
        }
    }

    /// The labels that the registry puts on all its series.
    #[cfg(feature = "catalog")]
    pub(crate) fn scope_labels(&self) -> &[(Text, Text)] {
        &self.scope
    }

    /// The labels that tell its series apart.
    #[cfg(feature = "catalog")]
    pub(crate) fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        let constant = self.labels.constant.iter().map(|(name, value)| Dimension {
            name,
            attribute: "",
            help: "",
            values: Values::Static(std::slice::from_ref(value)),
        });
        let further = match self.content {
            Content::Sums(dimension) => Some(dimension),
            _ => None,
        };
        constant.chain(self.labels.dimensions.iter().copied()).chain(further)
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

    /// Its labels that are text, and how many texts each of them may have.
    pub(super) fn text_labels(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.labels.dimensions.iter().filter_map(|dimension| match dimension.values {
            Values::Text { max } => Some((dimension.name, max)),
            Values::Static(_) => None,
        })
    }

    /// What it has counted, by the store that it has counted in; of what is set, nothing.
    pub(super) fn counted(&self) -> Vec<(StoreId, Vec<Series>)> {
        let Some(block) = self.block.as_deref() else { return Vec::new() };
        if !matches!(self.identity.kind, Kind::Counter | Kind::Histogram) {
            return Vec::new();
        }
        let of = |store| {
            let mut series = self.series(&Look::without_exemplars(store));
            series.retain(|one| !one.value.is_nothing());
            (store, series)
        };
        block.stores().into_iter().map(of).collect()
    }

    /// All series that have a value, or exist at zero.
    pub(crate) fn series(&self, look: &Look) -> Vec<Series> {
        let Some(block) = self.block.as_deref() else { return Vec::new() };
        let (inner, values) = match &self.content {
            Content::Sums(Dimension { name, values: Values::Static(values), .. }) => (Some(*name), *values),
            _ => (None, &[""][..]),
        };
        let keep_zero = block.count().saturating_mul(values.len() as u32) <= ZERO_SERIES;
        let (seen, texts) = self.seen(inner.map(|_| values));
        let mut read = self.read(look, block, &seen, values.len() as u32);
        let room = self.series.load(Ordering::Relaxed);
        let (mut table, mut shown) =
            (Table::new(self.label_names(inner), texts, room), Vec::with_capacity(room));
        combine(self.labels.dimensions, &seen.values, 0, &mut Vec::new(), &mut |combination, labels| {
            let first = block.cell(combination);
            for at in 0..values.len() as u32 {
                if let Some(value_now) = self.value(&mut read, first + at, keep_zero) {
                    table.push(
                        (0..seen.constant)
                            .chain(labels.iter().copied())
                            .chain(inner.map(|_| seen.inner + at)),
                    );
                    shown.push((value_now, first + at));
                }
            }
        });
        self.series.store(shown.len(), Ordering::Relaxed);
        let exemplars = |cell| look.exemplars(block, self.exemplar_cells(block, cell));
        let series =
            |((value, cell), labels)| Series { labels, value, start: None, exemplars: exemplars(cell) };
        shown.into_iter().zip(table.rows()).map(series).collect()
    }

    /// Reads the numbers of all combinations, in their order, under the store's lock and without doing anything else there.
    fn read(&self, look: &Look, block: &Block, seen: &Seen, inner: u32) -> Read {
        let mut combinations = Vec::with_capacity(self.series.load(Ordering::Relaxed));
        let dimensions = self.labels.dimensions;
        combine(dimensions, &seen.values, 0, &mut Vec::new(), &mut |at, _| combinations.push(block.cell(at)));
        let (cells, shape) = (combinations.into_iter(), block.shape());
        let reader = look.reader();
        match (self.content, shape.histogram) {
            (Content::Histogram, Some(sums)) => {
                let of = |cell| reader.histogram(sums, cell + shape.sums, block.used() - shape.sums);
                Read::Histograms(cells.map(of).collect::<Vec<_>>().into_iter())
            }
            (Content::Gauge, _) => {
                Read::Numbers(cells.map(|cell| reader.shared(cell)).collect::<Vec<_>>().into_iter())
            }
            (Content::Sum { offset }, _) => {
                Read::Numbers(cells.map(|cell| reader.sum(cell + offset)).collect::<Vec<_>>().into_iter())
            }
            _ => {
                let all = cells.flat_map(|cell| cell..cell + inner).map(|cell| reader.sum(cell));
                Read::Numbers(all.collect::<Vec<_>>().into_iter())
            }
        }
    }

    /// The value of the series whose cells are from `cell` on, which is the next one that was read; nothing where it has
    /// none and is not to exist at zero.
    fn value(&self, read: &mut Read, cell: u32, keep_zero: bool) -> Option<Value> {
        match read {
            Read::Histograms(histograms) => {
                let histogram = histograms.next()?;
                let is_shown = keep_zero || histogram.is_some() || self.is_kept(cell);
                self.identity.scale.as_ref().filter(|_| is_shown).map(|scale| scale.read(histogram))
            }
            Read::Numbers(numbers) => {
                let number = numbers.next()?;
                let (is_shown, value) = match self.identity.kind {
                    Kind::Counter => (number != 0 || self.is_kept(cell), Value::Counter(number)),
                    Kind::UpDownCounter => {
                        if number != 0 {
                            self.keep(cell);
                        }
                        (self.is_kept(cell), Value::Gauge(number as i64 as f64))
                    }
                    _ => (number != 0, Value::Gauge(gauge_value(number))),
                };
                (keep_zero || is_shown).then_some(value)
            }
        }
    }

    /// The cells that a series may have exemplars of: the first one, and how many there are.
    fn exemplar_cells(&self, block: &Block, cell: u32) -> (u32, u32) {
        match (self.identity.kind, self.content) {
            (Kind::Counter, _) => (cell, 1),
            (Kind::Histogram, _) => {
                let before = block.shape().sums + HISTOGRAM_HEAD;
                (cell + before, block.used() - before)
            }
            _ => (cell, 0),
        }
    }

    /// Lets the series whose cells are from `cell` on exist at zero from now on.
    pub(crate) fn keep(&self, cell: u32) {
        let Some(block) = &self.block else { return };
        let words = || (0..block.count().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let (word, bit) = Self::kept_bit(block, cell);
        if let Some(word) = self.kept.get_or_init(words).get(word) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn is_kept(&self, cell: u32) -> bool {
        let (Some(block), Some(words)) = (&self.block, self.kept.get()) else { return false };
        let (word, bit) = Self::kept_bit(block, cell);
        words.get(word).is_some_and(|word| word.load(Ordering::Relaxed) & bit != 0)
    }

    /// The number of the word, and the bit in it.
    fn kept_bit(block: &Block, cell: u32) -> (usize, u64) {
        let combination = (cell - block.start()) / block.stride();
        (combination as usize / 64, 1 << (combination % 64))
    }

    /// The names of all labels: the registry's, constant ones, those of the dimensions, and the inner one.
    fn label_names(&self, inner: Option<&'static str>) -> Arc<[Text]> {
        let constant = self.labels.constant.iter().map(|(name, _)| *name);
        let dimensions = self.labels.dimensions.iter().map(|dimension| dimension.name);
        let own = constant.chain(dimensions).chain(inner).map(Text::constant);
        self.scope.iter().map(|(name, _)| name.clone()).chain(own).collect()
    }

    /// The values of all labels: of texts, those that were seen. `inner` are those of the inner one.
    fn seen(&self, inner: Option<&'static [&'static str]>) -> (Seen, Vec<Text>) {
        let own = self.labels.constant.iter().map(|(_, value)| Text::constant(value));
        let mut texts: Vec<Text> = self.scope.iter().map(|(_, value)| value.clone()).chain(own).collect();
        let constant = texts.len() as u32;
        let mut values = Vec::with_capacity(self.labels.dimensions.len());
        for (place, dimension) in self.labels.dimensions.iter().enumerate() {
            let first = texts.len() as u32;
            let numbers: Vec<u32> = match dimension.values {
                Values::Static(values) => {
                    texts.extend(values.iter().map(|value| Text::constant(value)));
                    (0..values.len() as u32).collect()
                }
                Values::Text { .. } => {
                    let (numbers, seen): (Vec<u32>, Vec<_>) = self.interner.seen(place).into_iter().unzip();
                    texts.extend(seen.into_iter().map(Text::from));
                    numbers
                }
            };
            values.push(numbers.into_iter().zip(first..).collect());
        }
        let inner_at = texts.len() as u32;
        texts.extend(inner.into_iter().flatten().map(|value| Text::constant(value)));
        (Seen { constant, values, inner: inner_at }, texts)
    }
}

/// Where the values of labels are in a table of texts.
struct Seen {
    /// The first so many are those of the registry's labels and of the constant ones.
    constant: u32,
    /// Of each dimension, its values' numbers and their places.
    values: Vec<Vec<(u32, u32)>>,
    /// From here on are those of the inner label.
    inner: u32,
}

/// The numbers of a metric's series, in their order.
enum Read {
    Numbers(std::vec::IntoIter<u64>),
    Histograms(std::vec::IntoIter<Option<HistogramCells>>),
}

/// Calls `each` with every combination of the values that are left, after those so far: its number, and its values' places.
fn combine(
    dimensions: &[Dimension],
    values: &[Vec<(u32, u32)>],
    so_far: u32,
    labels: &mut Vec<u32>,
    each: &mut dyn FnMut(u32, &[u32]),
) {
    let ([dimension, dimensions @ ..], [own, values @ ..]) = (dimensions, values) else {
        return each(so_far, labels);
    };
    for (at, place) in own {
        labels.push(*place);
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
