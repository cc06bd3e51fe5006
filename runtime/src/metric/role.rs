//! What the metrics of a struct do with a function's calls, by the roles of its fields.
//!
//! `#[instrument(metrics(into = …))]` makes a function report into a [`CallMetrics`]: once when a call begins, once when it
//! ends. `#[derive(Metrics)]` implements that for a struct, by a [`Role`] for each field with `#[metric(role = …)]`.

use spanwright_core::slots::Outcome;

use super::{Counter, Histogram, Labels, Metric, Storage, UpDownCounter};

/// Metrics that functions report their calls into: a struct with `#[derive(Metrics)]`, of which fields have a role:
/// `#[metric(role = calls)]`, `errors`, `cancelled`, `duration` or `in_flight`. Named by `#[instrument(metrics = Type)]` and
/// `#[instrument(metrics(into = …))]`.
///
/// A reference, a `Box`, an `Arc`, an `Rc` and a `LazyLock` of such metrics are such metrics too; what leads there in another
/// way is dereferenced: `into = *metrics`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no metrics of a function's calls",
    label = "no field of it has a role",
    note = "give fields of a `#[derive(spanwright::Metrics)]` struct a role: `#[metric(role = calls)]`, `errors`, `cancelled`, \
            `duration` or `in_flight`"
)]
pub trait CallMetrics {
    /// The labels that are known when a call begins: what `labels = …` is.
    type Labels<'l>: Labels;
    /// What the end of a call has to know of its beginning.
    #[doc(hidden)]
    type Series: Copy;

    /// A call begins.
    #[doc(hidden)]
    fn begin(&self, labels: &Self::Labels<'_>) -> Self::Series;

    /// It has ended.
    #[doc(hidden)]
    fn end(&self, series: Self::Series, call: &EndedCall);
}

macro_rules! behind {
    ($($pointer:ty),*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T: CallMetrics + ?Sized> CallMetrics for $pointer {
                type Labels<'l> = T::Labels<'l>;
                type Series = T::Series;

                #[inline]
                fn begin(&self, labels: &Self::Labels<'_>) -> Self::Series {
                    T::begin(self, labels)
                }

                #[inline]
                fn end(&self, series: Self::Series, call: &EndedCall) {
                    T::end(self, series, call);
                }
            }
        )*
    };
}

behind!(&T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

#[diagnostic::do_not_recommend]
impl<T: CallMetrics, F: FnOnce() -> T> CallMetrics for std::sync::LazyLock<T, F> {
    type Labels<'l> = T::Labels<'l>;
    type Series = T::Series;

    fn begin(&self, labels: &Self::Labels<'_>) -> Self::Series {
        T::begin(self, labels)
    }

    fn end(&self, series: Self::Series, call: &EndedCall) {
        T::end(self, series, call);
    }
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub struct EndedCall {
    /// How.
    pub outcome: Outcome,
    /// How long it took.
    pub nanos: u64,
}

/// `role = calls`: every call that has ended.
#[derive(Debug)]
pub enum Calls {}
/// `role = errors`: calls that returned an error, or panicked.
#[derive(Debug)]
pub enum Errors {}
/// `role = cancelled`: futures that were dropped before they had finished.
#[derive(Debug)]
pub enum Cancelled {}
/// `role = duration`: how long calls took, in the metric's unit.
#[derive(Debug)]
pub enum Duration {}
/// `role = in_flight`: calls that have begun and not ended.
#[derive(Debug)]
pub enum InFlight {}

/// A metric that can have the role `R`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't have the role `{R}`",
    label = "not of the kind that this role needs",
    note = "`calls`, `errors` and `cancelled` are counted by a `Counter`, `duration` is observed by a `Histogram`, `in_flight` is \
            kept by an `UpDownCounter`"
)]
pub trait Role<R>: Metric {
    /// The labels that are known when a call begins.
    type AtEntry: Labels;

    /// A call begins; which of the metric's series it is.
    fn begin(&self, labels: &Self::AtEntry) -> u32;

    /// It has ended.
    fn end(&self, series: u32, call: &EndedCall);
}

macro_rules! counted {
    ($($Role:ty: $is_counted:expr;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<L: Labels, S: Storage> Role<$Role> for Counter<L, S> {
                type AtEntry = L::AtEntry;

                #[inline]
                fn begin(&self, labels: &L::AtEntry) -> u32 {
                    self.at_entry(labels)
                }

                #[inline]
                fn end(&self, series: u32, call: &EndedCall) {
                    let is_counted: fn(Outcome) -> bool = $is_counted;
                    if is_counted(call.outcome) {
                        self.at_end(series, call.outcome).inc();
                    }
                }
            }
        )*
    };
}

counted! {
    Calls: |_| true;
    Errors: |outcome| matches!(outcome, Outcome::Error | Outcome::Panicked);
    Cancelled: |outcome| outcome == Outcome::Cancelled;
}

#[diagnostic::do_not_recommend]
impl<L: Labels, S: Storage> Role<Duration> for Histogram<L, S> {
    type AtEntry = L::AtEntry;

    #[inline]
    fn begin(&self, labels: &L::AtEntry) -> u32 {
        self.at_entry(labels)
    }

    #[inline]
    fn end(&self, series: u32, call: &EndedCall) {
        let duration = std::time::Duration::from_nanos(call.nanos);
        self.at_end(series, call.outcome).observe_duration(duration);
    }
}

#[diagnostic::do_not_recommend]
impl<L: Labels<AtEntry = L>, S: Storage> Role<InFlight> for UpDownCounter<L, S> {
    type AtEntry = L;

    #[inline]
    fn begin(&self, labels: &L) -> u32 {
        let series = self.number(labels);
        self.at(series).inc();
        series
    }

    #[inline]
    fn end(&self, series: u32, _: &EndedCall) {
        self.at(series).dec();
    }
}

/// What the labels of a call are where the annotation gives none.
#[diagnostic::on_unimplemented(
    message = "these metrics have labels, `{Self}`, and the function gives none",
    label = "its labels are missing",
    note = "write `metrics(into = …, labels = …)`, and `Type::global()` for the metrics of `metrics = Type`"
)]
pub trait NoLabels: Labels {
    /// None.
    fn none() -> Self;
}

#[diagnostic::do_not_recommend]
impl NoLabels for () {
    fn none() {}
}

/// The labels of a call whose annotation gives none.
#[inline(always)]
#[must_use]
pub fn no_labels<L: NoLabels>() -> L {
    L::none()
}
