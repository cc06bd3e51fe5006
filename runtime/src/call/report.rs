//! Calls that report into metrics of the user's own: `#[instrument(metrics(into = …))]`.
//!
//! A [`Report`] stands beside the call and knows its target by type. It ends before the call does, within the call's span, so
//! that what it counts leaves the right exemplars; in the store that it began in, wherever a future is polled last.

use std::fmt;

use spanwright_core::cells::StoreId;
use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{Context, SUPPRESSED};
use spanwright_core::slots::Outcome;

use super::sync::Call;
use crate::metric::CallMetrics;
use crate::metric::role::{EndIn, EndedCall};

/// A report that has begun, or nothing where metrics are off.
#[must_use = "the call is reported when this ends"]
pub struct Report<E: Ends>(Option<E>);

/// What ends with a call.
pub trait Ends {
    /// Whether it has begun.
    #[inline(always)]
    fn has_begun(&self) -> bool {
        true
    }

    /// The call has ended.
    fn end(self, outcome: Outcome);
}

/// A call that has begun in metrics which `target` leads to.
#[derive(Debug)]
pub struct Begun<T, S> {
    target: T,
    series: S,
    start: Ticks,
    store: StoreId,
}

/// A call that begins.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    /// Its own start, where its clock has been read.
    start: Option<Ticks>,
    store: StoreId,
}

impl Beginning {
    /// Nothing where nothing is to be reported: what decides that is here.
    #[inline(always)]
    fn of(call: &Call) -> Option<Self> {
        let (flags, store) = Context::here_flags();
        (flags & SUPPRESSED == 0).then(|| Self { start: call.start(), store })
    }
}

/// Begins a report into what a value leads to. The labels come out of a closure, so that by then their type is known, and others
/// are a mistake of theirs.
#[inline]
pub fn report_to<T, L>(target: T, call: Beginning, labels: impl FnOnce() -> L) -> Begun<T, T::Series>
where
    T: CallMetrics<L>,
{
    let start = call.start.unwrap_or_else(clock::now);
    let series = target.begin(&labels());
    Begun { target, series, start, store: call.store }
}

/// The same of a place.
#[inline]
pub fn report_at<T, L>(target: &T, call: Beginning, labels: impl FnOnce() -> L) -> Begun<&T, T::Series>
where
    T: CallMetrics<L>,
{
    report_to(target, call, labels)
}

impl<E: Ends> Report<E> {
    #[inline]
    fn of(call: &Call, begin: impl FnOnce(Beginning) -> E) -> Self {
        Self(Beginning::of(call).map(begin))
    }
}

impl<T, S: EndIn<T>> Ends for Begun<T, S> {
    #[inline(never)]
    fn end(self, outcome: Outcome) {
        let nanos = clock::now().nanos_since(self.start);
        let store = self.store;
        let _began_in =
            (Context::here_flags().1 != store).then(|| Context { store, ..Context::here() }.attach());
        self.series.end_in(&self.target, &EndedCall { outcome, nanos });
    }
}

/// The report of a call that may be switched off.
impl<E: Ends> Ends for Option<E> {
    #[inline(always)]
    fn has_begun(&self) -> bool {
        self.as_ref().is_some_and(Ends::has_begun)
    }

    #[inline]
    fn end(self, outcome: Outcome) {
        if let Some(begun) = self {
            begun.end(outcome);
        }
    }
}

/// What stands beside a call: a [`Report`], or nothing.
pub trait Reporting {
    /// Whether it has begun, and not ended.
    fn is_open(&self) -> bool;

    /// The call has ended. The first end counts.
    fn end(&mut self, outcome: Outcome);
}

impl Reporting for () {
    #[inline(always)]
    fn is_open(&self) -> bool {
        false
    }

    #[inline(always)]
    fn end(&mut self, _: Outcome) {}
}

impl<E: Ends> Reporting for Report<E> {
    #[inline]
    fn is_open(&self) -> bool {
        self.0.has_begun()
    }

    #[inline]
    fn end(&mut self, outcome: Outcome) {
        if let Some(begun) = self.0.take() {
            begun.end(outcome);
        }
    }
}

impl<E: Ends> Drop for Report<E> {
    /// All ends are told, but that of a body which unwinds.
    #[inline]
    fn drop(&mut self) {
        self.end(Outcome::Panicked);
    }
}

impl<E: Ends> fmt::Debug for Report<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

/// Ends a report as panicked, unless what may panic has returned.
pub(super) struct MayPanic<'a, R: Reporting>(Option<&'a mut R>);

impl<'a, R: Reporting> MayPanic<'a, R> {
    #[inline(always)]
    pub(super) fn of(report: &'a mut R) -> Self {
        Self(Some(report))
    }

    /// What may panic has returned: the report goes on.
    #[inline(always)]
    pub(super) fn has_returned(mut self) -> Option<&'a mut R> {
        self.0.take()
    }
}

impl<R: Reporting> Drop for MayPanic<'_, R> {
    #[inline]
    fn drop(&mut self) {
        if let Some(report) = self.0.take() {
            report.end(Outcome::Panicked);
        }
    }
}

/// The report of a body that stays in place: it ends when it is dropped, `ok`, or `panicked` while unwinding.
#[derive(Debug)]
#[must_use = "the call is reported when this is dropped"]
pub struct ReportGuard<E: Ends> {
    report: Report<E>,
    /// Whether the thread was unwinding already: a call in a destructor.
    unwinds: bool,
}

impl<E: Ends> ReportGuard<E> {
    pub(super) fn of(call: &Call, begin: impl FnOnce(Beginning) -> E) -> Self {
        Self { report: Report::of(call, begin), unwinds: std::thread::panicking() }
    }
}

impl<E: Ends> Drop for ReportGuard<E> {
    #[inline]
    fn drop(&mut self) {
        let panicked = !self.unwinds && std::thread::panicking();
        self.report.end(if panicked { Outcome::Panicked } else { Outcome::Ok });
    }
}

impl Call {
    /// Begins the call's report, made by `begin`, which is called where metrics are on. The call has been started.
    #[inline(always)]
    pub fn report<E: Ends>(&self, begin: impl FnOnce(Beginning) -> E) -> Report<E> {
        Report::of(self, begin)
    }

    /// Runs `body` as the call, which has a report and has been entered, and ends both by what it returns.
    #[inline(always)]
    pub fn run_reported<E: Ends, R>(
        &mut self,
        mut report: Report<E>,
        body: impl FnOnce() -> R,
        outcome: impl for<'r> FnOnce(&'r R) -> super::Verdict<'r>,
    ) -> R {
        let returned = body();
        if report.is_open() || self.0.is_some() {
            let verdict = outcome(&returned);
            report.end(verdict.outcome);
            self.end(&verdict);
        }
        returned
    }
}
