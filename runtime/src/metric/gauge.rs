//! Gauges.

use std::marker::PhantomData;
use std::sync::Arc;

use spanwright_core::cells;

use super::{Labels, Metric, MetricDescriptor};
use crate::registry::{Instrument, Kind, gauge_bits, gauge_value};

/// A number that is set: a temperature, a size. What threads set last counts, so its cells are shared; for what goes
/// up and down by amounts, an [`UpDownCounter`](super::UpDownCounter) is cheaper.
#[derive(Debug)]
pub struct Gauge<L = ()> {
    instrument: Arc<Instrument>,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> L>,
}

/// One series of a [`Gauge`].
#[derive(Clone, Copy, Debug)]
pub struct Gauged<'a> {
    cell: Option<u32>,
    /// Whose cells they are: an index must not outlive them.
    _instrument: PhantomData<&'a Instrument>,
}

impl Gauged<'_> {
    /// Sets the value.
    #[inline]
    pub fn set(self, value: f64) {
        if let Some(cell) = self.cell {
            cells::set_shared(cell, gauge_bits(value));
        }
    }

    /// Adds `amount`, which may be negative.
    #[inline]
    pub fn add(self, amount: f64) {
        if let Some(cell) = self.cell {
            cells::update_shared(cell, |bits| gauge_bits(gauge_value(bits) + amount));
        }
    }
}

impl<L: Labels> Gauge<L> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until it is set"]
    pub fn with(&self, labels: L) -> Gauged<'_> {
        let cell = self.instrument.cell(labels.index(self.instrument.interner()));
        Gauged { cell, _instrument: PhantomData }
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
}

impl<L: Labels> Metric for Gauge<L> {
    const KIND: Kind = Kind::Gauge;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::gauge(descriptor)
    }

    fn new(instrument: Arc<Instrument>) -> Self {
        Self { instrument, labels: PhantomData }
    }
}
