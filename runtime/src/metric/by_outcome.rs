//! Labels with a call's outcome behind them.

use spanwright_core::descriptor::{Dimension, OUTCOME};
use spanwright_core::slots::Outcome;

use super::{Interner, Labels};

/// Labels `L`, and behind them `outcome`, which says how a call ended: `ok`, `error`, `cancelled` or `panicked`.
///
/// The four outcomes are not part of the labels' [budget](macro@crate::Labels): of labels with 300 combinations there are 1,200
/// series.
///
/// For metrics that functions report into: of a `Counter<ByOutcome<L>>` with `#[metric(role = calls)]` the function gives `L`.
/// In code it is written out:
///
/// ```
/// use spanwright::{ByOutcome, Counter, Label, Metrics, Outcome, Registry};
///
/// #[derive(Clone, Copy, Label)]
/// enum Operation {
///     Get,
///     Put,
/// }
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "s3")]
/// struct S3Metrics {
///     /// Requests by how they ended.
///     requests_total: Counter<ByOutcome<Operation>>,
/// }
///
/// let metrics = S3Metrics::register(&Registry::new());
/// metrics.requests_total.with(ByOutcome { labels: Operation::Put, outcome: Outcome::Error }).inc();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByOutcome<L = ()> {
    /// The other labels.
    pub labels: L,
    /// How it ended.
    pub outcome: Outcome,
}

/// How many outcomes there are.
const OUTCOMES: u32 = Outcome::VALUES.len() as u32;

/// How many labels there may be, `outcome` included.
const MOST: usize = 32;

impl<L: Labels> ByOutcome<L> {
    /// The labels, and room for more.
    const ROOM: [Dimension; MOST] = {
        let own = L::DIMENSIONS;
        assert!(own.len() < MOST, "these are too many labels to add `outcome` to: at most 31 fit");
        let mut all = [OUTCOME; MOST];
        let mut at = 0;
        while at < own.len() {
            assert!(
                !is_outcome(own[at].name.as_bytes()),
                "`ByOutcome` adds a label `outcome`, and there is one: remove it, or `ByOutcome`"
            );
            all[at] = own[at];
            at += 1;
        }
        all
    };
}

const fn is_outcome(name: &[u8]) -> bool {
    matches!(name, b"outcome")
}

impl<L: Labels> Labels for ByOutcome<L> {
    const DIMENSIONS: &'static [Dimension] =
        (&Self::ROOM as &[Dimension]).split_at(L::DIMENSIONS.len() + 1).0;
    type AtEntry<'l> = L::AtEntry<'l>;

    #[inline]
    fn index(&self, interner: &Interner) -> u32 {
        self.labels.index(interner).saturating_mul(OUTCOMES).saturating_add(self.outcome.index())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, crate::Label)]
    #[label(crate = crate)]
    enum Operation {
        Put,
    }

    #[test]
    fn the_outcome_is_the_last_label() {
        assert_eq!(ByOutcome::<()>::DIMENSIONS, [OUTCOME]);
        let names: Vec<_> =
            ByOutcome::<Operation>::DIMENSIONS.iter().map(|dimension| dimension.name).collect();
        assert_eq!(names, ["operation", "outcome"]);
        let ended = |outcome| ByOutcome { labels: Operation::Put, outcome }.index(&Interner::new(&[]));
        assert_eq!([ended(Outcome::Ok), ended(Outcome::Panicked)], [0, 3]);
    }

    /// The last of so many labels that there is no room for them.
    struct TooMany;

    impl Labels for TooMany {
        const DIMENSIONS: &'static [Dimension] = &[];
        type AtEntry<'l> = Self;

        fn index(&self, _: &Interner) -> u32 {
            1_500_000_000
        }
    }

    #[test]
    fn of_too_many_labels_no_number_overflows() {
        let last = ByOutcome { labels: TooMany, outcome: Outcome::Panicked };
        assert_eq!(last.index(&Interner::new(&[])), u32::MAX);
    }
}
