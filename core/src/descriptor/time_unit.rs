//! Units of time.

use std::time::Duration;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeUnit {
    /// How many of it are in a second, where it is at most one; else 1.
    in_a_second: f64,
    /// How many seconds it is, where it is at least one; else 1.
    seconds: f64,
}

impl TimeUnit {
    /// The second.
    pub const SECONDS: Self = Self { in_a_second: 1.0, seconds: 1.0 };

    /// By Prometheus' word for it.
    #[must_use]
    pub fn named(unit: &str) -> Option<Self> {
        let part = |in_a_second| Self { in_a_second, ..Self::SECONDS };
        let multiple = |seconds| Self { seconds, ..Self::SECONDS };
        Some(match unit {
            "nanoseconds" => part(1e9),
            "microseconds" => part(1e6),
            "milliseconds" => part(1e3),
            "seconds" => Self::SECONDS,
            "minutes" => multiple(60.0),
            "hours" => multiple(3_600.0),
            "days" => multiple(86_400.0),
            _ => return None,
        })
    }

    /// How many of it are in a second, where it is at most one; else 1.
    #[must_use]
    pub const fn in_a_second(self) -> f64 {
        self.in_a_second
    }

    /// A duration in this unit.
    #[inline(always)]
    #[must_use]
    pub fn of(self, duration: Duration) -> f64 {
        let seconds = duration.as_secs_f64();
        // Three minutes are 3: 180 × (1 ÷ 60) would be more, and in the next bucket. Divisions take their time.
        if self.seconds > 1.0 { seconds / self.seconds } else { seconds * self.in_a_second }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_of_its_unit() {
        for (unit, nanos) in [
            ("nanoseconds", 1),
            ("microseconds", 1_000),
            ("milliseconds", 1_000_000),
            ("seconds", 1_000_000_000),
            ("minutes", 60_000_000_000),
            ("hours", 3_600_000_000_000),
            ("days", 86_400_000_000_000),
        ] {
            let of = |count: u64| TimeUnit::named(unit).unwrap().of(Duration::from_nanos(count * nanos));
            assert_eq!([of(3), of(10), of(250)], [3.0, 10.0, 250.0], "{unit}");
        }
        assert_eq!(TimeUnit::named("bytes"), None);
    }
}
