//! Histograms, classic and native.

use std::sync::Arc;
use std::time::Duration;

use spanwright_core::clock::{self, Ticks};
use spanwright_core::slots::Outcome;

use spanwright_core::descriptor::TimeUnit;

use super::buckets::Finder;
use super::handle::{Handle, Held, Series};
use super::role::{EndedCall, Ending};
use super::{Labels, Metric, MetricDescriptor, PerThread, Storage};
use crate::registry::{Instrument, Kind, Owned};

/// Counts observations by bucket, and their sum.
///
/// An observation finds its bucket by a table and makes four stores in memory of the calling thread's own; with
/// [`Shared`](super::Shared), it takes an atomic operation. Within a sampled span, it leaves an exemplar of the bucket.
///
/// With `#[metric(buckets = native)]` the buckets are those of a native (exponential) histogram: eight for each power of two,
/// from a nanosecond to centuries for seconds, from a thousandth to 10¹⁶ for other units. That takes 4 KiB for each series
/// and thread. What is smaller, or negative, counts as zero; what is greater is in the last bucket.
#[derive(Debug)]
pub struct Histogram<L = (), S = PerThread>(Handle<L, S, Measure>);

/// How a histogram measures.
#[derive(Debug)]
struct Measure {
    finder: Finder,
    /// What durations are counted in.
    time: TimeUnit,
}

impl Measure {
    fn of(instrument: &Instrument) -> Self {
        let time = TimeUnit::named(&instrument.identity.unit).unwrap_or(TimeUnit::SECONDS);
        Self { finder: instrument.finder(), time }
    }

    /// A value with its bucket.
    #[inline(always)]
    fn find(&self, value: f64) -> (f64, u32) {
        (value, self.finder.find(value))
    }
}

/// One series of a [`Histogram`].
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a, S = PerThread>(Series<'a, S, Measure>);

impl<'a, S: Storage> Observed<'a, S> {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(self, value: f64) {
        self.0.observe(|measure| measure.find(value));
    }

    /// Counts a duration, in the metric's unit where that is one of time, from `nanoseconds` to `days`, else in seconds.
    #[inline]
    pub fn observe_duration(self, duration: Duration) {
        self.0.observe(|measure| measure.find(measure.time.of(duration)));
    }

    /// Measures until the timer is dropped; see [`observe_duration`](Self::observe_duration).
    #[must_use = "the time is measured until the timer is dropped"]
    #[inline]
    pub fn start_timer(self) -> Timer<'a, S> {
        Timer(Held::new(|| Running { observed: self, start: clock::now() }))
    }

    /// The same series, which exists at zero from now on; see [`Counted::from_zero`](crate::Counted::from_zero).
    #[inline]
    #[must_use = "it is the series"]
    pub fn from_zero(self) -> Self {
        Self(self.0.keep())
    }
}

/// Observes the time from its making to its drop.
#[derive(Debug)]
#[must_use = "the time is measured until the timer is dropped"]
pub struct Timer<'a, S: Storage = PerThread>(
    #[allow(dead_code, reason = "its drop is its use")] Held<Running<'a, S>>,
);

#[derive(Debug)]
struct Running<'a, S: Storage> {
    observed: Observed<'a, S>,
    start: Ticks,
}

impl<S: Storage> Drop for Running<'_, S> {
    fn drop(&mut self) {
        let nanos = clock::now().nanos_since(self.start);
        self.observed.observe_duration(Duration::from_nanos(nanos));
    }
}

impl<L: Labels, S: Storage> Histogram<L, S> {
    /// The number of the series with these labels, of which a call's outcome is missing.
    #[inline]
    pub(super) fn at_entry(&self, labels: &L::AtEntry<'_>) -> u32 {
        self.0.number(labels)
    }

    /// The series of a call that has ended.
    #[inline]
    pub(super) fn at_end(&self, number: u32, outcome: Outcome) -> Observed<'_, S> {
        Observed(self.0.at_end(number, outcome))
    }

    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until something is observed"]
    pub fn with(&self, labels: L) -> Observed<'_, S> {
        Observed(self.0.at(self.0.number(&labels)))
    }
}

impl<S: Storage> Histogram<(), S> {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.with(()).observe(value);
    }

    /// Counts a duration, in the metric's unit where that is one of time, from `nanoseconds` to `days`, else in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.with(()).observe_duration(duration);
    }

    /// Measures until the timer is dropped; see [`observe_duration`](Self::observe_duration).
    #[must_use = "the time is measured until the timer is dropped"]
    #[inline]
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

    #[inline(always)]
    fn new(make: impl FnOnce() -> Owned) -> Self {
        Self(Handle::new(make, Measure::of))
    }

    #[inline]
    fn end(&self, _: Ending, series: u32, call: &EndedCall) {
        self.at_end(series, call.outcome).observe_duration(Duration::from_nanos(call.nanos));
    }

    fn its_instrument(&self) -> Option<&Arc<Instrument>> {
        self.0.instrument()
    }
}
