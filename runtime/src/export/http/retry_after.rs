//! When to come back, as an answer says it.

use std::time::{Duration, SystemTime};

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in the form that senders must use (5.6.7). Nothing for
/// what is neither; zero for a date that is past.
pub(in crate::export) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(http_date(value)?))?;
    Some(at.duration_since(now).unwrap_or_default())
}

/// Input: `Sun, 06 Nov 1994 08:49:37 GMT`; output: `784111777`, seconds since the Unix epoch.
fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, date) = text.split_once(", ")?;
    let mut parts = date.strip_suffix(" GMT")?.split([' ', ':']);
    let mut number = || parts.next();
    let (day, month, year) = (number()?, number()?, number()?);
    let (hour, minute, second) = (number()?, number()?, number()?);
    if parts.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let in_range = |text: &str, range: std::ops::RangeInclusive<u64>| -> Option<u64> {
        text.parse().ok().filter(|number| range.contains(number))
    };
    let days = days_since_epoch(in_range(year, 1970..=9999)?, month, in_range(day, 1..=31)?);
    // A leap second is a second too.
    let (hour, minute, second) =
        (in_range(hour, 0..=23)?, in_range(minute, 0..=59)?, in_range(second, 0..=60)?);
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// `days_from_civil` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for years from 1970.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    year / 400 * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Tue, 29 Feb 2000 23:59:60 GMT", Some(951_868_800 - 784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sun, 06 Nov 1969 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37:1 GMT", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_retry_after_is_survived(value: String) {
            let _any = retry_after(&value, SystemTime::UNIX_EPOCH);
        }
    }
}
