//! Up-down counters.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned, Places};

/// A number that goes up and down by amounts, on any thread: items in a queue, calls in flight. A gauge to
/// Prometheus.
///
/// A change is a load, an add and a store in memory of the calling thread's own; with [`Shared`](super::Shared), an atomic
/// addition.
#[derive(Debug)]
pub struct UpDownCounter<L = (), S = PerThread> {
    instrument: Owned,
    places: Places,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> (L, S)>,
}

/// One series of an [`UpDownCounter`].
#[derive(Clone, Copy, Debug)]
pub struct UppedDowned<'a, S = PerThread> {
    cell: Option<u32>,
    /// Whose cells they are: an index must not outlive them.
    _instrument: PhantomData<(&'a Instrument, S)>,
}

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
        if let Some(cell) = self.cell {
            // Two's complement: sums that wrap are right.
            S::add(cell, amount as u64);
        }
    }
}

impl<L: Labels, S: Storage> UpDownCounter<L, S> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is changed"]
    pub fn with(&self, labels: L) -> UppedDowned<'_, S> {
        let cell = self.places.first(labels.index(self.instrument.interner()));
        UppedDowned { cell, _instrument: PhantomData }
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

    fn new(instrument: Owned) -> Self {
        Self { places: instrument.places(), instrument, labels: PhantomData }
    }

    fn its_instrument(&self) -> &Arc<Instrument> {
        self.instrument.instrument()
    }
}
