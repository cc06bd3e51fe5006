//! Histograms with explicit buckets.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use spanwright_core::cells::{self, Sum};
use spanwright_core::clock::{self, Ticks};

use super::{Labels, Metric, MetricDescriptor};
use crate::registry::{Instrument, Kind};

/// Upper bounds of a duration's buckets where none are stated, in seconds, in steps of 1, 2.5 and 5: OpenTelemetry's for
/// HTTP durations (semantic conventions 1.44, `http.server.request.duration`) without 0.075, 0.75 and 7.5, and five more
/// below 5 ms, where most functions are.
pub const DURATION_BUCKETS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds of other buckets where none are stated: the OpenTelemetry SDK specification's default for explicit
/// bucket histograms, without its first, 0.
pub const DEFAULT_BUCKETS: &[f64] =
    &[5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0];

/// Counts observations by bucket, and their sum.
///
/// An observation finds its bucket by binary search and makes four stores in memory of the calling thread's own.
#[derive(Debug)]
pub struct Histogram<L = ()> {
    instrument: Arc<Instrument>,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> L>,
}

/// One series of a [`Histogram`].
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    instrument: &'a Instrument,
    block: Option<u32>,
}

impl<'a> Observed<'a> {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(self, value: f64) {
        let Some(block) = self.block else { return };
        if value.is_nan() {
            return;
        }
        let bounds = self.instrument.bounds();
        let bucket = bounds.partition_point(|bound| *bound < value);
        cells::observe(block, bounds.len() as u32 + 3, bucket as u32, Sum::Float(value));
    }

    /// Counts a duration, in seconds.
    #[inline]
    pub fn observe_duration(self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Measures until the timer is dropped, in seconds.
    #[must_use = "the time is measured until the timer is dropped"]
    pub fn start_timer(self) -> Timer<'a> {
        Timer { observed: self, start: clock::now() }
    }
}

/// Observes the seconds from its making to its drop.
#[derive(Debug)]
pub struct Timer<'a> {
    observed: Observed<'a>,
    start: Ticks,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        let nanos = clock::now().nanos_since(self.start);
        self.observed.observe_duration(Duration::from_nanos(nanos));
    }
}

impl<L: Labels> Histogram<L> {
    /// The series with these labels.
    #[inline]
    #[allow(clippy::needless_pass_by_value, reason = "labels are made at the call")]
    #[must_use = "a series does nothing until something is observed"]
    pub fn with(&self, labels: L) -> Observed<'_> {
        let index = labels.index(self.instrument.interner());
        Observed { instrument: &self.instrument, block: self.instrument.cell(index) }
    }
}

impl Histogram {
    /// Counts `value`, in the metric's unit. What is not a number is ignored.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.with(()).observe(value);
    }

    /// Counts a duration, in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.with(()).observe_duration(duration);
    }

    /// Measures until the timer is dropped, in seconds.
    #[must_use = "the time is measured until the timer is dropped"]
    pub fn start_timer(&self) -> Timer<'_> {
        self.with(()).start_timer()
    }
}

impl<L: Labels> Metric for Histogram<L> {
    const KIND: Kind = Kind::Histogram;
    type Labels = L;

    fn instrument(descriptor: &'static MetricDescriptor) -> Instrument {
        Instrument::histogram(descriptor)
    }

    fn new(instrument: Arc<Instrument>) -> Self {
        Self { instrument, labels: PhantomData }
    }
}
