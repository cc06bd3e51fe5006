//! Counters.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned, Places};

/// A number that only goes up. Its name ends in `_total`.
///
/// An increment is a load, an add and a store in memory of the calling thread's own; with [`Shared`](super::Shared), an
/// atomic addition. Within a sampled span, it leaves an exemplar.
#[derive(Debug)]
pub struct Counter<L = (), S = PerThread> {
    instrument: Owned,
    places: Places,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> (L, S)>,
}

/// One series of a [`Counter`].
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a, S = PerThread> {
    cell: Option<u32>,
    /// Whose cells they are: an index must not outlive them.
    _instrument: PhantomData<(&'a Instrument, S)>,
}

impl<S: Storage> Counted<'_, S> {
    /// Adds one.
    #[inline]
    pub fn inc(self) {
        self.add(1);
    }

    /// Adds `amount`.
    #[inline]
    pub fn add(self, amount: u64) {
        if let Some(cell) = self.cell {
            S::count(cell, amount);
        }
    }
}

impl<L: Labels, S: Storage> Counter<L, S> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is incremented"]
    pub fn with(&self, labels: L) -> Counted<'_, S> {
        let cell = self.places.first(labels.index(self.instrument.interner()));
        Counted { cell, _instrument: PhantomData }
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

    fn new(instrument: Owned) -> Self {
        Self { places: instrument.places(), instrument, labels: PhantomData }
    }

    fn its_instrument(&self) -> &Arc<Instrument> {
        self.instrument.instrument()
    }
}
