//! Metrics: a struct of handles, derived with `#[derive(Metrics)]`.
//!
//! A handle holds indexes into a process-wide layout of cells; the values are per thread and added up when a
//! [`Registry`] is read. Adding a kind of metric is one file here, with an implementation of [`Metric`].

mod buckets;
mod by_outcome;
mod check;
mod counter;
mod descriptor;
mod families;
mod gauge;
#[cfg(feature = "telemetry")]
mod globals;
mod handle;
mod histogram;
mod label;
pub mod role;
mod storage;
mod up_down_counter;

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

pub(crate) use buckets::{Finder, Scale};
pub use by_outcome::ByOutcome;
pub use check::{
    by_kind, check_buckets, check_budget, check_flattened, check_heatmap, check_name, check_quantile,
    check_quantiles, check_total,
};
pub use counter::{Counted, Counter};
pub use descriptor::{Described, Descriptors, trimmed};
pub use families::{FamiliesOf, UnknownFamilies, check_latency, check_success, families};
pub use gauge::{Gauge, Gauged};
#[cfg(feature = "telemetry")]
pub use globals::{GLOBALS, Global};
pub use histogram::{Histogram, Observed, Timer};
pub use label::{Interner, Label, LabelText, Labels, OVERFLOW};
pub use role::CallMetrics;
use role::{EndedCall, Ending};
#[cfg(feature = "telemetry")]
pub(crate) use spanwright_core::descriptor::OUTCOME;
pub use storage::{PerThread, Shared, Storage};
pub use up_down_counter::{UpDownCounter, UppedDowned};

use crate::export::exposition;
use crate::registry::{self, DebugInfo, Instrument, Kind, Owned, Registry, Snapshot};
use spanwright_core::descriptor::Dimension;
pub use spanwright_core::descriptor::{
    Alert, Comparison, Condition, DEFAULT_BUCKETS, DURATION_BUCKETS, DerivedMetric, MetricDescriptor,
    NestedMetrics, Panel, PanelKind, Piece, Severity, Threshold,
};

/// A struct of metrics. Made by `#[derive(Metrics)]`, which also gives it `global()`, the process-wide instance in
/// [`Registry::global`]. Without the feature `telemetry` it has no size, counts nothing and is in no registry.
///
/// ```
/// # if !spanwright::ENABLED { return }
/// use spanwright::{Counter, Metrics, Registry};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "shop")]
/// struct Shop {
///     /// Orders that were placed.
///     orders_total: Counter,
/// }
///
/// Shop::global().orders_total.inc();
///
/// let registry = Registry::new();
/// let isolated = Shop::register(&registry);
/// isolated.orders_total.add(2);
/// let text = spanwright::export::exposition::to_text(&registry.snapshot());
/// assert!(text.contains("shop_orders_total 2"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a struct of metrics",
    label = "has no `#[derive(spanwright::Metrics)]`",
    note = "`#[metric(flatten)]` is for a field that is a struct with `#[derive(spanwright::Metrics)]`; a metric itself goes without"
)]
pub trait Metrics: Sized {
    /// What is known of its own metrics at compile time.
    const DESCRIPTORS: &'static [MetricDescriptor];

    /// Those of its flattened fields. No two of all these metrics have one name, which the compiler checks; of a generic struct,
    /// where it is used:
    ///
    /// ```compile_fail
    /// # use spanwright::{Gauge, Labels, Metrics, Registry};
    /// #[derive(Metrics)]
    /// struct Pool<L: Labels> {
    ///     /// Connections that nobody uses.
    ///     idle: Gauge<L>,
    /// }
    ///
    /// #[derive(Metrics)]
    /// struct Shop<L: Labels> {
    ///     /// Clerks who do nothing.
    ///     idle: Gauge<L>,
    ///     #[metric(flatten)]
    ///     pool: Pool<L>,
    /// }
    ///
    /// Shop::<()>::register(&Registry::new());
    /// ```
    const NESTED: &'static [NestedMetrics] = &[];

    /// Metrics that recording rules work out of its own: `#[metrics(derived(…))]`.
    const DERIVED: &'static [DerivedMetric] = &[];

    /// All its metrics, those of flattened fields included, by their whole names. None is made by asking.
    ///
    /// ```
    /// use spanwright::{Counter, Gauge, Metrics};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(global = false)]
    /// struct Pool {
    ///     /// Connections that nobody uses.
    ///     idle: Gauge,
    /// }
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "shop")]
    /// struct Shop {
    ///     /// Orders that were placed.
    ///     orders_total: Counter,
    ///     #[metric(flatten, prefix = "shop_pool")]
    ///     pool: Pool,
    /// }
    ///
    /// let names: Vec<_> = Shop::descriptors().map(|metric| metric.name).collect();
    /// assert_eq!(names, ["shop_orders_total", "shop_pool_idle"]);
    /// ```
    #[must_use]
    fn descriptors() -> Descriptors {
        Descriptors::of(Self::DESCRIPTORS, Self::NESTED)
    }

    /// An instance of its own in `registry`. Instances of one struct add up, unless the registry
    /// [tells them apart](Registry::with_label). It leaves the registry when it is dropped; what its counters and histograms
    /// have counted stays as long as another instance with the same labels is there, so that no series ever falls.
    fn register(registry: &Registry) -> Self;

    /// Shows each of its metrics to `visit`.
    #[doc(hidden)]
    fn visit(&self, visit: &mut dyn FnMut(Arc<Instrument>));

    /// What this instance holds now, wherever it is registered.
    #[must_use]
    fn snapshot(&self) -> Snapshot {
        let mut instruments = Vec::new();
        self.visit(&mut |instrument| instruments.push(instrument));
        registry::snapshot_of(&instruments.iter().map(Arc::as_ref).collect::<Vec<_>>())
    }

    /// What this instance holds now, in Prometheus' text format, to be printed. It can't fail.
    ///
    /// ```
    /// # if !spanwright::ENABLED { return }
    /// use spanwright::{Counter, Metrics};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "persist")]
    /// struct PersistMetrics {
    ///     /// Requests that were sent.
    ///     s3_requests_total: Counter,
    /// }
    ///
    /// let metrics = PersistMetrics::global().gather_metrics().unwrap();
    /// assert!(metrics.ends_with("persist_s3_requests_total 0\n"));
    /// println!("{:#?}", PersistMetrics::global().gather_debug_info());
    /// ```
    ///
    /// # Errors
    /// None.
    fn gather_metrics(&self) -> Result<String, Infallible> {
        Ok(exposition::to_text(&self.snapshot()))
    }

    /// A summary of this instance, for `{:#?}`; see [`Registry::gather_debug_info`].
    #[must_use]
    fn gather_debug_info(&self) -> DebugInfo {
        DebugInfo::of(self.snapshot())
    }
}

/// A kind of metric: what a field of a `#[derive(Metrics)]` struct can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "not a metric",
    note = "a metric is a `Counter`, `UpDownCounter`, `Gauge` or `Histogram` of spanwright's",
    note = "a field that is a struct of metrics has `#[metric(flatten)]`, and one that is none `#[metric(skip)]`"
)]
pub trait Metric: Sized {
    /// The kind in snapshots.
    const KIND: Kind;
    /// Its labels.
    type Labels: Labels;
    /// What it is labelled by.
    #[doc(hidden)]
    const DIMENSIONS: &'static [Dimension] = <Self::Labels as Labels>::DIMENSIONS;

    /// The cells that the metric needs.
    #[doc(hidden)]
    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument;

    /// The handle onto an instrument made by [`Metric::instrument`]; without telemetry none is made.
    #[doc(hidden)]
    fn new(make: impl FnOnce() -> Owned) -> Self;

    /// The instrument, where telemetry is compiled in.
    #[doc(hidden)]
    fn its_instrument(&self) -> Option<&Arc<Instrument>>;

    /// A call has ended that began in that series.
    #[doc(hidden)]
    #[inline]
    fn end(&self, _: Ending, _series: u32, _: &EndedCall) {}

    /// Shows the instrument to `visit`.
    #[doc(hidden)]
    fn show(&self, visit: &mut dyn FnMut(Arc<Instrument>)) {
        if let Some(instrument) = self.its_instrument() {
            visit(Arc::clone(instrument));
        }
    }

    /// Makes the metric, in `registry`.
    #[inline]
    fn register(registry: &Registry, descriptor: &'static MetricDescriptor) -> Self {
        Self::new(|| {
            let mut instrument = Self::instrument(descriptor);
            registry.scope_in(&mut instrument, descriptor.is_exact);
            let instrument = Arc::new(instrument);
            registry.add(&instrument);
            Owned::new(instrument)
        })
    }
}

/// The process-wide instance of `M`.
///
/// Without telemetry it has no size: what is leaked was never allocated, and a look whether it is there would be code. A struct
/// with more than metrics in it is made once all the same.
#[inline]
pub fn global<M: Metrics>(once: &'static OnceLock<M>) -> &'static M {
    if !crate::ENABLED && size_of::<M>() == 0 {
        return Box::leak(Box::new(M::register(Registry::global())));
    }
    once.get_or_init(|| M::register(Registry::global()))
}

/// The metrics of a flattened field, whose names begin with a prefix.
#[cfg(feature = "telemetry")]
pub fn register_prefixed<M: Metrics>(registry: &Registry, prefix: &'static str) -> M {
    M::register(&registry.with_prefix(prefix))
}

/// The metrics of a flattened field, which are nothing.
#[cfg(not(feature = "telemetry"))]
#[inline(always)]
pub fn register_prefixed<M: Metrics>(registry: &Registry, _: &'static str) -> M {
    M::register(registry)
}
