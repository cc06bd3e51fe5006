//! What the metrics of a struct do with a function's calls, by the roles of its fields.
//!
//! `#[instrument(metrics(into = …))]` makes a function report into a [`CallMetrics`]: once when a call begins, once when it
//! ends. `#[derive(Metrics)]` implements that for a struct, by a [`Role`] for each field with `#[metric(role = …)]`.

use spanwright_core::objective::CallFamilies;
use spanwright_core::slots::Outcome;

use super::{Counter, Histogram, Labels, Metric, Storage, UpDownCounter};

/// Metrics that functions report their calls into, whose labels are `L` when a call begins: a struct with `#[derive(Metrics)]`, of which fields have a role:
/// `#[metric(role = calls)]`, `successes`, `errors`, `cancelled`, `duration` or `in_flight`. Named by `#[instrument(metrics = Type)]` and
/// `#[instrument(metrics(into = …))]`.
///
/// A reference, a `Box`, an `Arc`, an `Rc` and a `LazyLock` of such metrics are such metrics too; what leads there in another
/// way is dereferenced: `into = *metrics`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no metrics of a function's calls",
    label = "no field of it has a role",
    note = "give fields of a `#[derive(spanwright::Metrics)]` struct a role: `#[metric(role = calls)]`, `successes`, `errors`, \
            `cancelled`, `duration` or `in_flight`",
    note = "where the roles are a flattened field's, report into that field: `metrics(into = Type::global().field)`"
)]
pub trait CallMetrics<L> {
    /// What the end of a call has to know of its beginning.
    #[doc(hidden)]
    type Series: EndIn<Self>;

    /// Where the calls are counted, as objectives need it. Of a generic struct that is not known.
    #[doc(hidden)]
    const FAMILIES: CallFamilies = CallFamilies::NONE;

    /// A call with these labels begins.
    #[doc(hidden)]
    fn begin(&self, labels: &L) -> Self::Series;
}

/// What began in the metrics `M`. It knows nothing of the labels, which the call may take with it.
#[doc(hidden)]
pub trait EndIn<M: ?Sized>: Copy {
    /// The call has ended.
    fn end_in(self, metrics: &M, call: &EndedCall);
}

macro_rules! behind {
    ($($pointer:ty $(, $F:ident)?;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<L, T: CallMetrics<L> $(, $F: FnOnce() -> T)?> CallMetrics<L> for $pointer {
                type Series = T::Series;
                const FAMILIES: CallFamilies = T::FAMILIES;

                #[inline]
                fn begin(&self, labels: &L) -> T::Series {
                    T::begin(self, labels)
                }
            }

            #[diagnostic::do_not_recommend]
            impl<T, S: EndIn<T> $(, $F: FnOnce() -> T)?> EndIn<$pointer> for S {
                #[inline]
                fn end_in(self, metrics: &$pointer, call: &EndedCall) {
                    S::end_in(self, metrics, call);
                }
            }
        )*
    };
}

behind! {
    &T;
    Box<T>;
    std::rc::Rc<T>;
    std::sync::Arc<T>;
    std::sync::LazyLock<T, F>, F;
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
/// `role = successes`: calls that returned no error.
#[derive(Debug)]
pub enum Successes {}
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
    note = "`calls`, `successes`, `errors` and `cancelled` are counted by a `Counter`, `duration` is observed by a `Histogram`, \
            `in_flight` is kept by an `UpDownCounter`"
)]
pub trait Role<R>: Metric {
    /// A call begins; which of the metric's series it is.
    fn begin(&self, labels: &<Self::Labels as Labels>::AtEntry<'_>) -> u32;
}

macro_rules! counted {
    ($($Role:ty),*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<L: Labels, S: Storage> Role<$Role> for Counter<L, S> {
                #[inline]
                fn begin(&self, labels: &L::AtEntry<'_>) -> u32 {
                    self.at_entry(labels)
                }
            }
        )*
    };
}

counted!(Calls, Successes, Errors, Cancelled);

#[diagnostic::do_not_recommend]
impl<L: Labels, S: Storage> Role<Duration> for Histogram<L, S> {
    #[inline]
    fn begin(&self, labels: &L::AtEntry<'_>) -> u32 {
        self.at_entry(labels)
    }
}

/// Labels without the outcome.
pub trait KnownAtEntry: Labels {}

#[diagnostic::do_not_recommend]
impl<L: Labels<AtEntry<'static> = L>> KnownAtEntry for L {}

#[diagnostic::do_not_recommend]
impl<L: KnownAtEntry, S: Storage> Role<InFlight> for UpDownCounter<L, S> {
    #[inline]
    fn begin(&self, labels: &L::AtEntry<'_>) -> u32 {
        let series = self.number(labels);
        self.at(series).inc();
        series
    }
}

/// The role of a metric when a call ends. A value, so that a role which the metric can't have is one error: where the call
/// begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As [`Calls`].
    Calls,
    /// As [`Successes`].
    Successes,
    /// As [`Errors`].
    Errors,
    /// As [`Cancelled`].
    Cancelled,
    /// As [`Duration`].
    Duration,
    /// As [`InFlight`].
    InFlight,
}

impl Ending {
    /// Whether a counter with this role counts a call with that outcome.
    #[inline(always)]
    pub(super) fn counts(self, outcome: Outcome) -> bool {
        match self {
            Self::Calls => true,
            Self::Successes => outcome == Outcome::Ok,
            Self::Errors => matches!(outcome, Outcome::Error | Outcome::Panicked),
            Self::Cancelled => outcome == Outcome::Cancelled,
            Self::Duration | Self::InFlight => false,
        }
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
