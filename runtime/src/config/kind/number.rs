//! Numbers: times, counts, shares, rates and sizes.

use std::borrow::Cow;
use std::time::Duration;

use super::{Kind, Reason, Shape};

/// A time in milliseconds. Zero, which would be "no limit" elsewhere, is none here: every wait has a bound.
pub(crate) struct Millis;

impl Kind for Millis {
    type Value = Duration;
    const SHAPE: Shape = Shape::Integer;
    const EXPECTS: &'static str = "a whole number of milliseconds from 1 to 3600000";

    fn show(value: &Duration) -> String {
        value.as_millis().to_string()
    }

    fn parse(text: &str) -> Result<Duration, Reason> {
        whole_number(text, 1, 3_600_000).map(Duration::from_millis)
    }
}

/// A time in milliseconds that is waited for in any case, so that zero is "not at all".
pub(crate) struct Pause;

impl Kind for Pause {
    type Value = Duration;
    const SHAPE: Shape = Shape::Integer;
    const EXPECTS: &'static str = "a whole number of milliseconds from 0 to 3600000";

    fn show(value: &Duration) -> String {
        Millis::show(value)
    }

    fn parse(text: &str) -> Result<Duration, Reason> {
        whole_number(text, 0, 3_600_000).map(Duration::from_millis)
    }
}

/// A number of spans or events.
pub(crate) struct Count;

impl Kind for Count {
    type Value = usize;
    const SHAPE: Shape = Shape::Integer;
    const EXPECTS: &'static str = "a whole number from 1 to 1000000";

    fn parse(text: &str) -> Result<usize, Reason> {
        whole_number(text, 1, 1_000_000).map(|number| number as usize)
    }
}

/// A limit; zero keeps nothing.
pub(crate) struct Limit;

impl Kind for Limit {
    type Value = usize;
    const SHAPE: Shape = Shape::Integer;
    const EXPECTS: &'static str = "a whole number from 0 to 1000000";

    fn parse(text: &str) -> Result<usize, Reason> {
        whole_number(text, 0, 1_000_000).map(|number| number as usize)
    }
}

/// A port; zero lets the system choose one.
pub(crate) struct Port;

impl Kind for Port {
    type Value = u16;
    const SHAPE: Shape = Shape::Integer;
    const EXPECTS: &'static str = "a port from 0 to 65535";

    fn parse(text: &str) -> Result<u16, Reason> {
        whole_number(text, 0, 65_535).map(|number| number as u16)
    }
}

fn whole_number(text: &str, least: u64, most: u64) -> Result<u64, Reason> {
    let number = text.trim().parse::<u64>().ok();
    number.filter(|number| (least..=most).contains(number)).ok_or(Cow::Borrowed(""))
}

/// A share of 1.
pub(crate) struct Ratio;

impl Kind for Ratio {
    type Value = f64;
    const SHAPE: Shape = Shape::Number;
    const EXPECTS: &'static str = "a number from 0.0 to 1.0";

    fn parse(text: &str) -> Result<f64, Reason> {
        let number = text.trim().parse::<f64>().ok();
        number.filter(|number| (0.0..=1.0).contains(number)).ok_or(Cow::Borrowed(""))
    }
}

/// A number of traces per second.
pub(crate) struct PerSecond;

impl Kind for PerSecond {
    type Value = f64;
    const SHAPE: Shape = Shape::Number;
    const EXPECTS: &'static str = "a number of traces per second above 0, at most 1000000, as `10` or `0.5`";

    fn parse(text: &str) -> Result<f64, Reason> {
        let number = text.trim().parse::<f64>().ok();
        number.filter(|number| *number > 0.0 && *number <= 1e6).ok_or(Cow::Borrowed(""))
    }
}

/// The size of the telemetry ring buffer. Less would not hold the longest span of each of many threads; more is a
/// slip.
pub(crate) struct RingBytes;

impl Kind for RingBytes {
    type Value = usize;
    const SHAPE: Shape = Shape::Size;
    const EXPECTS: &'static str = "a size from `256KiB` to `256MiB`, as `16MiB`, `8M` or `1048576`";

    fn parse(text: &str) -> Result<usize, Reason> {
        bytes(text, 256 << 10, 256 << 20).map(|number| number as usize)
    }
}

/// The memory of all telemetry. Less would not hold the open spans and some of each part.
pub(crate) struct MemoryBytes;

impl Kind for MemoryBytes {
    type Value = usize;
    const SHAPE: Shape = Shape::Size;
    const EXPECTS: &'static str = "a size from `32MiB` to `2GiB`, as `128MiB`, `64M` or `134217728`";

    fn parse(text: &str) -> Result<usize, Reason> {
        bytes(text, 32 << 20, 2 << 30).map(|number| number as usize)
    }
}

/// The size of a file.
pub(crate) struct FileBytes;

impl Kind for FileBytes {
    type Value = u64;
    const SHAPE: Shape = Shape::Size;
    const EXPECTS: &'static str = "a size from `4KiB` to `1TiB`, as `64MiB`, `1G` or `67108864`";

    fn parse(text: &str) -> Result<u64, Reason> {
        bytes(text, 4 << 10, 1 << 40)
    }
}

/// A number of bytes: a whole number, and a power of 1024 where one is named.
fn bytes(text: &str, least: u64, most: u64) -> Result<u64, Reason> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim() {
        "" | "b" => 0,
        "k" | "kib" => 1,
        "m" | "mib" => 2,
        "g" | "gib" => 3,
        "t" | "tib" => 4,
        "kb" | "mb" | "gb" | "tb" => {
            return Err("write `KiB`, `MiB`, `GiB` or `TiB`: units are powers of 1024".into());
        }
        _ => return Err("".into()),
    };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << (10 * power)));
    number.filter(|number| (least..=most).contains(number)).ok_or(Cow::Borrowed(""))
}
