//! Histograms, classic and native.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use spanwright_core::clock::{self, Ticks};

use super::buckets::Finder;
use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned, Places};

/// Counts observations by bucket, and their sum.
///
/// An observation finds its bucket by a table and makes four stores in memory of the calling thread's own; with
/// [`Shared`](super::Shared), it takes an atomic operation. Within a sampled span, it leaves an exemplar of the bucket.
///
/// With `#[metric(buckets = native)]` the buckets are those of a native (exponential) histogram: eight for each power of two,
/// from a nanosecond to centuries for seconds, from a thousandth to 10¹⁶ for other units. That takes 4 KiB for each series
/// and thread. What is smaller, or negative, counts as zero; what is greater is in the last bucket.
#[derive(Debug)]
pub struct Histogram<L = (), S = PerThread> {
    instrument: Owned,
    places: Places,
    finder: Finder,
    /// How many of the metric's unit are in a second.
    in_a_second: f64,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> (L, S)>,
}

/// One series of a [`Histogram`].
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a, S = PerThread> {
    finder: &'a Finder,
    cell: Option<u32>,
    in_a_second: f64,
    storage: PhantomData<S>,
}

impl<'a, S: Storage> Observed<'a, S> {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(self, value: f64) {
        let Some(cell) = self.cell else { return };
        if !value.is_nan() {
            S::observe(cell, self.finder.find(value), value);
        }
    }

    /// Counts a duration, in the metric's unit where that is a part of a second (`milliseconds`, say), else in seconds.
    #[inline]
    pub fn observe_duration(self, duration: Duration) {
        self.observe(duration.as_secs_f64() * self.in_a_second);
    }

    /// Measures until the timer is dropped; see [`observe_duration`](Self::observe_duration).
    #[must_use = "the time is measured until the timer is dropped"]
    pub fn start_timer(self) -> Timer<'a, S> {
        Timer { observed: self, start: clock::now() }
    }
}

/// Observes the time from its making to its drop.
#[derive(Debug)]
pub struct Timer<'a, S: Storage = PerThread> {
    observed: Observed<'a, S>,
    start: Ticks,
}

impl<S: Storage> Drop for Timer<'_, S> {
    fn drop(&mut self) {
        let nanos = clock::now().nanos_since(self.start);
        self.observed.observe_duration(Duration::from_nanos(nanos));
    }
}

impl<L: Labels, S: Storage> Histogram<L, S> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until something is observed"]
    pub fn with(&self, labels: L) -> Observed<'_, S> {
        let cell = self.places.first(labels.index(self.instrument.interner()));
        Observed { finder: &self.finder, cell, in_a_second: self.in_a_second, storage: PhantomData }
    }
}

impl<S: Storage> Histogram<(), S> {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.with(()).observe(value);
    }

    /// Counts a duration, in the metric's unit where that is a part of a second (`milliseconds`, say), else in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.with(()).observe_duration(duration);
    }

    /// Measures until the timer is dropped; see [`observe_duration`](Self::observe_duration).
    #[must_use = "the time is measured until the timer is dropped"]
    pub fn start_timer(&self) -> Timer<'_, S> {
        self.with(()).start_timer()
    }
}

impl<L: Labels, S: Storage> Metric for Histogram<L, S> {
    const KIND: Kind = Kind::Histogram;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::histogram(descriptor)
    }

    fn new(instrument: Owned) -> Self {
        Self {
            places: instrument.places(),
            finder: instrument.finder(),
            in_a_second: in_a_second(&instrument.identity.unit),
            instrument,
            labels: PhantomData,
        }
    }

    fn its_instrument(&self) -> &Arc<Instrument> {
        self.instrument.instrument()
    }
}

fn in_a_second(unit: &str) -> f64 {
    match unit {
        "milliseconds" => 1e3,
        "microseconds" => 1e6,
        "nanoseconds" => 1e9,
        _ => 1.0,
    }
}
