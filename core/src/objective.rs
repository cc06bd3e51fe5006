//! Service-level objectives, as the macros write them down.
//!
//! An objective says which share of a function's calls is good. It carries all that an alert is made of: the families in which
//! the calls are counted, the bucket that a bound has, the ratio and the window.

use crate::descriptor::Buckets;
use crate::slots::Outcome;

/// One objective of a function: `slo(success = "99.9%")` or `slo(latency("99%" < "250ms"))`.
///
/// Which calls are good, which bad and which do not count is what [`is_good`](Self::is_good) says, and what the
/// [families](Self::families) tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Objective {
    /// What it is called, as `name = "…"` says; nothing where it has no name of its own.
    pub name: &'static str,
    /// What it means for users, or nothing.
    pub description: &'static str,
    /// What makes a call good.
    pub indicator: Indicator,
    /// Which share of the calls that count is to be good, above 0 and below 1.
    pub ratio: f64,
    /// Over how long that is looked at, in seconds.
    pub window_seconds: u64,
    /// Whether somebody is to be woken where the budget is used up fast; else there are tickets only.
    pub pages: bool,
    /// Where the calls are counted.
    pub families: CallFamilies,
}

/// What makes a call good.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Indicator {
    /// It did not end in an error or a panic. A cancelled call does not count.
    Success,
    /// It did not take longer, however it ended.
    Latency {
        /// In seconds.
        bound: f64,
    },
}

/// The metrics in which calls are counted, under their Prometheus names; an empty name where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CallFamilies {
    /// The counter of all calls.
    pub calls: &'static str,
    /// Whether that has the label `outcome`, with the values of [`Outcome`].
    pub has_outcome: bool,
    /// The counter of calls that ended in an error or a panic, where it is one of its own.
    pub errors: &'static str,
    /// The counter of cancelled calls, where it is one of its own.
    pub cancelled: &'static str,
    /// The histogram of durations.
    pub duration: &'static str,
    /// How many seconds its unit has.
    pub unit_seconds: f64,
    /// Its buckets, in that unit.
    pub buckets: Buckets,
    /// The labels by which the function's series are found among the others.
    pub labels: &'static [(&'static str, &'static str)],
}

impl Objective {
    /// The window where none is said: 30 days.
    pub const WINDOW_SECONDS: u64 = 30 * 86_400;

    /// What the macros write down.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(indicator: Indicator, ratio: f64, families: CallFamilies) -> Self {
        let window_seconds = Self::WINDOW_SECONDS;
        Self { name: "", description: "", indicator, ratio, window_seconds, pages: true, families }
    }

    /// With a name and a description.
    #[doc(hidden)]
    #[must_use]
    pub const fn called(self, name: &'static str, description: &'static str) -> Self {
        Self { name, description, ..self }
    }

    /// Over another window, and with pages or without.
    #[doc(hidden)]
    #[must_use]
    pub const fn over(self, window_seconds: u64, pages: bool) -> Self {
        Self { window_seconds, pages, ..self }
    }

    /// The share of calls that may be bad.
    #[must_use]
    pub const fn error_budget(&self) -> f64 {
        1.0 - self.ratio
    }

    /// Whether a call is good that ended so and took so many seconds; `None` where it does not count.
    ///
    /// Of success: an error and a panic are bad. An error that is to be expected (`#[error_type(expected)]`) ends a call as
    /// `ok`, and so is good. A cancelled call says nothing about the function; it does not count. (Where a
    /// struct's metrics have neither the label `outcome` nor a counter of cancelled calls, it can't be told from a good
    /// one.) Of latency every call counts: whoever gave up waiting has waited as well.
    #[must_use]
    pub const fn is_good(&self, outcome: Outcome, seconds: f64) -> Option<bool> {
        match (self.indicator, outcome) {
            (Indicator::Success, Outcome::Ok) => Some(true),
            (Indicator::Success, Outcome::Error | Outcome::Panicked) => Some(false),
            (Indicator::Success, Outcome::Cancelled) => None,
            // As a bucket has it: its bound is in it.
            (Indicator::Latency { bound }, _) => Some(seconds <= bound),
        }
    }

    /// The upper bound of the histogram's bucket that ends where the latency is bad, in the histogram's unit: the label `le`.
    /// `None` of success.
    #[must_use]
    pub const fn bucket(&self) -> Option<f64> {
        match self.indicator {
            Indicator::Success => None,
            Indicator::Latency { bound } => Some(in_unit(bound, self.families.unit_seconds)),
        }
    }
}

impl CallFamilies {
    /// None.
    #[doc(hidden)]
    pub const NONE: Self = Self {
        calls: "",
        has_outcome: false,
        errors: "",
        cancelled: "",
        duration: "",
        unit_seconds: 1.0,
        buckets: Buckets::Default,
        labels: &[],
    };

    /// Those of a struct with mistakes, about which nothing more is said.
    #[doc(hidden)]
    pub const UNKNOWN: Self = Self { unit_seconds: f64::NAN, ..Self::NONE };

    /// Whether they are [`Self::UNKNOWN`].
    #[doc(hidden)]
    #[must_use]
    pub const fn are_unknown(&self) -> bool {
        self.unit_seconds.is_nan()
    }

    /// Those of a function's own metrics.
    #[doc(hidden)]
    #[must_use]
    pub const fn own(
        calls: &'static str,
        duration: &'static str,
        buckets: Buckets,
        labels: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { calls, has_outcome: true, duration, buckets, labels, ..Self::NONE }
    }

    /// Whether they tell calls that failed from all calls.
    #[must_use]
    pub const fn know_success(&self) -> bool {
        !self.calls.is_empty() && (self.has_outcome || !self.errors.is_empty())
    }

    /// Whether the histogram has a bucket that ends at a bound in seconds; `default` are the buckets where none are stated.
    #[doc(hidden)]
    #[must_use]
    pub const fn has_bucket(&self, seconds: f64, default: &[f64]) -> bool {
        let (bounds, wanted) = match self.buckets {
            // They are as many of any part of a second, and these numbers of longer units.
            Buckets::Default if self.unit_seconds > 1.0 => (default, in_unit(seconds, self.unit_seconds)),
            Buckets::Default => (default, seconds),
            Buckets::Explicit(bounds) => (bounds, in_unit(seconds, self.unit_seconds)),
            Buckets::Native => return false,
        };
        let mut at = 0;
        while at < bounds.len() {
            if is_nearly(bounds[at], wanted) {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// Seconds in a histogram's unit, of which one has so many, rounded as its buckets are.
#[must_use]
pub const fn in_unit(seconds: f64, unit_seconds: f64) -> f64 {
    let value = seconds / unit_seconds;
    let whole = (value * 1e6 + 0.5) as u64 as f64 / 1e6;
    // What needs more digits than six, or is too large for that, is as it is.
    if is_nearly(whole, value) { whole } else { value }
}

/// Whether two numbers are the same but for the last digits.
const fn is_nearly(one: f64, other: f64) -> bool {
    let difference = if one < other { other - one } else { one - other };
    difference <= other * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: CallFamilies = CallFamilies::own("calls_total", "seconds", Buckets::Default, &[]);
    const DEFAULT: &[f64] = &[0.1, 0.25, 1.0];

    #[test]
    fn which_calls_are_good() {
        let success = Objective::new(Indicator::Success, 0.999, OWN);
        let of = |outcome| success.is_good(outcome, 99.0);
        assert_eq!(of(Outcome::Ok), Some(true));
        assert_eq!([of(Outcome::Error), of(Outcome::Panicked)], [Some(false); 2]);
        assert_eq!(of(Outcome::Cancelled), None);
        let latency = Objective::new(Indicator::Latency { bound: 0.25 }, 0.99, OWN);
        for outcome in [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled] {
            assert_eq!(latency.is_good(outcome, 0.25), Some(true));
            assert_eq!(latency.is_good(outcome, 0.251), Some(false));
        }
        assert!((success.error_budget() - 0.001).abs() < 1e-12);
    }

    #[test]
    fn a_bound_has_a_bucket_in_the_histograms_unit() {
        let bucket = |bound, unit_seconds| {
            let families = CallFamilies { unit_seconds, ..OWN };
            Objective::new(Indicator::Latency { bound }, 0.99, families).bucket()
        };
        assert_eq!(bucket(0.3, 1.0), Some(0.3));
        assert_eq!(bucket(0.3, 1e-3), Some(300.0));
        assert_eq!(bucket(0.0007, 1e-3), Some(0.7));
        assert_eq!(bucket(90.0, 60.0), Some(1.5));
        assert_eq!(bucket(3e-9, 1.0), Some(3e-9));
        assert_eq!(Objective::new(Indicator::Success, 0.99, OWN).bucket(), None);
    }

    #[test]
    fn a_bound_is_looked_for_among_the_buckets() {
        let has = |buckets, unit_seconds, bound| {
            CallFamilies { buckets, unit_seconds, ..OWN }.has_bucket(bound, DEFAULT)
        };
        assert!(has(Buckets::Default, 1.0, 0.25) && has(Buckets::Default, 1e-3, 0.25));
        assert!(has(Buckets::Default, 60.0, 15.0), "a quarter of a minute");
        assert!(!has(Buckets::Default, 1.0, 0.3) && !has(Buckets::Default, 60.0, 0.25));
        assert!(has(Buckets::Explicit(&[300.0]), 1e-3, 0.3) && !has(Buckets::Explicit(&[0.3]), 1e-3, 0.3));
        assert!(!has(Buckets::Native, 1.0, 0.25));
    }
}
