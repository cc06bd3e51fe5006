//! Up-down counters.

use std::sync::Arc;

use super::handle::{Handle, Series};
use super::role::{EndedCall, Ending};
use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned};

/// A number that goes up and down by amounts, on any thread: items in a queue, calls in flight. A gauge to
/// Prometheus.
///
/// A change is a load, an add and a store in memory of the calling thread's own; with [`Shared`](super::Shared), an atomic
/// addition.
#[derive(Debug)]
pub struct UpDownCounter<L = (), S = PerThread>(Handle<L, S>);

/// One series of an [`UpDownCounter`].
#[derive(Clone, Copy, Debug)]
pub struct UppedDowned<'a, S = PerThread>(Series<'a, S>);

impl<S: Storage> UppedDowned<'_, S> {
    /// Adds one.
    #[inline]
    pub fn inc(self) {
        self.add(1);
    }

    /// Takes one away.
    #[inline]
    pub fn dec(self) {
        self.add(-1);
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(self, amount: i64) {
        self.0.add(amount);
    }

    /// The same series, which exists at zero from now on; see [`Counted::from_zero`](crate::Counted::from_zero).
    #[inline]
    #[must_use = "it is the series"]
    pub fn from_zero(self) -> Self {
        Self(self.0.keep())
    }
}

impl<L: Labels, S: Storage> UpDownCounter<L, S> {
    /// The number of the series with these labels.
    #[inline]
    pub(super) fn number<K: Labels>(&self, labels: &K) -> u32 {
        self.0.number(labels)
    }

    /// The series with that number.
    #[inline]
    pub(super) fn at(&self, number: u32) -> UppedDowned<'_, S> {
        UppedDowned(self.0.at(number))
    }

    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is changed"]
    pub fn with(&self, labels: L) -> UppedDowned<'_, S> {
        self.at(self.number(&labels))
    }
}

impl<S: Storage> UpDownCounter<(), S> {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Takes one away.
    #[inline]
    pub fn dec(&self) {
        self.add(-1);
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(&self, amount: i64) {
        self.with(()).add(amount);
    }
}

impl<L: Labels, S: Storage> Metric for UpDownCounter<L, S> {
    const KIND: Kind = Kind::UpDownCounter;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::sums(descriptor)
    }

    #[inline(always)]
    fn new(make: impl FnOnce() -> Owned) -> Self {
        Self(Handle::new(make, |_| ()))
    }

    #[inline]
    fn end(&self, _: Ending, series: u32, _: &EndedCall) {
        self.at(series).dec();
    }

    fn its_instrument(&self) -> Option<&Arc<Instrument>> {
        self.0.instrument()
    }
}
