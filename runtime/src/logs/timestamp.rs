//! Times as RFC 3339 has them, in UTC, to the microsecond.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Displays a time as `2025-10-11T10:30:45.123456Z`. Times before 1970 are shown as its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rfc3339(pub(crate) SystemTime);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = civil_from_days(days);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
            second / 3_600,
            second / 60 % 60,
            second % 60,
            since.subsec_micros()
        )
    }
}

/// Year, month and day of the days since 1970-01-01: Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`, for days that are not before it.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, micros, expected) in [
            (0, 0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, 999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400, 0, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, 0, "2000-03-01T00:00:00.000000Z"),
            (1_760_178_645, 123_456, "2025-10-11T10:30:45.123456Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59.000000Z"),
        ] {
            let time = UNIX_EPOCH + Duration::new(seconds, micros * 1_000);
            assert_eq!(Rfc3339(time).to_string(), expected);
        }
    }

    #[test]
    fn a_clock_before_1970_does_no_harm() {
        let time = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Rfc3339(time).to_string(), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = civil_from_days(0);
        for days in 1..200_000 {
            let (year, month, day) = civil_from_days(days);
            let next = (year, month, day);
            let turns = day == 1 && (28..=31).contains(&last.2);
            assert!(next > last && (day == last.2 + 1 || turns), "{last:?} {next:?}");
            last = next;
        }
        assert_eq!(last, (2517, 7, 31));
    }
}
