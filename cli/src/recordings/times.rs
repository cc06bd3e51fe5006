//! Times and durations, as they are written and shown.

use std::str::FromStr;

pub(crate) use spanwright_recording::to_rfc3339 as date;

/// A duration on the command line: `250us`, `10ms`, `1.5s`, `2m`, `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nanos(pub(crate) u64);

/// A time on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long after the first event.
    After(Nanos),
    /// Nanoseconds since the Unix epoch.
    At(u64),
}

impl FromStr for Nanos {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no duration; write `250us`, `10ms`, `1.5s`, `2m` or `1h`");
        let unit = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
        let (number, unit) = text.split_at(unit);
        let scale = match unit {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        Ok(Self((number * scale).round() as u64))
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.strip_prefix('+').unwrap_or(text);
        if let Ok(after) = written.parse() {
            return Ok(Self::After(after));
        }
        text.parse().ok().or_else(|| instant(text)).map(Self::At).ok_or_else(|| {
            format!(
                "`{text}` is no time; write `1.5s` after the first event, `2023-11-14T22:13:20Z`, or nanoseconds since 1970"
            )
        })
    }
}

impl Moment {
    /// In nanoseconds since the Unix epoch.
    pub(crate) fn nanos(self, first: u64) -> u64 {
        match self {
            Self::After(Nanos(after)) => first.saturating_add(after),
            Self::At(at) => at,
        }
    }
}

/// A time of RFC 3339, in UTC, from 1970 on.
fn instant(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut time = time.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let fits = (1970..=2500).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let digits = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !fits || !digits || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let nanos: u64 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = u64::try_from(days(year, month, day)).ok()? * 86_400 + hour * 3600 + minute * 60 + second;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Days since 1970-01-01, in the Gregorian calendar: years begin in March, so that leap days come last.
/// (Howard Hinnant, `days_from_civil`.)
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A duration for people: about three digits, and a unit.
pub(crate) fn duration(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos}ns"),
        1_000..999_500 => (nanos as f64 / 1e3, "µs"),
        999_500..999_500_000 => (nanos as f64 / 1e6, "ms"),
        999_500_000..600_000_000_000 => (nanos as f64 / 1e9, "s"),
        600_000_000_000..36_000_000_000_000 => (nanos as f64 / 60e9, "min"),
        _ => (nanos as f64 / 3600e9, "h"),
    };
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$}{unit}")
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].iter();
    let mut unit = units.next();
    while value >= 1024.0 && units.len() > 0 {
        (value, unit) = (value / 1024.0, units.next());
    }
    let digits = usize::from(count >= 1024 && value < 100.0);
    format!("{value:.digits$} {}", unit.unwrap_or(&"B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, nanos) in [("250us", 250_000), ("10ms", 10_000_000), ("1.5s", 1_500_000_000), ("0ns", 0)] {
            assert_eq!(text.parse(), Ok(Nanos(nanos)));
        }
        for text in ["", "5", "ms", "-1s", "1 day", "1..5s", "1s1"] {
            assert!(text.parse::<Nanos>().unwrap_err().contains("is no duration; write"), "{text}");
        }
        for (nanos, text) in [
            (999, "999ns"),
            (1_000, "1.00µs"),
            (999_499, "999µs"),
            (999_500, "1.00ms"),
            (12_345_678, "12.3ms"),
            (59_999_000_000, "60.0s"),
            (700_000_000_000, "11.7min"),
            (u64::MAX, "5124096h"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn times_go_both_ways() {
        for at in [0, 1_700_000_000_123_456_789, 951_782_400_000_000_000, 4_107_542_399_999_999_999] {
            assert_eq!(date(at).parse(), Ok(Moment::At(at)));
        }
        assert_eq!(date(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!("2023-11-14T22:13:20Z".parse(), Ok(Moment::At(1_700_000_000_000_000_000)));
        assert_eq!("+2s".parse::<Moment>().map(|moment| moment.nanos(5)), Ok(2_000_000_005));
        for text in ["yesterday", "2023-13-01T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14", "-5"] {
            assert!(text.parse::<Moment>().unwrap_err().contains("is no time; write"), "{text}");
        }
        assert!(date(u64::MAX).starts_with("2554-"));
    }

    #[test]
    fn bytes_have_a_unit() {
        for (count, text) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (1 << 30, "1.0 GiB")] {
            assert_eq!(bytes(count), text);
        }
    }
}
