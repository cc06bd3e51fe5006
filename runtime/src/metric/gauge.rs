//! Gauges.

use std::sync::Arc;

use super::handle::{Handle, Series};
use super::{Labels, Metric, MetricDescriptor, Shared};
use crate::registry::{Instrument, Kind, Owned};

/// A number that is set: a temperature, a size. Instances of one name with the same labels add up, so that instances of what
/// does not add up, a time, say, need a label that tells them apart. Up to 64 series exist, at zero, before they are set. What threads set last counts, so its cells are shared; for what goes
/// up and down by amounts, an [`UpDownCounter`](super::UpDownCounter) is cheaper.
#[derive(Debug)]
pub struct Gauge<L = ()>(Handle<L, Shared>);

/// One series of a [`Gauge`].
#[derive(Clone, Copy, Debug)]
pub struct Gauged<'a>(Series<'a, Shared>);

impl Gauged<'_> {
    /// Has the value read by `callback`, whenever somebody takes a snapshot, from now on and as long as the metric lives;
    /// another call replaces it. What it captures must not own the metric, which then never leaves: capture a `Weak`. No lock
    /// is held meanwhile; a registry that it reads asks no other callback. A panic of it leaves the value as it is, and is counted.
    ///
    /// ```
    /// # if !spanwright::ENABLED { return }
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use spanwright::{Gauge, Metrics, Registry};
    ///
    /// #[derive(Metrics)]
    /// #[metrics(prefix = "pool")]
    /// struct Pool {
    ///     /// Connections that nobody uses.
    ///     idle_connections: Gauge,
    /// }
    ///
    /// let (registry, idle) = (Registry::new(), Arc::new(AtomicU32::new(3)));
    /// let pool = Pool::register(&registry);
    /// pool.idle_connections.read_by({
    ///     let idle = Arc::clone(&idle);
    ///     move || idle.load(Ordering::Relaxed).into()
    /// });
    /// let value = registry.get_metric("pool_idle_connections").unwrap().series[0].value.number();
    /// assert_eq!(value, Some(3.0));
    /// ```
    pub fn read_by(self, callback: impl Fn() -> f64 + Send + Sync + 'static) {
        self.0.read_by(callback);
    }

    /// Sets the value.
    #[inline]
    pub fn set(self, value: f64) {
        self.0.set_shared(value);
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(self, amount: f64) {
        self.0.add_shared(amount);
    }
}

impl<L: Labels> Gauge<L> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is set"]
    pub fn with(&self, labels: L) -> Gauged<'_> {
        Gauged(self.0.at(self.0.number(&labels)))
    }
}

impl Gauge {
    /// Sets the value.
    #[inline]
    pub fn set(&self, value: f64) {
        self.with(()).set(value);
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: f64) {
        self.with(()).add(amount);
    }

    /// Has the value read by `callback`; see [`Gauged::read_by`].
    pub fn read_by(&self, callback: impl Fn() -> f64 + Send + Sync + 'static) {
        self.with(()).read_by(callback);
    }
}

impl<L: Labels> Metric for Gauge<L> {
    const KIND: Kind = Kind::Gauge;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::gauge(descriptor)
    }

    #[inline(always)]
    fn new(make: impl FnOnce() -> Owned) -> Self {
        Self(Handle::new(make, |_| ()))
    }

    fn its_instrument(&self) -> Option<&Arc<Instrument>> {
        self.0.instrument()
    }
}
