//! Counters.

use std::sync::Arc;

use spanwright_core::slots::Outcome;

use super::handle::{Handle, Series};

use super::role::{EndedCall, Ending};
use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned};

/// A number that only goes up. Its name ends in `_total`.
///
/// An increment is a load, an add and a store in memory of the calling thread's own; with [`Shared`](super::Shared), an
/// atomic addition. Within a sampled span, it leaves an exemplar.
#[derive(Debug)]
pub struct Counter<L = (), S = PerThread>(Handle<L, S>);

/// One series of a [`Counter`].
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a, S = PerThread>(Series<'a, S>);

impl<S: Storage> Counted<'_, S> {
    /// Adds one.
    #[inline]
    pub fn inc(self) {
        self.add(1);
    }

    /// Adds `amount`.
    #[inline]
    pub fn add(self, amount: u64) {
        self.0.count(amount);
    }

    /// The same series, which exists at zero from now on, so that `rate` knows of the first increment. Without it a series whose
    /// labels are texts exists once it has a value.
    ///
    /// ```
    /// # if !spanwright::ENABLED { return }
    /// use spanwright::{Counter, Labels, Metrics, Registry};
    ///
    /// #[derive(Labels)]
    /// struct Of<'a> {
    ///     #[label(max = 100)]
    ///     tenant: &'a str,
    /// }
    ///
    /// #[derive(Metrics)]
    /// struct Jobs {
    ///     /// Jobs that failed.
    ///     failed_total: Counter<Of<'static>>,
    /// }
    ///
    /// let registry = Registry::new();
    /// let jobs = Jobs::register(&registry);
    /// let failed = jobs.failed_total.with(Of { tenant: "ann" }).from_zero();
    /// assert_eq!(registry.get_metric("failed_total").unwrap().series[0].value.number(), Some(0.0));
    /// failed.inc();
    /// ```
    #[inline]
    #[must_use = "it is the series"]
    pub fn from_zero(self) -> Self {
        Self(self.0.keep())
    }
}

impl<L: Labels, S: Storage> Counter<L, S> {
    /// The number of the series with these labels, of which a call's outcome is missing.
    #[inline]
    pub(super) fn at_entry(&self, labels: &L::AtEntry<'_>) -> u32 {
        self.0.number(labels)
    }

    /// The series of a call that has ended.
    #[inline]
    pub(super) fn at_end(&self, number: u32, outcome: Outcome) -> Counted<'_, S> {
        Counted(self.0.at_end(number, outcome))
    }

    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is incremented"]
    pub fn with(&self, labels: L) -> Counted<'_, S> {
        Counted(self.0.at(self.0.number(&labels)))
    }
}

impl<S: Storage> Counter<(), S> {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `amount`.
    #[inline]
    pub fn add(&self, amount: u64) {
        self.with(()).add(amount);
    }
}

impl<L: Labels, S: Storage> Metric for Counter<L, S> {
    const KIND: Kind = Kind::Counter;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::sums(descriptor)
    }

    #[inline(always)]
    fn new(make: impl FnOnce() -> Owned) -> Self {
        Self(Handle::new(make, |_| ()))
    }

    #[inline]
    fn end(&self, role: Ending, series: u32, call: &EndedCall) {
        if role.counts(call.outcome) {
            self.at_end(series, call.outcome).inc();
        }
    }

    fn its_instrument(&self) -> Option<&Arc<Instrument>> {
        self.0.instrument()
    }
}
