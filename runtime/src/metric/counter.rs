//! Counters.

use std::marker::PhantomData;
use std::sync::Arc;

use spanwright_core::cells;

use super::{Labels, Metric, MetricDescriptor};
use crate::registry::{Instrument, Kind};

/// A number that only goes up. Its name ends in `_total`.
///
/// An increment is a load, an add and a store in memory of the calling thread's own.
#[derive(Debug)]
pub struct Counter<L = ()> {
    instrument: Arc<Instrument>,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> L>,
}

/// One series of a [`Counter`].
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    cell: Option<u32>,
    /// Whose cells they are: an index must not outlive them.
    _instrument: PhantomData<&'a Instrument>,
}

impl Counted<'_> {
    /// Adds one.
    #[inline]
    pub fn inc(self) {
        self.add(1);
    }

    /// Adds `amount`.
    #[inline]
    pub fn add(self, amount: u64) {
        if let Some(cell) = self.cell {
            cells::add(cell, amount);
        }
    }
}

impl<L: Labels> Counter<L> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is incremented"]
    pub fn with(&self, labels: L) -> Counted<'_> {
        let cell = self.instrument.cell(labels.index(self.instrument.interner()));
        Counted { cell, _instrument: PhantomData }
    }
}

impl Counter {
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

impl<L: Labels> Metric for Counter<L> {
    const KIND: Kind = Kind::Counter;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::sums(descriptor)
    }

    fn new(instrument: Arc<Instrument>) -> Self {
        Self { instrument, labels: PhantomData }
    }
}
