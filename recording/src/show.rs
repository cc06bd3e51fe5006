//! Events as lines for people.

use std::fmt::Write;

use crate::event::{Event, Record, TaskId, Value};
use crate::json;
use crate::reader::Names;

/// An event as a line for people, with the names that are known. `since` is the time that is shown as zero, in nanoseconds
/// since the Unix epoch.
///
/// The start is shown of what took a while.
pub fn to_line(record: &Record<'_>, names: &Names, since: u64) -> String {
    let mut out = String::new();
    let start = record.start();
    let sign = if start < since { '-' } else { '+' };
    let _ = write!(out, "{sign}{:.6}s ", start.abs_diff(since) as f64 / 1e9);
    match names.thread(record.thread) {
        Some(thread) if !thread.name.is_empty() => out.push_str(&thread.name),
        _ => {
            let _ = write!(out, "thread {}", record.thread);
        }
    }
    let _ = write!(out, ": {}", record.event.kind());
    for (name, value) in json::said(&record.event) {
        let _ = write!(out, " {name}=");
        match (name, &value) {
            ("duration" | "busy" | "idle" | "queued" | "waited", Value::Uint(nanos)) => {
                duration(&mut out, *nanos)
            }
            ("task" | "by" | "parent", Value::Uint(id)) => task(&mut out, *id, names, &record.event),
            _ => json::put(&mut out, &value),
        }
    }
    out
}

fn task(out: &mut String, id: u64, names: &Names, event: &Event<'_>) {
    let _ = write!(out, "{id}");
    // A task's spawn says itself what it is.
    let known = (!matches!(event, Event::TaskSpawn(_) | Event::BlockingSpawn(_)))
        .then(|| names.task(TaskId::new(id)))
        .flatten();
    match known {
        Some(task) if !task.name.is_empty() => {
            let _ = write!(out, "({})", task.name);
        }
        Some(task) if !task.place.file.is_empty() => {
            let _ = write!(out, "({})", task.place);
        }
        _ => {}
    }
}

/// Three digits and a unit.
pub(crate) fn duration(out: &mut String, nanos: u64) {
    let value = nanos as f64;
    let _ = match nanos {
        0..1_000 => write!(out, "{nanos}ns"),
        1_000..1_000_000 => write!(out, "{:.3}µs", value / 1e3),
        1_000_000..1_000_000_000 => write!(out, "{:.3}ms", value / 1e6),
        _ => write!(out, "{:.3}s", value / 1e9),
    };
}

/// A time in nanoseconds since the Unix epoch, as RFC 3339 has it.
///
/// ```
/// assert_eq!(spanwright_recording::to_rfc3339(1_700_000_000_000_000_005), "2023-11-14T22:13:20.000000005Z");
/// ```
pub fn to_rfc3339(nanos: u64) -> String {
    let (seconds, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let (day, second) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Years begin in March, so that leap days come last (Howard Hinnant, `civil_from_days`).
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (date, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}
